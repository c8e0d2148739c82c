// The lines of an order as a form: of a new order, and of one that is still open.
// @ts-check

import { Refused } from "../../core/api.js";
import { t } from "../../core/words.js";

/** @typedef {import("../command.js").Wanted} Wanted */
/** @typedef {import("../field_values.js").Field} Field */

const COLUMNS = /** @type {const} */ (["name", "sku", "quantity", "unit_price"]);

/** @param {any[]} [lines] that the form begins with @returns {Field} */
export function goods(lines) {
  return {
    name: "lines",
    label: t("order.goods"),
    kind: "rows",
    required: true,
    rows: lines?.map((line) => ({ id: line.line_id, values: Object.fromEntries(COLUMNS.map((name) => [name, line[name] ?? ""])) })),
    columns: [
      { name: "name", label: t("order.product"), required: true },
      { name: "sku", label: t("order.sku") },
      { name: "quantity", label: t("order.quantity"), kind: "decimal", required: true, value: "1" },
      { name: "unit_price", label: t("order.price"), kind: "decimal", required: true },
    ],
  };
}

/** @param {any} order that is open @returns {Wanted} */
export function amendLines(order) {
  const known = new Map(/** @type {any[]} */ (order.lines).map((line) => [line.line_id, line]));
  return {
    title: t("order.lines.amend"),
    menu: t("order.goods"),
    method: "PATCH",
    path: `/v1/orders/${order.id}`,
    fields: [goods(order.lines)],
    body: ({ lines }) => ({ lines: numbered(lines, known).map((line) => amended(line, known.get(line.line_id))) }),
  };
}

/** New lines get the first numbers that no line has. @param {Record<string, any>[]} lines @param {Map<string, any>} known */
function numbered(lines, known) {
  let next = 1;
  const free = () => {
    while (known.has(String(next))) next++;
    return String(next++);
  };
  return lines.map((line) => ({ ...line, line_id: line.line_id ?? free() }));
}

/**
 * A line as it is sent. What the form does not show stays; a total is computed again. Raises Refused: taxes and discounts are amounts
 * of the old price, and only their source knows the new ones.
 * @param {Record<string, any>} line @param {any} before the line as it was; undefined: a new one
 */
function amended(line, before) {
  if (!before) return line;
  const { total, ...rest } = before;
  if (line.quantity === before.quantity && line.unit_price === before.unit_price) return { ...before, sku: undefined, ...line };
  if (rest.taxes?.length || rest.discounts?.length) throw new Refused(422, { detail: t("order.lines.taxed", { name: before.name }) });
  return { ...rest, sku: undefined, ...line };
}
