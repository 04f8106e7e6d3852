// What a cashier confirms: each act gets its id, is written down, sent, and answered or kept.

import { agent } from "./agent.js";
import { call } from "./api.js";
import * as claims from "./claims.js";
import * as clock from "./clock.js";
import { uuid7 } from "./ids.js";
import { beat, line } from "./line.js";
import * as queue from "./queue.js";

// After this the cashier goes on; the act stays in the queue and its answer comes as a notice.
const PATIENCE_MS = 3500;

/** The act was written down nowhere; `problem` says why. */
export class NotKeptError extends Error {
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

async function submit(act, session) {
  const isNew = await queue.add({ ...act, store_id: session.store.store_id });
  // With the line known to be down nobody waits: its return sends what is here.
  if (line().online) {
    const patience = new Promise((resume) => setTimeout(resume, PATIENCE_MS));
    const result = await Promise.race([queue.drain(session.store.store_id), patience]);
    const problem = result?.stoppedBy?.problem;
    // A browser alone is no place to keep a sale when there is a program for it.
    if (problem?.code === "till_cannot_keep" && (await queue.takeBack(act.id))) {
      throw new NotKeptError(problem);
    }
  }
  if (agent()) {
    beat();
  }
  return { ...(await queue.get(act.id)), isNew };
}

/** Asks what became of an act that the program at the counter had kept. */
export async function askAgain(id) {
  const outcome = await call("GET", `/till/acts/${encodeURIComponent(id)}`);
  if (outcome.kind !== "answered") {
    return;
  }
  const { state, answer, problem } = outcome.body;
  if (state === "done") {
    await queue.learn(id, { answer });
  } else if (state === "aside" || state === "dismissed") {
    await queue.learn(id, { problem });
  }
}

/** Records a sale once; `verdict` says which code it carries, `held` the reward it takes, if any. */
export async function recordSale({ draft, total_minor, session, shown }) {
  const { verdict, held } = draft;
  const body = {
    sale_id: draft.saleId,
    total_minor,
    currency: session.money.currency,
    sold_at: clock.stamp().at,
    clock: verdict?.clock === "unsure" ? "unsure" : clock.stamp().clock,
  };
  if (verdict?.code) {
    Object.assign(body, { code: verdict.code, scanned_at: verdict.scannedAt });
  }
  if (held) {
    body.hold_id = held.hold_id;
  }
  // A sale that was confirmed before keeps the code of then.
  const claim = verdict?.code || (await queue.get(draft.saleId)) ? null : await claims.take(session.till.till_id);
  if (claim) {
    body.claim_id = claim.claim_id;
  }
  return submit(
    { id: draft.saleId, sale_id: draft.saleId, kind: "sale", path: "/sales", body, shown: { ...shown, claim } },
    session,
  );
}

/** Takes a sale back, or some `lines` of it: the money, and with it the points. */
export function refundSale({ saleId, totalMinor, lines = [], session, shown, reason }) {
  const id = uuid7(clock.now());
  const body = {
    refund_id: id,
    amount_minor: totalMinor,
    refunded_at: clock.stamp().at,
    reason,
  };
  if (lines.length > 0) {
    body.lines = lines;
  }
  return submit(
    { id, sale_id: saleId, kind: "refund", path: `/sales/${saleId}/refunds`, body, shown },
    session,
  );
}

/** Takes a sale's points and link back; with a verdict they go to that card instead. */
export function moveSale({ saleId, verdict, session, shown }) {
  const id = uuid7(clock.now());
  const body = { reassignment_id: id };
  if (verdict) {
    Object.assign(body, { code: verdict.code, scanned_at: verdict.scannedAt, clock: verdict.clock });
  }
  return submit(
    { id, sale_id: saleId, kind: "move", path: `/sales/${saleId}/reassignments`, body, shown },
    session,
  );
}
