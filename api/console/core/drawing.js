// Which variant a campaign's next member gets: drawn at random by the planned shares, so that arms can be compared.
// @ts-check

/** @typedef {{ code: string, share: number }} Arm */

const CONTROL = "control"; // The variant that is sent nothing. It always exists.

/**
 * The arms of a plan with their shares, which add up to 1: the hold-out, and the variants with what the plan gives them.
 * Variants without a share divide the rest equally.
 * @param {{ holdout_share: string | null, variants: { code: string, share?: string | null }[] }} campaign @returns {Arm[]}
 */
export function arms({ holdout_share: held, variants }) {
  const treated = variants.filter(({ code }) => code !== CONTROL);
  const named = treated.length ? treated : [{ code: "treatment", share: null }];
  const holdout = Number(held ?? variants.find(({ code }) => code === CONTROL)?.share ?? 0);
  const given = named.reduce((sum, { share }) => sum + Number(share ?? 0), 0);
  const open = named.filter(({ share }) => share == null).length;
  const rest = Math.max(0, 1 - holdout - given);
  const found = [{ code: CONTROL, share: holdout }, ...named.map(({ code, share }) => ({ code, share: share == null ? rest / open : Number(share) }))];
  const whole = found.reduce((sum, { share }) => sum + share, 0);
  return found.filter(({ share }) => share > 0).map(({ code, share }) => ({ code, share: share / whole }));
}

/** One arm, with the probability of its share. @param {Arm[]} among @param {number} [chance] from 0 to below 1 */
export function drawn(among, chance = crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32) {
  let upTo = 0;
  for (const { code, share } of among) {
    upTo += share;
    if (chance < upTo) return code;
  }
  return among[among.length - 1].code;
}
