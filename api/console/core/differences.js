// What differs between two states of the same thing.
// @ts-check

const OF_EVERY_CHANGE = new Set(["version", "position"]);

/**
 * The fields that differ, by name.
 * @param {Record<string, any>} before @param {Record<string, any>} after
 * @returns {{ name: string, before: any, after: any }[]}
 */
export function differences(before, after) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => !OF_EVERY_CHANGE.has(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => ({ name, before: before[name], after: after[name] }));
}
