// What a reader can begin for a customer: an order, a ticket, a conversation, a task.
// @ts-check

import { may } from "../../core/session.js";
import { t } from "../../core/words.js";
import { logInteraction } from "./interactions.js";
import { placeOrder } from "./orders.js";
import { createTask } from "./tasks.js";
import { openTicket } from "./tickets.js";

/** @typedef {import("../command.js").Wanted} Wanted */

/** @param {any} customer @returns {Wanted[]} */
export function beginnings(customer) {
  if (customer.erased_at || customer.merged_into) return [];
  const { id, money, owner } = customer;
  /** @type {[string, Wanted][]} */
  const wanted = [
    ["orders:write", placeOrder(id, Object.keys(money ?? {})[0])],
    ["tickets:write", openTicket(id)],
    ["interactions:write", logInteraction({ customer: id })],
    ["tasks:write", createTask({ kind: "customer", id }, owner)],
  ];
  return wanted.filter(([permission]) => may(permission)).map(([, command]) => ({ ...command, menu: t("customer.new") }));
}
