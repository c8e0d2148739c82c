// Campaigns.
// @ts-check

export const marketing = {
  "campaign.name": "Name",
  "campaign.status": "Status",
  "campaign.channel": "Channel",
  "campaign.channels": "Channels",
  "campaign.channels.hint": "Codes, such as email sms",
  "campaign.starts": "Starts",
  "campaign.ends": "Ends",
  "campaign.holdout": "Held out",
  "campaign.holdout.hint": "The share that gets nothing, such as 0.1",
  "campaign.plan": "Plan",
  "campaign.plan.do": "Plan a campaign",
  "campaign.spend": "Spent",
  "campaign.funnel": "Funnel",
  "campaign.members": "Members",
  "campaign.member": "Member",
  "campaign.stage": "Stage",
  "campaign.launch": "Launch",
  "campaign.pause": "Pause",
  "campaign.completion": "Complete",
  "campaign.resumption": "Resume",
  "campaign.cancellation": "Cancel the campaign",
};
