// 各类命令共用的词汇。
// @ts-check

/** @type {Record<keyof typeof import("../en/commands.js").commands, string>} */
export const commands = {
  "command.add": "添加一行",
  "command.remove": "删除行",
  "command.line": "商品行",
  "command.none": "无",
  "command.no-lines": "没有商品行。",
  "command.no-rows": "尚无内容。",
  "command.lines.hint": "不涉及的行请留空。",
  "command.decimal": "数字，例如 12.50",
  "command.customer": "输入姓名、邮箱或电话，然后选择。",
  "command.customer-id": "客户的 ID",
  "command.codes": "代码，以逗号或空格分隔",
  "command.note": "备注",
  "command.assign": "分配",
  "command.tag": "添加标签",
  "command.untag": "移除标签",
  "command.redact": "移除文字",
  "command.redact.what": "文字将不再向任何人显示。此操作无法撤销。",
  "command.for-good": "此操作无法撤销。",
  "command.partly": "{done} 项完成，{refused} 项被拒绝。",
  "command.close": "关闭",
  "command.occurred": "发生时间",
  "command.occurred.hint": "留空：现在",
};
