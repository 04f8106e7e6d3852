// The program at this counter that serves the page, where there is one: how its line to the shop
// is, what it has still to send, and how old its copy is. Without one it is null and stays so.

let state = null;
const listeners = new Set();

/** @returns {object | null} what the program last told of itself */
export function agent() {
  return state;
}

/** Calls `listener(now, before)` whenever the program has told something. */
export function onAgent(listener) {
  listeners.add(listener);
}

/** Takes in what the program tells of itself. */
export function hearAgent(told) {
  const before = state;
  state = told ?? null;
  for (const listener of listeners) {
    listener(state, before);
  }
}
