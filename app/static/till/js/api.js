// Speaks to the server. Every call ends in one of three ways: answered, refused, or silence.
//
// Silence is everything that is not the server's own word: no line, a time-out, a 5xx, a hotel's
// or a router's sign-in page. What was sent may have arrived, so it is sent again with its id.

import { agent } from "./agent.js";
import * as clock from "./clock.js";

const JSON_TYPE = /^application\/(?:[a-z.]+\+)?json\b/i;
const TIMEOUT_MS = 8000;
// What the shop says no to here is a guess or a missing proof, not the till or the cashier.
const NOT_ABOUT_WHO = new Set(["spoken_code_wrong", "proof_needed", "member_pin_wrong", "pin_wrong"]);
// The program at the counter could not write it down: its own word, though a 5xx.
const CANNOT_KEEP = 507;

const listeners = new Set();

/** Calls `listener(true | false)` after each call: whether the server was heard. */
export function onHeard(listener) {
  listeners.add(listener);
}

function heard(yes) {
  for (const listener of listeners) {
    listener(yes);
  }
}

async function parsed(response) {
  if (response.status === 204) {
    return {};
  }
  if (!JSON_TYPE.test(response.headers.get("Content-Type") ?? "")) {
    return null;
  }
  try {
    const body = await response.json();
    return typeof body === "object" && body !== null ? body : null;
  } catch {
    return null;
  }
}

function request(method, body, timeout) {
  const headers = {
    Accept: "application/json",
    "Accept-Language": document.documentElement.lang,
    "X-Enlaza": "1",
  };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
  }
  return {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "same-origin",
    cache: "no-store",
    redirect: "manual",
    signal: AbortSignal.timeout(timeout),
  };
}

/**
 * @typedef {{kind: "answered", status: number, body: object}
 *   | {kind: "refused", status: number, problem: object, again: boolean, who: boolean}
 *   | {kind: "silence", serverError: boolean}} Outcome
 *   `again`: the same call may succeed later; `who`: the till or the cashier must sign in first
 */

/**
 * Calls the server once.
 * @returns {Promise<Outcome>}
 */
export async function call(method, path, body, { timeout = TIMEOUT_MS, renew = true } = {}) {
  const asked = Date.now();
  let response;
  let answer;
  try {
    response = await fetch(`/api/v1${path}`, request(method, body, timeout));
    answer = response.type === "opaqueredirect" ? null : await parsed(response);
  } catch {
    heard(false);
    return { kind: "silence", serverError: false };
  }
  const isProblem = answer !== null && typeof answer.code === "string";
  const cannotKeep = response.status === CANNOT_KEEP && isProblem;
  if (answer === null || (response.status >= 500 && !cannotKeep) || (!response.ok && !isProblem)) {
    // A fault of the server's own in one call says nothing about the line.
    const serverError = response.status === 500 && isProblem;
    heard(serverError);
    return { kind: "silence", serverError };
  }
  if (typeof answer.server_time === "string") {
    clock.hear(answer.server_time, asked);
  }
  heard(true);
  if (response.ok) {
    return { kind: "answered", status: response.status, body: answer };
  }
  if (response.status === 401 && renew && agent()) {
    // The program was started again and gives its own page a new pass.
    const passed = await call("GET", "/till/session", undefined, { renew: false });
    if (passed.kind === "answered") {
      return call(method, path, body, { timeout, renew: false });
    }
  }
  const who = [401, 403].includes(response.status) && !NOT_ABOUT_WHO.has(answer.code);
  const again = who || [408, 425, 429].includes(response.status) || answer.retryable === true;
  return { kind: "refused", status: response.status, problem: answer, again, who };
}
