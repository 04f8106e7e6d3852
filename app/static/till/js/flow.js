// The cashier's story: read a card, take the amount, confirm, correct. Views only show it.

import { moveSale, recordSale, refundSale } from "./acts.js";
import * as draftKeeper from "./draft.js";
import { moneyText } from "./money.js";
import * as queue from "./queue.js";
import { handOver } from "./orders.js";
import * as rewards from "./rewards.js";
import { judge } from "./scan.js";
import { announce, closeDialog, go, till, toast } from "./till.js";
import { handoffTrouble } from "./views/order.js";
import { isKept, verdictOf } from "./views/receipt.js";
import { toCharge } from "./views/sale.js";
import { forgetShort } from "./views/short.js";
import { t, tn } from "./words.js";

let reading = 0;
let busy = false;
let later = null;
let moving = null;
let signInAgain = async () => {};

/** main.js says what to do when the server wants the till or the cashier to sign in. */
export function onWho(act) {
  signInAgain = act;
}

function idle() {
  forgetShort();
  rewards.drop(till.draft);
  draftKeeper.drop();
  till.draft = null;
  moving = null;
  go("idle", { flow });
}

function show() {
  draftKeeper.keep(till.draft);
  if (till.name === "sale") {
    till.view.refresh();
  } else {
    go("sale", { flow });
  }
}

function openDraft(facts) {
  till.draft ??= draftKeeper.begin(till.session.money.decimals, facts);
  return till.draft;
}

/** Reads one code, from wherever it comes. `startedAt`: when a wedge began to type it. */
async function read(text, source, startedAt = null) {
  if (busy) {
    later = [text, source];
    return;
  }
  closeDialog();
  if (moving) {
    await moveTo(text, source);
    return;
  }
  const isFresh = till.draft === null;
  const opened = till.name === "order" ? till.view.orderId : null;
  const draft = openDraft();
  if (startedAt !== null) {
    draft.amount.rollBack(startedAt);
  }
  reading += 1;
  const turn = reading;
  draft.checking = true;
  show();
  const verdict = await judge(text, source);
  if (turn !== reading || till.draft !== draft) {
    return;
  }
  draft.checking = false;
  const order = orderOf(verdict, opened);
  if (verdict.isOrder || order) {
    openOrder(verdict, order, isFresh);
    return;
  }
  take(draft, verdict);
  announce(verdict);
  show();
  if (verdict.who) {
    await signInAgain();
  }
}

/** The order that a code collects, or the open one that the phone of whoever ordered proves. */
function orderOf(verdict, opened) {
  const { orders = [] } = verdict;
  return verdict.isOrder ? orders[0] : orders.find((each) => each.order_id === opened && each.proof);
}

/** Shows an order for whoever just showed a code; a sale that has begun waits underneath. */
function openOrder(verdict, order, isFresh) {
  if (isFresh) {
    draftKeeper.drop();
    till.draft = null;
  }
  const proof = order?.proof && { code: verdict.orderCode, scannedAt: verdict.scannedAt, clock: verdict.clock };
  announce(verdict);
  go("order", { order: order ?? null, verdict, proof, flow });
}

/** Shows an order of the list, or of the card that was read. */
function showOrder(order) {
  const card = till.draft?.verdict;
  const proof = order.proof && card?.orderCode
    ? { code: card.orderCode, scannedAt: card.scannedAt, clock: card.clock }
    : null;
  go("order", { order, proof, flow });
}

/** Away from an order: back to the sale that had begun, if one had. */
function closeOrder() {
  if (till.draft) {
    show();
  } else {
    idle();
  }
}

/** Gives an order once; `tell` takes the words when it could not be given. */
async function give({ order, proof, lines, tell = null }) {
  if (busy) {
    return;
  }
  busy = true;
  try {
    const outcome = await handOver(order, proof, lines);
    if (outcome.kind !== "answered") {
      (tell ?? till.view.trouble)?.(handoffTrouble(outcome));
      announce({ tone: outcome.kind === "refused" ? "refusal" : "attention" });
      if (outcome.who) {
        await signInAgain();
      }
      return;
    }
    given(order, outcome.body);
  } finally {
    free();
  }
}

function given(order, answer) {
  const verdict = till.draft?.verdict;
  if (verdict?.orders) {
    verdict.orders = verdict.orders.filter((each) => each.order_id !== order.order_id);
    draftKeeper.keep(till.draft);
  }
  announce(answer.display);
  const act = { id: answer.handoff_id, state: "sent", answer, madeAt: Date.now() };
  go("receipt", { act, total: answer.display.total_text, flow: { ...flow, next: closeOrder } });
}

/** The act is over: a card that was read meanwhile has its turn. */
function free() {
  busy = false;
  const next = later;
  later = null;
  if (next !== null) {
    read(...next);
  }
}

/** Puts a verdict on the draft. A stray barcode does not push away a card that is known. */
function take(draft, verdict) {
  const { verdict: before } = draft;
  if (verdict.tone !== "refusal") {
    draft.verdict = verdict;
    draft.refused = null;
  } else if (draft.verdict?.known && verdict.outcome === "not_ours") {
    toast(t("stray", { name: draft.verdict.title }), { tone: "attention" });
  } else {
    draft.verdict = null;
    draft.refused = verdict;
  }
  if (before !== draft.verdict) {
    rewards.drop(draft);
  }
}

function plain(key = null, at = 0) {
  const draft = openDraft();
  if (key !== null) {
    draft.amount.press(key, at);
  }
  show();
}

