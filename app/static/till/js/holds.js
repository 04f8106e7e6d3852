// Points on their way out: a reward is held with the shop before payment, taken with the sale, or
// let go. What is held and never used the shop lets go of by itself.

import { call } from "./api.js";
import * as clock from "./clock.js";
import { uuid7 } from "./ids.js";

/** Rewards that cost something off the bill need the bill; how much of it is the shop's word. */
export function limits(reward, free, billMinor) {
  const most = Math.min(reward.most, reward.unit === "points" ? free : reward.most);
  if (!reward.per_points) {
    return { least: reward.least, most, step: reward.step };
  }
  const forBill = Math.ceil((billMinor * reward.per_points) / reward.per_minor);
  return { least: reward.least, most: Math.min(most, forBill), step: reward.step };
}

/** What so many points take off, in minor units; null when only the shop knows. */
export function worthOf(reward, points, billMinor) {
  if (!reward.per_points) {
    return null;
  }
  return Math.min(billMinor, Math.floor((points * reward.per_minor) / reward.per_points));
}

let leaving = Promise.resolve();
// An attempt whose answer never came: the shop may hold it or not.
let unheard = null;

/**
 * Asks the shop to hold points for a reward. After a refusal another try is another attempt;
 * after silence the same words are the same one, so that nothing is held twice.
 * @param {{draft: object, reward: object, points: number, proof: object}} facts
 *   `proof`: {} for a phone's code, {member_pin}, or {cashier: {staff_id, pin, reason}}
 */
export async function hold({ draft, reward, points, proof }) {
  const { verdict } = draft;
  // A phone's code is for one reward at a time: the one before is let go first.
  await leaving;
  const asked = {
    reward_id: reward.reward_id,
    points,
    basket_minor: draft.amount.minor,
    code: verdict.code,
    scanned_at: verdict.scannedAt,
    clock: verdict.clock,
    proof,
  };
  // A PIN is kept nowhere, so one that is typed again makes another attempt.
  const words = Object.keys(proof).length === 0 ? JSON.stringify(asked) : null;
  if (words === null || unheard?.words !== words) {
    await letGoUnheard();
  }
  const hold_id = unheard?.hold_id ?? uuid7(clock.now());
  const outcome = await call("POST", "/holds", { hold_id, ...asked });
  unheard = outcome.kind === "silence" ? { hold_id, words } : null;
  return outcome;
}

/** Lets points go. Nobody stands and waits: what does not arrive ends by itself at the shop. */
export function letGo(held) {
  leaving = call("POST", `/holds/${encodeURIComponent(held.hold_id)}/void`, {});
}

/** Lets go of an attempt that was not heard, if there is one. */
export async function letGoUnheard() {
  if (unheard !== null) {
    letGo(unheard);
    unheard = null;
    await leaving;
  }
}
