// Keeps the board true without reloading: looks every few seconds, acts by buttons and keys,
// rings until a new order is accepted. Without it every button still works as a form.

import { isLocked, isMuted, ring, setMuted, unlock, warn } from "./board-sound.js";

const LOOK_MS = 3000;
const KEYS_OFF = "enlaza-board-keys-off";

const live = document.querySelector("#live");
const offline = document.querySelector("[data-offline]");
const changed = document.querySelector("[data-changed]");
const soundButton = document.querySelector("[data-sound]");
const keysButton = document.querySelector("[data-keys]");

let turn = 0; // counts what was asked, so that an answer that was overtaken is dropped
let busy = false;
let typed = false;
let waiting = null;
let warned = "";

const part = () => live?.querySelector(".live-part");

// What is shown.

function tell() {
  const now = part();
  const ending = document.title.slice(document.title.lastIndexOf(" · "));
  document.title = `${now.dataset.title}${ending}`;
  ring(Number(now.dataset.ringing) > 0);
  if (now.dataset.alert && now.dataset.alert !== warned) warn();
  warned = now.dataset.alert;
}

function show(fresh) {
  const opened = [...live.querySelectorAll("details[data-keep][open]")].map((each) => each.id);
  const focused = document.activeElement?.id;
  const inside = live.contains(document.activeElement);
  live.replaceChildren(fresh);
  opened.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
  typed = false;
  waiting = null;
  if (changed) changed.hidden = true;
  if (inside) (document.getElementById(focused) ?? live.querySelector(".ticket"))?.focus();
  tell();
}

// Somebody who is typing is not interrupted, unless there is nothing left to type for.
function offer(fresh) {
  if (!typed || fresh.hasAttribute("data-closed")) return show(fresh);
  waiting = fresh;
  changed.hidden = false;
}

function setOffline(isOffline) {
  if (isOffline && offline.hidden) {
    const time = new Date().toLocaleTimeString(document.documentElement.lang, {
      hour: "2-digit",
      minute: "2-digit",
    });
    offline.textContent = offline.dataset.offline.replace("{time}", time);
  }
  offline.hidden = !isOffline;
}

function parsed(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

// Looking.

async function look() {
  const mine = turn;
  const known = (waiting ?? part()).dataset.version;
  try {
    const answer = await fetch(live.dataset.live, { headers: { "If-None-Match": `"${known}"` } });
    if (answer.redirected) return window.location.reload();
    if (!answer.ok && answer.status !== 304) throw new Error(String(answer.status));
    const fresh = answer.status === 200 ? parsed(await answer.text()).querySelector(".live-part") : null;
    setOffline(false);
    if (fresh && mine === turn && !busy) offer(fresh);
  } catch {
    setOffline(true);
  }
}

// Acting.

async function act(form, submitter) {
  busy = true;
  turn += 1;
  if (submitter) submitter.disabled = true;
  try {
    const body = new FormData(form);
    const answer = await fetch(form.action, { method: "POST", body });
    const page = parsed(await answer.text());
    const fresh = page.querySelector(".live-part");
    if (!fresh || new URL(answer.url).pathname !== window.location.pathname) {
      window.location.assign(answer.ok ? answer.url : window.location.href);
      return;
    }
    document.querySelector(".toasts").replaceChildren(...page.querySelectorAll(".toast-note"));
    setOffline(false);
    show(fresh);
  } catch {
    setOffline(true);
    if (submitter) submitter.disabled = false;
  } finally {
    busy = false;
    turn += 1;
  }
}

// Keys: each is shown at its button; they belong to the ticket that has the focus, or the first.

function keysAreOn() {
  return localStorage.getItem(KEYS_OFF) !== "1";
}

function tellKeys() {
  document.body.classList.toggle("keys-off", !keysAreOn());
  if (!keysButton) return;
  keysButton.hidden = false;
  keysButton.setAttribute("aria-pressed", String(keysAreOn()));
  const words = keysButton.querySelector("[data-words]");
  words.textContent = keysAreOn() ? keysButton.dataset.on : keysButton.dataset.off;
}

function step(by) {
  const tickets = [...live.querySelectorAll(".ticket")];
  const at = tickets.indexOf(document.activeElement?.closest(".ticket"));
  const next = at < 0 ? (by > 0 ? 0 : tickets.length - 1) : at + by;
  tickets[next]?.focus();
}

function press(event) {
  const isTyping = event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");
  if (!keysAreOn() || isTyping || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  const letter = event.key.toLowerCase();
  if (letter === "j" || letter === "k") return step(letter === "j" ? 1 : -1);
  if (!/^[a-z1-9]$/.test(letter)) return;
  const asked = `[data-key="${letter}"]`;
  const own = document.activeElement?.closest(".ticket")?.querySelector(asked);
  const target = own ?? document.querySelector(asked);
  if (!target || busy) return;
  event.preventDefault();
  target.click();
}

// The bell of this device.

function tellSound() {
  if (!soundButton) return;
  const on = !isMuted();
  soundButton.hidden = false;
  soundButton.setAttribute("aria-pressed", String(on));
  soundButton.classList.toggle("is-locked", on && isLocked());
  const words = on && isLocked() ? "locked" : on ? "on" : "off";
  soundButton.querySelector("[data-words]").textContent = soundButton.dataset[words];
}

soundButton?.addEventListener("click", async () => {
  const wasLocked = isLocked();
  await unlock();
  // The first touch only lets it sound.
  if (!wasLocked || isMuted()) setMuted(!isMuted());
  tellSound();
});

keysButton?.addEventListener("click", () => {
  localStorage.setItem(KEYS_OFF, keysAreOn() ? "1" : "0");
  tellKeys();
});

if (live) {
  document.addEventListener("submit", (event) => {
    // What leads to another page is sent as any form, so that its toast is shown there.
    if (!event.target.closest("#live, .toasts") || event.target.matches("[data-leave]")) return;
    event.preventDefault();
    if (!busy) act(event.target, event.submitter);
  });
  live.addEventListener("input", () => {
    typed = true;
  });
  changed?.querySelector("[data-show]").addEventListener("click", () => show(waiting));
  // The button of the bell does it by itself, in its own click.
  const firstTouch = (event) => event.target.closest("[data-sound]") || unlock().then(tellSound);
  document.addEventListener("pointerdown", firstTouch, { once: true });
  tell();
  setInterval(() => busy || look(), LOOK_MS);
}
document.addEventListener("keydown", press);
const wanted = document.getElementById(window.location.hash.slice(1));
if (wanted instanceof HTMLDetailsElement) wanted.open = true;
tellKeys();
tellSound();