function toPlain() {
  rewards.drop(till.draft);
  till.draft.refused = null;
  till.draft.verdict = null;
  show();
}

/** Out: first the card comes off, then the sale is called off. */
function out() {
  const { draft } = till;
  reading += 1;
  draft.checking = false;
  if (draft.verdict && !draft.refused && !draft.amount.isEmpty) {
    rewards.drop(draft);
    draft.verdict = null;
    show();
  } else {
    idle();
  }
}

function personOf(verdict) {
  return verdict?.person?.display_name ?? (verdict?.code ? t("anonymous") : t("no_card"));
}

async function confirm() {
  if (busy) {
    return;
  }
  busy = true;
  const { draft, session } = till;
  const total = moneyText(toCharge(draft), session.money);
  try {
    const act = await recordSale({ draft, total_minor: toCharge(draft), session, shown: { verdict: draftKeeper.writable(draft.verdict), person: personOf(draft.verdict), total } });
    finish(act, total);
    tellSaved(act, draft, total);
  } catch (error) {
    // Nobody could write it down: it stays on the screen, nothing was sent.
    toast(whyNot(error), { tone: "refusal" });
    announce({ tone: "refusal" });
  } finally {
    free();
  }
}

/** Why an act was written down nowhere: the program's reason, else this browser's. */
function whyNot({ problem }) {
  return problem ? `${problem.title}. ${problem.detail}` : t("not_written");
}

function finish(act, total) {
  draftKeeper.drop();
  till.draft = null;
  moving = null;
  announce(verdictOf(act));
  go("receipt", { act, total, flow });
}

function tellSaved(act, draft, total) {
  if (act.problem) {
    return;
  }
  const name = personOf(draft.verdict);
  const earned = act.answer?.points?.earned ?? 0;
  const points = earned > 0 ? `, ${tn("plus_points", earned)}` : "";
  const isThere = act.state === "sent" && !isKept(act);
  const words = isThere ? t("saved_toast", { total, name }) + points : t("kept_toast", { total, name });
  const row = { sale_id: act.id, total_minor: act.body.total_minor, title: `${total} · ${name}`, detail: "" };
  toast(words, { undo: () => flow.undo(row) });
}

/** The card a sale stands for now, as far as this till remembers. */
async function cardOf(saleId) {
  const known = [...(await queue.sent()), ...(await queue.waiting())];
  const moves = known.filter((act) => act.kind === "move" && act.sale_id === saleId);
  const last = moves.at(-1) ?? known.find((act) => act.id === saleId);
  return last?.shown.verdict ?? null;
}

async function refund(row, reason) {
  const verdict = await cardOf(row.sale_id);
  const shown = { title: row.title, total: row.total_text ?? moneyText(row.total_minor, till.session.money) };
  const act = await refundSale({
    saleId: row.sale_id, totalMinor: row.left_minor ?? row.total_minor, session: till.session, shown, reason,
  });
  return { act, verdict, total: shown.total };
}

/** Wrong amount: the whole sale back, then a new one with the same card. */
async function redo(row) {
  const { act, verdict, total } = await refund(row, "wrong_amount");
  if (act.problem) {
    finish(act, total);
    return;
  }
  const points = act.answer?.points?.balance;
  const fresh = verdict && { ...verdict, points: points ?? verdict.points, rewards: verdict.rewards ?? [], steps: [] };
  till.draft = draftKeeper.begin(till.session.money.decimals, { verdict: fresh, before: total });
  toast(t("refunded_toast", { total }));
  show();
}

async function annul(row) {
  const { act, total } = await refund(row, "no_sale");
  finish(act, total);
}

/** Some goods of a sale come back, with the money that was paid for them. */
async function giveBack(row, lines, minor) {
  const total = moneyText(minor, till.session.money);
  const shown = { title: row.title, total };
  const act = await refundSale({
    saleId: row.sale_id, totalMinor: minor, lines, session: till.session, shown, reason: "goods_back",
  });
  finish(act, total);
}

async function moveTo(text, source) {
  const verdict = await judge(text, source);
  announce(verdict);
  if (verdict.tone === "refusal") {
    till.view.trouble?.(verdict);
    return;
  }
  await move(verdict);
}

async function move(verdict) {
  const row = moving;
  if (row === null || busy) {
    return;
  }
  busy = true;
  try {
    const total = row.total_text ?? moneyText(row.total_minor, till.session.money);
    const shown = { title: row.title, verdict: draftKeeper.writable(verdict), person: personOf(verdict) };
    finish(await moveSale({ saleId: row.sale_id, verdict, session: till.session, shown }), total);
  } catch (error) {
    toast(whyNot(error), { tone: "refusal" });
  } finally {
    free();
  }
}

/** Runs one correction at a time: a double tap is one correction. */
async function once(act) {
  if (busy) {
    return;
  }
  busy = true;
  try {
    await act();
  } catch (error) {
    toast(whyNot(error), { tone: "refusal" });
  } finally {
    free();
  }
}

export const flow = {
  read,
  plain,
  toPlain,
  out,
  confirm,
  ...rewards.rewarding,
  idle,
  next: idle,
  without: () => move(null),
  redo: (row) => once(() => redo(row)),
  annul: (row) => once(() => annul(row)),
  giveBack: (row, lines, minor) => once(() => giveBack(row, lines, minor)),
  person(row) {
    moving = row;
    go("move", { sale: row, flow: { ...flow, out: idle } });
  },
  order: showOrder,
  give,
  closeOrder,
  isMoving: () => moving !== null,
};
