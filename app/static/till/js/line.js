// Whether the server can be reached, since when not, and looking for it again. With a program at
// the counter the server is that program, and its own line to the shop is asked for as well.

import { agent, hearAgent } from "./agent.js";
import { call, onHeard } from "./api.js";

const ONLINE_BEAT_MS = 30_000;
const OFFLINE_BEAT_MS = 5_000;
const AGENT_BEAT_MS = 5_000;
const AGENT_BUSY_BEAT_MS = 1_500;
const BEAT_TIMEOUT_MS = 4_000;

const state = { online: true, since: null };
const listeners = new Set();
let timer = 0;

/** @returns {{online: boolean, since: number | null}} `since` is when the line went down */
export function line() {
  return state;
}

/** True while what is saved now reaches the shop at once. */
export function reachesShop() {
  return state.online && !["down", "refused"].includes(agent()?.line);
}

/** Calls `listener(online)` whenever the line goes down or comes back. */
export function onLine(listener) {
  listeners.add(listener);
}

function set(online) {
  if (state.online === online) {
    return;
  }
  state.online = online;
  state.since = online ? null : Date.now();
  plan();
  for (const listener of listeners) {
    listener(online);
  }
}

function untilNext() {
  const there = agent();
  if (there === null) {
    return state.online ? ONLINE_BEAT_MS : OFFLINE_BEAT_MS;
  }
  return there.line === "up" && there.queue.waiting === 0 ? AGENT_BEAT_MS : AGENT_BUSY_BEAT_MS;
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(beat, untilNext());
}

/** Asks now how things stand, instead of at the next turn. */
export async function beat() {
  const path = agent() ? "/till/agent" : "/time";
  const outcome = await call("GET", path, undefined, { timeout: BEAT_TIMEOUT_MS });
  if (path === "/till/agent" && outcome.kind === "answered") {
    hearAgent(outcome.body);
  }
  plan();
}

/** Starts watching: every call tells, and between calls the server's time is asked for. */
export function watch() {
  onHeard(set);
  addEventListener("online", beat);
  // What the network does says nothing about a program on this very computer.
  addEventListener("offline", () => (agent() ? beat() : set(false)));
  document.addEventListener("visibilitychange", () => document.hidden || beat());
  plan();
}
