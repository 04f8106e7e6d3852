// The card on a phone: a code that changes by itself, points that arrive, and no need of a line.

import { codeOf, fetchBatch, forgetBatch, isLow, keptBatch } from "./card-codes.js";
import { drawCode } from "./card-draw.js";
import { showWhole } from "./card-full.js";
import { followState } from "./card-live.js";

const tile = document.getElementById("code");
const letters = document.getElementById("letters");
const ring = document.getElementById("ring");
const countdown = document.getElementById("countdown");
const offline = document.getElementById("offline");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const RETRY_MS = 20_000;
const CALM_STEP_S = 10;

let batch = keptBatch();
let askedAt = 0;
let inView = true;

function show() {
  const code = batch && codeOf(batch);
  if (!code) {
    if (batch && countdown) countdown.textContent = countdown.dataset.none;
    return;
  }
  drawCode(tile, code);
  if (letters && letters.textContent !== code.letters) letters.textContent = code.letters;
  const seconds = still.matches
    ? Math.ceil(code.seconds / CALM_STEP_S) * CALM_STEP_S
    : code.seconds;
  const text = countdown?.dataset.pattern.replace("{seconds}", seconds);
  if (countdown && countdown.textContent !== text) countdown.textContent = text;
  // At a new code the ring is full again at once; only the way down is a movement.
  ring?.classList.toggle("is-new", code.seconds > 59);
  ring?.setAttribute("stroke-dashoffset", String(still.matches ? 0 : 60 - code.seconds));
}

async function renew() {
  askedAt = Date.now();
  const told = await fetchBatch();
  if (told === "gone") {
    forgetBatch();
    return;
  }
  if (told) {
    batch = told;
    show();
    document.documentElement.dataset.codes = "fresh";
  }
}

/** Say whether the code that the server put into the page is about the one this phone shows. */
function knows(told) {
  const own = batch && !isLow(batch) && codeOf(batch);
  const sent = batch?.codes.find((each) => each.text === told);
  return Boolean(own && sent) && Math.abs(sent.expires - own.expires) <= 60_000;
}

function beat() {
  show();
  const isDue = !batch || isLow(batch) || !codeOf(batch);
  if (isDue && !document.hidden && Date.now() - askedAt > RETRY_MS) renew();
}

function tellLine(isOnline) {
  if (offline) offline.hidden = isOnline;
  if (isOnline) renew();
}

/** Let the phone open this page without a line: a worker keeps it and what it is made of. */
async function keepPage() {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("/card/sw.js", { scope: "/card" });
    const ready = await navigator.serviceWorker.ready;
    ready.active.postMessage({ keep: [location.pathname] });
    // Also what comes late, after everything else was told: an icon, a picture.
    const told = new Set();
    new PerformanceObserver((list) => {
      const names = list.getEntries().map((entry) => entry.name);
      const fresh = names.filter((name) => /\/(static|accent)\//u.test(name) && !told.has(name));
      fresh.forEach((name) => told.add(name));
      if (fresh.length > 0) ready.active.postMessage({ keep: [...new Set(fresh)] });
    }).observe({ type: "resource", buffered: true });
    navigator.storage?.persist?.();
  } catch {
    // Without a worker the card still works with a line.
  }
}

/** Let the worker keep the page anew: what it kept tells of fewer points than this one does. */
async function keepPoints() {
  const ready = tile && (await navigator.serviceWorker?.getRegistration("/card"));
  ready?.active?.postMessage({ keep: [location.pathname] });
}

if (tile) {
  new IntersectionObserver((entries) => {
    inView = entries.at(-1).isIntersecting;
  }).observe(tile);
  const told = tile.dataset.codeText;
  if (knows(told)) document.documentElement.dataset.codes = "fresh";
  else renew();
  show();
  setInterval(beat, 1_000);
  showWhole(tile, letters);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) beat();
  });
  if (document.readyState === "complete") keepPage();
  else window.addEventListener("load", keepPage);
}

const live = document.getElementById("live");
if (live) {
  followState({
    live,
    said: document.getElementById("said"),
    isCodeShown: () => Boolean(tile) && (inView || Boolean(document.querySelector("dialog[open]"))),
    onLine: tellLine,
    onChange: keepPoints,
  });
}
