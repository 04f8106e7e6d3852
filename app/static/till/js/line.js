// Whether the server can be reached, since when not, and looking for it again.

import { call, onHeard } from "./api.js";

const ONLINE_BEAT_MS = 30_000;
const OFFLINE_BEAT_MS = 5_000;
const BEAT_TIMEOUT_MS = 4_000;

const state = { online: true, since: null };
const listeners = new Set();
let timer = 0;

/** @returns {{online: boolean, since: number | null}} `since` is when the line went down */
export function line() {
  return state;
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

function plan() {
  clearTimeout(timer);
  timer = setTimeout(beat, state.online ? ONLINE_BEAT_MS : OFFLINE_BEAT_MS);
}

async function beat() {
  await call("GET", "/time", undefined, { timeout: BEAT_TIMEOUT_MS });
  plan();
}

/** Starts watching: every call tells, and between calls the server's time is asked for. */
export function watch() {
  onHeard(set);
  addEventListener("online", beat);
  addEventListener("offline", () => set(false));
  document.addEventListener("visibilitychange", () => document.hidden || beat());
  plan();
}
