// The bar over every view: which till, who attends, whether the line is up, what waits.

import { piece, say, setIcon } from "./dom.js";
import { line } from "./line.js";
import { standing, till } from "./till.js";
import { agoText, t, tn } from "./words.js";

const bar = document.querySelector(".bar");
const chip = document.getElementById("line");
const who = document.getElementById("who");
const banner = document.getElementById("banner");

/** The store's wall clock, 24 hours, from a moment in milliseconds. */
export function hourText(at) {
  const zone = till.session?.store.time_zone;
  return new Intl.DateTimeFormat("es", {
    hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone,
  }).format(at);
}

function drawChip(waiting) {
  chip.hidden = till.session === null;
  const isUp = line().online;
  const isDone = isUp && waiting.length === 0;
  chip.className = `chip ${isDone ? "chip-success" : "chip-attention"}`;
  setIcon(chip.querySelector("svg"), isUp ? (isDone ? "check-circle-fill" : "hourglass-split") : "wifi-off");
  const words = isUp ? (isDone ? t("line_up") : tn("line_sending", waiting.length)) : t("line_down");
  chip.querySelector("span").textContent = words;
}

function offlineBanner(waiting) {
  const drawn = piece("banner-offline");
  drawn.slot("since").textContent = t("offline_since", { time: hourText(line().since) });
  const oldest = waiting[0];
  say(
    drawn.slot("waiting"),
    oldest ? tn("offline_waiting", waiting.length, { ago: agoText(Date.now() - oldest.madeAt) }) : "",
  );
  return drawn.element;
}

function asideBanner(aside, onLook) {
  const drawn = piece("banner-aside");
  drawn.slot("words").textContent = tn("aside_banner", aside.length);
  drawn.slot("look").addEventListener("click", onLook);
  return drawn.element;
}

let lastBanner = "";

/** Draws the bar again; a banner is replaced only when its words change, so readers hear it once. */
export async function drawBar(onLook) {
  const place = (slot) => bar.querySelector(`[data-slot="${slot}"]`);
  place("store").textContent = till.session?.store.name ?? "";
  place("till").textContent = till.session ? ` · ${till.session.till.name}` : "";
  who.hidden = !till.session?.cashier;
  who.querySelector("span").textContent = till.session?.cashier?.display_name ?? "";
  const { waiting, aside } = await standing();
  drawChip(waiting);
  const pieces = [];
  if (!line().online && till.session) {
    pieces.push(offlineBanner(waiting));
  }
  if (aside.length > 0 && till.session) {
    pieces.push(asideBanner(aside, onLook));
  }
  const words = pieces.map((each) => each.textContent).join("");
  if (words !== lastBanner) {
    lastBanner = words;
    banner.replaceChildren(...pieces);
  }
}

/** Keeps the clock in the bar. */
export function drawClock(now) {
  const clock = document.getElementById("clock");
  clock.textContent = hourText(now);
  clock.dateTime = new Date(now).toISOString();
}
