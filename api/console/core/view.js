// What every part and page imports: templates, state and effects of Preact.
// @ts-check

import htm from "../vendor/htm/htm.mjs";
import { h } from "../vendor/preact/preact.mjs";

export const html = htm.bind(h);
export { Component, Fragment, render } from "../vendor/preact/preact.mjs";
export { useEffect, useMemo, useRef, useState } from "../vendor/preact/hooks.mjs";
export { batch, computed, effect, signal, useComputed, useSignal } from "../vendor/signals/signals.mjs";
