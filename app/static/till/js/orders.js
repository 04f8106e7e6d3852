// Orders to collect: what waits at this store, and giving one to its person.

import { call } from "./api.js";
import * as clock from "./clock.js";
import { uuid7 } from "./ids.js";

// A handoff waits for the shop's word: a code that was used elsewhere must not give twice.
const ANSWER_MS = 8000;
const KEPT = "enlaza-till-handoffs";

/** @returns {Promise<object[] | null>} what waits here, ready ones first; null without an answer */
export async function waitingOrders() {
  const outcome = await call("GET", "/till/orders");
  return outcome.kind === "answered" ? outcome.body.orders.map((listed) => listed.order) : null;
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}

/** The id of a handoff stays the same until it is answered, also across a reload of this tab. */
function handoffId(key) {
  const ids = kept();
  ids[key] ??= uuid7(clock.now());
  sessionStorage.setItem(KEPT, JSON.stringify(ids));
  return ids[key];
}

function forget(key) {
  const ids = kept();
  delete ids[key];
  sessionStorage.setItem(KEPT, JSON.stringify(ids));
}

/**
 * Gives an order, or some of its lines, to its person.
 * @param {object} order as the shop told it
 * @param {{code: string, scannedAt?: string, clock?: string}} proof
 * @param {object[] | null} lines null: everything
 * @returns {Promise<import("./api.js").Outcome>}
 */
export async function handOver(order, proof, lines) {
  const key = `${order.order_id}/${JSON.stringify(lines)}`;
  const stamp = clock.stamp();
  const body = {
    handoff_id: handoffId(key),
    order_id: order.order_id,
    code: proof.code,
    handed_at: stamp.at,
    clock: proof.clock ?? stamp.clock,
  };
  if (proof.scannedAt) {
    body.scanned_at = proof.scannedAt;
  }
  if (lines !== null) {
    body.lines = lines;
  }
  const outcome = await call("POST", "/handoffs", body, { timeout: ANSWER_MS });
  // Silence may hide a yes: the next try is the same handoff.
  if (outcome.kind === "answered" || (outcome.kind === "refused" && !outcome.again)) {
    forget(key);
  }
  return outcome;
}
