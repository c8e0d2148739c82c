// How near a customer is to the centroids of a segment model, in the units of the model: standard deviations after its transform.
// @ts-check

/** @typedef {{ features: string[], transform: string, mean: number[], scale: number[], clusters: { cluster: number, name: string, centroid: number[], centre: Record<string, number> }[] }} Model as the API shows it */

/**
 * The clusters, the nearest one first, each with its Euclidean distance; of two that are equally near, the one that the model has first.
 * @param {Model} model @param {Record<string, number>} features of the customer, untransformed
 */
export function nearest(model, features) {
  const place = model.features.map((name, at) => (transformed(model.transform, features[name]) - model.mean[at]) / model.scale[at]);
  const distances = model.clusters.map((cluster) => ({ ...cluster, distance: Math.hypot(...cluster.centroid.map((centre, at) => place[at] - centre)) }));
  return distances.sort((one, other) => one.distance - other.distance);
}

/** @param {string} transform @param {number} value */
function transformed(transform, value) {
  return transform === "log1p" ? Math.sign(value) * Math.log1p(Math.abs(value)) : value;
}

/**
 * Whether a rule of the segment explanation holds: comparisons, and all of several.
 * @param {any} rule @param {Record<string, number>} features @returns {boolean}
 */
export function holds(rule, features) {
  if (rule.op === "and") return rule.of.every((/** @type {any} */ part) => holds(part, features));
  const value = features[rule.feature];
  return rule.is === "<=" ? value <= rule.value : value > rule.value;
}

/** The comparisons of a rule. @param {any} rule @returns {{ feature: string, is: string, value: number }[]} */
export function comparisons(rule) {
  return rule.op === "and" ? rule.of : [rule];
}
