// 客户及其资料。
// @ts-check

/** @type {Record<keyof typeof import("../en/customers.js").customers, string>} */
export const customers = {
  "customer.email": "邮箱",
  "customer.phone": "电话",
  "customer.name": "姓名",
  "customer.kind": "类型",
  "customer.source": "来源渠道",
  "customer.owner": "负责人",
  "customer.tags": "标签",
  "customer.tag": "标签",
  "customer.registered": "登记日期",
  "customer.unnamed": "未具名客户",
  "customer.not-yet": "此时还不是客户",
  "customer.archived": "已归档",
  "customer.erased": "已抹除",
  "customer.merged": "已合并到",
  "customer.profile": "资料",
  "customer.contacts": "联系方式",
  "customer.address": "地址",
  "customer.language": "语言",
  "customer.language.hint": "IETF 语言标签，例如 en 或 zh-CN",
  "customer.zone": "时区",
  "customer.attributes": "属性",
  "customer.external": "其他系统",
  "customer.money": "金额",
  "customer.no-orders": "没有订单。",
  "customer.segments": "分群",
  "customer.consents": "同意",
  "customer.no-consents": "没有给出或撤回过同意。",
  "customer.timeline": "时间线",
  "customer.change": "修改",
  "customer.tag.add": "添加标签",
  "customer.register": "登记客户",
  "customer.relations": "关系",

  "customers.search": "姓名、邮箱或电话",

  "consent.given": "已同意",
  "consent.withdrawn": "已撤回",

  "money.orders": "订单数",
  "money.gross": "总额",
  "money.refunded": "已退款",
  "money.net": "净额",
  "money.first": "首次下单",
  "money.last": "最近下单",
  "money.days-ago": "{n} 天前",

  "segment.since": "自位置",

  "segments.by-rule": "按规则",
  "segments.none": "没有模型或规则涉及此客户。",
};
