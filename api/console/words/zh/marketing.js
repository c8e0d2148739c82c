// 营销活动。
// @ts-check

/** @type {Record<keyof typeof import("../en/marketing.js").marketing, string>} */
export const marketing = {
  "campaign.name": "名称",
  "campaign.status": "状态",
  "campaign.channel": "渠道",
  "campaign.channels": "渠道",
  "campaign.channels.hint": "代码，例如 email sms",
  "campaign.starts": "开始",
  "campaign.ends": "结束",
  "campaign.holdout": "留出比例",
  "campaign.holdout.hint": "不接触的比例，例如 0.1",
  "campaign.plan": "计划",
  "campaign.plan.do": "规划活动",
  "campaign.spend": "已花费",
  "campaign.funnel": "漏斗",
  "campaign.members": "成员",
  "campaign.member": "成员",
  "campaign.stage": "阶段",
  "campaign.launch": "启动",
  "campaign.pause": "暂停",
  "campaign.completion": "完成",
  "campaign.resumption": "继续",
  "campaign.cancellation": "取消活动",
};
