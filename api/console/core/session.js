// Who the reader is. The browser holds the session in a cookie that scripts cannot read; this holds what the API says of it.
// @ts-check

import { computed, signal } from "./view.js";

/** @typedef {{ id: string, name: string | null, roles: string[], permissions: string[], csrf_token?: string, expires_at: string | null }} Me */

/** `undefined` until the API has answered, null if nobody is signed in. */
export const me = signal(/** @type {Me | null | undefined} */ (undefined));

const permissions = computed(() => new Set(me.value?.permissions ?? []));

/** Whether the reader may. @param {string | null | undefined} permission for example `orders:read`; none is always allowed */
export function may(permission) {
  return !permission || permissions.value.has(permission);
}
