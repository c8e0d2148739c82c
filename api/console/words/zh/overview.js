// 总览。
// @ts-check

/** @type {Record<keyof typeof import("../en/overview.js").overview, string>} */
export const overview = {
  "feed.title": "实时事实",
  "feed.live": "实时",
  "feed.waiting": "连接中",
  "feed.none": "还没有记录任何事实。",

  "health.facts": "日志中的事实",
  "health.current": "读模型已是最新",
  "health.behind": "{name} 落后 {n}",
  "health.dead-letters": "死信",
  "health.troubles": "故障",
  "health.recounted": "重新清点一致",

  "sales.by-week": "每周订单与收入",
  "sales.week": "周起始日",
  "sales.orders": "订单数",
  "sales.revenue": "收入",

  "waiting.tickets": "等待最久的工单",
  "waiting.all": "全部待处理",
  "waiting.none": "没有待处理的工单。",
  "waiting.campaigns": "正在进行的营销活动",
  "waiting.no-campaign": "目前没有进行中的营销活动。",
};
