// The console in English. Every name here is in zh.js too: the check of types requires it.
// @ts-check

import { commands } from "./en/commands.js";
import { consents } from "./en/consents.js";
import { contacts } from "./en/contacts.js";
import { customers } from "./en/customers.js";
import { figures } from "./en/figures.js";
import { general } from "./en/general.js";
import { log } from "./en/log.js";
import { marketing } from "./en/marketing.js";
import { measures } from "./en/measures.js";
import { operations } from "./en/operations.js";
import { overview } from "./en/overview.js";
import { parameters } from "./en/parameters.js";
import { reports } from "./en/reports.js";
import { sales } from "./en/sales.js";
import { service } from "./en/service.js";
import { serviceMeasures } from "./en/service_measures.js";
import { settings } from "./en/settings.js";
import { values } from "./en/values.js";

export const en = { ...general, ...values, ...overview, ...commands, ...contacts, ...customers, ...consents, ...sales, ...service, ...marketing, ...reports, ...parameters, ...measures, ...serviceMeasures, ...figures, ...log, ...operations, ...settings };
