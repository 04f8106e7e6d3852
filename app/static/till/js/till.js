// What all views share: the session, the draft, the place where views are drawn, and notices.

import { agent } from "./agent.js";
import { call } from "./api.js";
import * as clock from "./clock.js";
import { piece, say } from "./dom.js";
import * as queue from "./queue.js";
import * as sounds from "./sounds.js";

const UNDO_MS = 10_000;
const TOASTS_MAX = 3;

export const till = {
  session: null,
  draft: null,
  view: null,
  dialog: null,
  name: "",
};

const routes = new Map();
const place = document.getElementById("main");
const toasts = document.getElementById("toasts");

/** Names the views; main.js does it once, so that views need not import each other. */
export function register(views) {
  for (const [name, open] of Object.entries(views)) {
    routes.set(name, open);
  }
}

/** Shows another view. Focus goes to the page, where a scanner and shortcuts work. */
export function go(name, facts = {}) {
  closeDialog();
  till.view?.close?.();
  till.name = name;
  if (["who", "pair", "away"].includes(name)) {
    toasts.replaceChildren();
  }
  place.dataset.view = name;
  till.view = routes.get(name)(place, facts) ?? {};
  if (till.view.focus) {
    till.view.focus();
  } else {
    place.focus({ preventScroll: true });
  }
  scrollTo(0, 0);
}

/** Opens one of the shell's dialogs; `wire(drawn, dialog)` fills it and returns its handlers. */
export function openDialog(name, wire) {
  closeDialog();
  const drawn = piece(name);
  const dialog = drawn.element;
  document.body.append(dialog);
  drawn.slot = (slot) => dialog.querySelector(`[data-slot="${slot}"]`);
  drawn.all = (selector) => [...dialog.querySelectorAll(selector)];
  till.dialog = { dialog, ...wire(drawn, dialog) };
  drawn.slot("close")?.addEventListener("click", closeDialog);
  dialog.addEventListener("cancel", closeDialog);
  dialog.showModal();
  return dialog;
}

/** Closes the sheet that is open, if any. */
export function closeDialog() {
  const open = till.dialog;
  till.dialog = null;
  open?.close?.();
  open?.dialog.remove();
}

/** Tells what happened at the foot of the page; with `undo` for ten seconds, paused by focus. */
export function toast(words, { undo = null, tone = "success" } = {}) {
  const drawn = piece("toast").element;
  drawn.classList.add(`toast-${tone}`);
  say(drawn.querySelector("[data-slot=words]"), words);
  const button = drawn.querySelector("[data-slot=undo]");
  let timer = 0;
  const gone = () => {
    clearTimeout(timer);
    drawn.remove();
  };
  const run = () => {
    clearTimeout(timer);
    timer = setTimeout(gone, UNDO_MS);
  };
  if (undo) {
    button.hidden = false;
    button.dataset.do = "Z";
    button.addEventListener("click", () => {
      gone();
      undo();
    });
    for (const old of toasts.querySelectorAll("[data-do=Z]")) {
      old.closest(".toast").remove();
    }
  }
  for (const event of ["pointerenter", "focusin"]) {
    drawn.addEventListener(event, () => clearTimeout(timer));
  }
  for (const event of ["pointerleave", "focusout"]) {
    drawn.addEventListener(event, run);
  }
  toasts.append(drawn);
  while (toasts.children.length > TOASTS_MAX) {
    toasts.firstElementChild.remove();
  }
  run();
}

/** Lets ears, hands and screen readers know a verdict; its shape and words are drawn by the view.
 *  A refusal is an alert by itself, so it is not said twice. */
export function announce({ tone, title = "", detail = "" }) {
  sounds.verdict(tone);
  document.getElementById("say").textContent = tone === "refusal" ? "" : `${title}. ${detail}`;
}

/**
 * What has not reached the shop, in this browser and in the program at the counter.
 * @returns {Promise<{waiting: number, oldest: number | null, aside: number}>} `oldest` in
 *   milliseconds since 1970 by this browser's clock
 */
export async function standing() {
  const [waiting, aside] = await Promise.all([queue.waiting(), queue.setAside()]);
  const there = agent()?.queue ?? { waiting: 0, oldest_made_at: null, aside: 0 };
  const oldest = [waiting[0]?.madeAt, there.oldest_made_at && clock.here(there.oldest_made_at)];
  return {
    waiting: waiting.length + there.waiting,
    oldest: oldest.filter(Boolean).sort((one, other) => one - other)[0] ?? null,
    aside: aside.length + there.aside,
  };
}

/** The acts behind those figures, what a person must look at first. */
export async function unsent() {
  const here = [...(await queue.setAside()), ...(await queue.waiting())];
  const outcome = agent() ? await call("GET", "/till/queue") : null;
  const there = outcome?.kind === "answered" ? outcome.body.acts.map(actOfAgent) : [];
  return [...there, ...here].sort((one, other) => (one.state === "aside" ? 0 : 1) - (other.state === "aside" ? 0 : 1));
}

function actOfAgent(told) {
  const kind = told.kind === "reassignment" ? "move" : told.kind;
  return { ...told, kind, id: told.act_id, madeAt: clock.here(told.made_at), isAgents: true };
}
