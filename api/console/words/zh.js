// 控制台的中文词汇，与 en.js 的名称一一对应。
// @ts-check

import { commands } from "./zh/commands.js";
import { consents } from "./zh/consents.js";
import { contacts } from "./zh/contacts.js";
import { customers } from "./zh/customers.js";
import { figures } from "./zh/figures.js";
import { general } from "./zh/general.js";
import { log } from "./zh/log.js";
import { marketing } from "./zh/marketing.js";
import { measures } from "./zh/measures.js";
import { operations } from "./zh/operations.js";
import { overview } from "./zh/overview.js";
import { parameters } from "./zh/parameters.js";
import { reports } from "./zh/reports.js";
import { sales } from "./zh/sales.js";
import { service } from "./zh/service.js";
import { serviceMeasures } from "./zh/service_measures.js";
import { settings } from "./zh/settings.js";
import { values } from "./zh/values.js";

/** @type {Record<keyof typeof import("./en.js").en, string>} */
export const zh = { ...general, ...values, ...overview, ...commands, ...contacts, ...customers, ...consents, ...sales, ...service, ...marketing, ...reports, ...parameters, ...measures, ...serviceMeasures, ...figures, ...log, ...operations, ...settings };
