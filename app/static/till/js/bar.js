// The bar over every view: which till, who attends, whether the line is up, what waits.

import { agent } from "./agent.js";
import { call } from "./api.js";
import { piece, say, setIcon } from "./dom.js";
import { beat, line } from "./line.js";
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

/** Shape and words of how the line is, the worst first. */
function chipFacts(waiting) {
  const there = agent();
  if (!line().online) {
    return ["attention", "wifi-off", t(there ? "agent_silent" : "line_down")];
  }
  if (there?.line === "refused") {
    return ["refusal", "exclamation-circle-fill", t("line_refused")];
  }
  if (there?.line === "down") {
    return ["attention", "wifi-off", t("line_down")];
  }
  if (there?.line === "bad") {
    return ["attention", "hourglass-split", t("line_bad")];
  }
  return waiting === 0
    ? ["success", "check-circle-fill", t("line_up")]
    : ["attention", "hourglass-split", tn("line_sending", waiting)];
}

function drawChip(waiting) {
  const [tone, icon, words] = chipFacts(waiting);
  chip.hidden = till.session === null;
  chip.className = `chip chip-${tone}`;
  setIcon(chip.querySelector("svg"), icon);
  chip.querySelector("span").textContent = words;
}

function waitingWords({ waiting, oldest }) {
  const key = agent() ? "agent_waiting" : "offline_waiting";
  return waiting === 0 ? "" : tn(key, waiting, { ago: agoText(Date.now() - oldest) });
}

/** What the banner says first: what is the matter, and since when. */
function matter() {
  const there = agent();
  if (!line().online) {
    return t(there ? "agent_since" : "offline_since", { time: hourText(line().since) });
  }
  if (there?.line === "refused") {
    return t("agent_revoked");
  }
  if (there?.line === "down") {
    const key = { certificate: "agent_certificate", not_ours: "agent_not_ours", trouble: "agent_trouble" }[there.reason];
    return t(key ?? "offline_since", { time: hourText(Date.parse(there.since)) });
  }
  return null;
}

function lineBanner(count) {
  const words = matter();
  if (words === null) {
    return null;
  }
  const drawn = piece("banner-offline");
  const isRevoked = agent()?.line === "refused" && line().online;
  drawn.element.className = `banner banner-${isRevoked ? "refusal" : "attention"}`;
  setIcon(drawn.root.querySelector("svg"), isRevoked ? "exclamation-circle-fill" : "wifi-off");
  drawn.slot("since").textContent = words;
  drawn.slot("can").textContent = t(isRevoked ? "agent_revoked_can" : "offline_can");
  say(drawn.slot("waiting"), waitingWords(count));
  const copyAt = isRevoked ? null : agent()?.knows.copy_at;
  say(drawn.slot("copy"), copyAt ? t("agent_copy", { time: hourText(Date.parse(copyAt)) }) : "");
  return drawn.element;
}

/** A queue file that was damaged: what was rescued, until somebody has read it. */
function damageBanner() {
  const damage = agent()?.damaged;
  if (!damage) {
    return null;
  }
  const drawn = piece("banner-damage");
  const at = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium" });
  const day = at.format(Date.parse(damage.at));
  const time = hourText(Date.parse(damage.at));
  const lost = damage.lost > 0 ? ` ${tn("agent_lost", damage.lost)}` : "";
  drawn.slot("words").textContent = tn("agent_damaged", damage.rescued, { day, time }) + lost;
  drawn.slot("file").textContent = damage.file.split(/[\\/]/).pop();
  drawn.slot("done").addEventListener("click", async () => {
    await call("POST", "/till/damage/dismiss", {});
    await beat();
  });
  return drawn.element;
}

function asideBanner(aside, onLook) {
  const drawn = piece("banner-aside");
  drawn.slot("words").textContent = tn("aside_banner", aside);
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
  const count = await standing();
  drawChip(count.waiting);
  const pieces = till.session === null ? [] : [
    lineBanner(count),
    damageBanner(),
    count.aside > 0 ? asideBanner(count.aside, onLook) : null,
  ].filter(Boolean);
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
