// Exact arithmetic on decimal texts, as the API states them. Nothing is rounded on the way, and nothing becomes a float.
// @ts-check

/** A decimal text as a whole number of its last places. @param {string} text @returns {[units: bigint, places: number]} */
function parsed(text) {
  const [whole, part = ""] = text.split(".");
  return [BigInt(whole + part), part.length];
}

/** Both texts in units of the same place. @param {string} one @param {string} other @returns {[bigint, bigint, number]} */
function aligned(one, other) {
  const [a, ofA] = parsed(one);
  const [b, ofB] = parsed(other);
  const places = Math.max(ofA, ofB);
  return [a * 10n ** BigInt(places - ofA), b * 10n ** BigInt(places - ofB), places];
}

/** @param {bigint} units @param {number} places */
function text(units, places) {
  const digits = String(units < 0n ? -units : units).padStart(places + 1, "0");
  const sign = units < 0n ? "-" : "";
  return sign + (places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits);
}

/** One less the other, exactly. @param {string} one @param {string} other */
export function difference(one, other) {
  const [a, b, places] = aligned(one, other);
  return text(a - b, places);
}

/** The sum, with as many places as the most exact of these has. @param {string[]} texts */
export function sum(texts) {
  return texts.reduce((total, one) => {
    const [a, b, places] = aligned(total, one);
    return text(a + b, places);
  }, "0");
}

/** One less all others, exactly. @param {string} one @param {string[]} others */
export function less(one, others) {
  return difference(one, sum(others));
}

/**
 * How much larger one is than the other, in parts of the other's size, with four places, rounded half away from zero.
 * There is no such number if the other is zero.
 * @param {string} one @param {string} other @returns {string | null}
 */
export function change(one, other) {
  const [a, b] = aligned(one, other);
  if (b === 0n) return null;
  const size = b < 0n ? -b : b;
  const scaled = (a - b) * 10_000n;
  const half = scaled < 0n ? -size / 2n : size / 2n;
  return text((scaled + half) / size, 4);
}

/** -1, 0 or 1. @param {string} one */
export function sign(one) {
  const [units] = parsed(one);
  return units < 0n ? -1 : units > 0n ? 1 : 0;
}

/** The number without its sign. @param {string} one */
export function size(one) {
  return one.replace("-", "");
}

/** A hundred times the number, exactly: a share in percent. @param {string} one */
export function hundredfold(one) {
  const [units, places] = parsed(one);
  return places < 2 ? text(units * 10n ** BigInt(2 - places), 0) : text(units, places - 2);
}
