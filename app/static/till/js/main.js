// Opens the till: session, scanner, keyboard, queue, service worker; then the views take over.

import { agent, onAgent } from "./agent.js";
import { drawBar, drawClock } from "./bar.js";
import * as claims from "./claims.js";
import * as clock from "./clock.js";
import { readText } from "./code.js";
import * as draftKeeper from "./draft.js";
import { flow, onWho } from "./flow.js";
import { pressLetter, showLetters } from "./keys.js";
import { noteLanguage } from "./language.js";
import { line, onLine, watch } from "./line.js";
import * as queue from "./queue.js";
import { watchHeld } from "./rewards.js";
import { warmUp } from "./scanner.js";
import * as session from "./session.js";
import * as sounds from "./sounds.js";
import { closeDialog, go, register, till, toast } from "./till.js";
import { lastDialog, lensDialog, newDialog, typedDialog, undoDialog } from "./views/dialogs.js";
import { awayView, pairView, whoView } from "./views/enter.js";
import { idleView } from "./views/idle.js";
import { menuDialog } from "./views/menu.js";
import { moveView } from "./views/move.js";
import { orderView, ordersDialog, returnDialog } from "./views/order.js";
import { receiptView } from "./views/receipt.js";
import { returnsDialog } from "./views/returns.js";
import { saleView } from "./views/sale.js";
import { listen } from "./wedge.js";
import { t, tn } from "./words.js";

const RETRY_MS = 20_000;
const SELLING = new Set(["idle", "sale", "receipt", "move", "order"]);

register({
  pair: pairView, away: awayView, who: whoView,
  idle: idleView, sale: saleView, receipt: receiptView, move: moveView, order: orderView,
});

Object.assign(flow, {
  typed: () => typedDialog(flow),
  fresh: newDialog,
  camera: () => lensDialog(flow),
  // A handoff is not undone: its goods are in somebody's bag.
  undo: (row) => (row.order_number ? returnDialog : undoDialog)(row, flow),
  part: (row) => returnsDialog(row, flow),
  orders: (orders) => ordersDialog(orders, flow),
  all: () => lastDialog(flow),
});

const menu = () => menuDialog(ready);
const redraw = () => drawBar(menu);

/** Asks who this till is and shows the view that follows from it. */
async function ready() {
  const found = await session.load();
  till.session = found.session;
  // Only now the store's time zone is known.
  drawClock(clock.now());
  await redraw();
  if (found.state === "away") {
    go("away", { ready });
  } else if (found.state === "unpaired") {
    go("pair", { problem: found.problem, ready });
  } else if (till.session.pin_needed && till.session.cashier === null && line().online) {
    go("who", { ready });
  } else {
    till.draft = draftKeeper.restore(till.session.money.decimals);
    if (till.draft) {
      till.draft.checking = false;
      watchHeld(till.draft);
      go("sale", { flow });
    } else {
      go("idle", { flow });
    }
    sendWaiting();
    claims.refill(till.session);
  }
}

/** Sends what waits and says so once it has arrived. */
async function sendWaiting() {
  if (till.session === null || (await queue.waiting()).length === 0) {
    return;
  }
  const strange = { title: t("other_store_title"), detail: t("other_store_detail") };
  await queue.strand(till.session.store.store_id, strange);
  const result = await queue.drain(till.session.store.store_id);
  if (result.sent > 0) {
    toast(tn(agent() ? "agent_took" : "back_online", result.sent));
    till.view?.refresh?.();
  }
  if (result.stoppedBy?.who) {
    await ready();
  }
}

let owed = 0;

/** The program at the counter told how it stands: says so when all has reached the shop again. */
async function agentTold(now, before) {
  if (now === null || till.session === null) {
    return;
  }
  await redraw();
  const isUp = now.line === "up" || now.line === "bad";
  // What was set aside was not sent, and has a banner of its own.
  owed -= Math.max(0, now.queue.aside - (before?.queue.aside ?? 0));
  owed = Math.max(0, isUp ? owed : now.queue.waiting);
  if (isUp && owed > 0 && now.queue.waiting === 0) {
    toast(tn("back_online", owed));
    owed = 0;
  }
  if (before?.line !== now.line && till.name === "sale") {
    till.view.refresh();
  } else if (before?.queue.waiting !== now.queue.waiting && till.name === "idle") {
    till.view.refresh();
  }
}

async function signOut() {
  const outcome = await session.signOut();
  if (outcome.kind === "answered") {
    await ready();
  } else if (outcome.kind === "refused") {
    toast(`${outcome.problem.title}. ${outcome.problem.detail}`, { tone: "attention" });
  } else {
    toast(t("no_answer"), { tone: "attention" });
  }
}

function onScan(scan) {
  sounds.unlock();
  if (till.dialog?.tryScan) {
    till.dialog.tryScan(scan);
  } else if (SELLING.has(till.name)) {
    flow.read(scan.text, "wedge", scan.startedAt);
  }
}

function onKey(key, at) {
  sounds.unlock();
  if (till.dialog !== null) {
    return false;
  }
  return till.view?.key?.(key, at) ?? false;
}

function onLetter(letter) {
  sounds.unlock();
  const isUndo = letter === "Z" && till.dialog === null;
  const root = till.dialog?.dialog ?? (isUndo ? document.getElementById("toasts") : document.getElementById("main"));
  pressLetter(letter, root);
}

function onPaste(event) {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const inField = event.target instanceof Element && event.target.closest("input, textarea") !== null;
  if (readText(text) !== null && SELLING.has(till.name)) {
    event.preventDefault();
    flow.read(text, "pasted");
  } else if (!inField && till.dialog === null) {
    till.view?.paste?.(text);
  }
}

/** A newer shell has been fetched: it opens between two shoppers, never in the middle of one. */
function openNewShell() {
  if (till.name === "idle" && till.dialog === null) {
    location.reload();
  } else {
    setTimeout(openNewShell, 5000);
  }
}

async function installWorker() {
  await noteLanguage();
  if (navigator.serviceWorker?.controller) {
    navigator.serviceWorker.addEventListener("controllerchange", openNewShell, { once: true });
  }
  await navigator.serviceWorker?.register("/till/sw.js", { scope: "/till" });
}

function wire() {
  listen(document, { onScan, onKey, onLetter });
  document.addEventListener("paste", onPaste);
  document.addEventListener("pointerdown", sounds.unlock);
  document.addEventListener("settings", showLetters);
  document.getElementById("menu").addEventListener("click", menu);
  document.getElementById("who").addEventListener("click", signOut);
  onAgent(agentTold);
  queue.onChange(() => {
    redraw();
    till.dialog?.refresh?.();
    if (till.name === "receipt") {
      till.view.refresh();
    }
  });
  onLine(async (isUp) => {
    await redraw();
    if (isUp && till.view?.lineBack) {
      await till.view.lineBack();
    } else if (till.name === "sale") {
      till.view.refresh();
    }
    if (isUp) {
      await sendWaiting();
    }
  });
  setInterval(sendWaiting, RETRY_MS);
  setInterval(() => claims.refill(till.session), RETRY_MS);
  setInterval(() => {
    drawClock(clock.now());
    redraw();
  }, 15_000);
}

async function open() {
  showLetters();
  wire();
  watch();
  onWho(ready);
  drawClock(clock.now());
  await ready();
  drawClock(clock.now());
  await Promise.allSettled([warmUp(), queue.keepSafe(), queue.prune(), installWorker()]);
  document.documentElement.dataset.ready = "yes";
}

closeDialog();
await open();
