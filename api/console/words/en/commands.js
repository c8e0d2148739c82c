// What commands of several kinds of things say.
// @ts-check

export const commands = {
  "command.add": "Add a line",
  "command.remove": "Remove line",
  "command.line": "Line",
  "command.none": "None",
  "command.no-lines": "There are no lines.",
  "command.no-rows": "No line yet.",
  "command.lines.hint": "Leave a line empty that it is not about.",
  "command.decimal": "A number, such as 12.50",
  "command.customer": "Type a name, e-mail or phone number, and choose.",
  "command.customer-id": "The id of a customer",
  "command.codes": "Codes, separated by commas or blanks",
  "command.note": "Note",
  "command.assign": "Assign",
  "command.tag": "Add tags",
  "command.untag": "Remove a tag",
  "command.redact": "Remove the text",
  "command.redact.what": "The text is no longer shown to anybody. This cannot be undone.",
  "command.for-good": "This cannot be undone.",
  "command.partly": "{done} done, {refused} refused.",
  "command.close": "Close",
  "command.occurred": "When it happened",
  "command.occurred.hint": "Empty: now",
};
