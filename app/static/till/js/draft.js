// The sale being made: one id from its first moment, kept across a reload of this tab.

import { uuid7 } from "./ids.js";
import { Amount } from "./money.js";
import * as clock from "./clock.js";

const KEPT = "enlaza-till-draft";
// A draft left over from hours ago is not the shopper who stands there now.
const STALE_MS = 3 * 60 * 60 * 1000;

/**
 * @typedef {{saleId: string, startedAt: number, amount: Amount, verdict: object | null,
 *   refused: object | null, before: string | null, held: object | null}} Draft
 *   `verdict`: the card it goes to; `refused`: the last code, which it does not go to;
 *   `held`: the reward that is used with it
 */

/** Begins a sale; the id is made now and stays. */
export function begin(decimals, facts = {}) {
  const draft = {
    saleId: uuid7(clock.now()),
    startedAt: Date.now(),
    amount: new Amount(decimals),
    verdict: null,
    refused: null,
    before: null,
    held: null,
    ...facts,
  };
  keep(draft);
  return draft;
}

/** A verdict as it may be written down: what somebody likes is for the screen alone. */
export function writable(verdict) {
  return verdict && { ...verdict, like: null };
}

/** Writes the draft down for a reload. */
export function keep(draft) {
  const plain = { ...draft, verdict: writable(draft.verdict), amount: draft.amount.keys };
  sessionStorage.setItem(KEPT, JSON.stringify(plain));
}

/** Forgets it: confirmed or called off. */
export function drop() {
  sessionStorage.removeItem(KEPT);
}

/** @returns {Draft | null} the draft of this tab before the reload */
export function restore(decimals) {
  try {
    const plain = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    if (plain && Date.now() - plain.startedAt < STALE_MS) {
      return { ...plain, amount: new Amount(decimals, plain.amount) };
    }
  } catch {
    drop();
  }
  return null;
}
