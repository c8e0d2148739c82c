// 接口取值的词汇。
// @ts-check

/** @type {Record<keyof typeof import("../en/values.js").values, string>} */
export const values = {
  "status.open": "进行中",
  "status.confirmed": "已确认",
  "status.completed": "已完成",
  "status.cancelled": "已取消",
  "status.unpaid": "未付款",
  "status.authorized": "已授权",
  "status.partially_paid": "部分付款",
  "status.paid": "已付款",
  "status.overpaid": "多付",
  "status.partially_refunded": "部分退款",
  "status.refunded": "已退款",
  "status.voided": "已作废",
  "status.charged_back": "已拒付",
  "status.unfulfilled": "未发货",
  "status.partially_shipped": "部分发货",
  "status.shipped": "已发货",
  "status.partially_delivered": "部分送达",
  "status.delivered": "已送达",
  "status.requested": "已申请",
  "status.partially_returned": "部分退货",
  "status.returned": "已退货",
  "status.new": "新建",
  "status.pending": "等待中",
  "status.on_hold": "搁置",
  "status.solved": "已解决",
  "status.closed": "已关闭",
  "status.won": "赢单",
  "status.lost": "输单",
  "status.running": "进行中",
  "status.failed": "失败",
  "status.active": "启用",
  "status.paused": "已暂停",
  "status.removed": "已移除",

  "priority.low": "低",
  "priority.normal": "普通",
  "priority.high": "高",
  "priority.urgent": "紧急",

  "kind.person": "个人",
  "kind.organisation": "组织",

  "author.agent": "客服",
  "author.customer": "客户",
  "author.system": "系统",

  "visibility.public": "公开",
  "visibility.internal": "内部",
};
