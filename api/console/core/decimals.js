// Exact arithmetic with decimal texts, as the API states amounts and quantities: nothing is rounded.
// @ts-check

/** The sum, with as many digits after the point as the most exact of these has. @param {string[]} texts */
export function sum(texts) {
  const digits = Math.max(0, ...texts.map((text) => text.split(".")[1]?.length ?? 0));
  const units = texts.reduce((total, text) => {
    const [whole, part = ""] = text.split(".");
    return total + BigInt(whole + part.padEnd(digits, "0"));
  }, 0n);
  const written = String(units < 0n ? -units : units).padStart(digits + 1, "0");
  const sign = units < 0n ? "-" : "";
  return digits ? `${sign}${written.slice(0, -digits)}.${written.slice(-digits)}` : sign + written;
}

/** One less others. @param {string} one @param {string[]} others */
export function less(one, others) {
  return sum([one, ...others.map((text) => (text.startsWith("-") ? text.slice(1) : `-${text}`))]);
}

/** Whether it is above zero. @param {string} text */
export function isPositive(text) {
  return !text.startsWith("-") && /[1-9]/.test(text);
}
