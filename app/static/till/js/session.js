// Which till this browser is: asked from the server, remembered for hours without a line.

import { hearAgent } from "./agent.js";
import { call } from "./api.js";

const KEPT = "enlaza-till-session";

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "null");
  } catch {
    return null;
  }
}

function remember(session) {
  localStorage.setItem(KEPT, JSON.stringify(session));
  return session;
}

/**
 * Asks who this till is.
 * @returns {Promise<{state: "paired" | "unpaired" | "away", session: object | null, problem: object | null}>}
 */
export async function load() {
  const outcome = await call("GET", "/till/session", undefined, { timeout: 5000 });
  if (outcome.kind === "answered") {
    hearAgent(outcome.body.agent);
    return { state: "paired", session: remember(outcome.body), problem: null };
  }
  if (outcome.kind === "refused" && outcome.who) {
    localStorage.removeItem(KEPT);
    return { state: "unpaired", session: null, problem: outcome.problem };
  }
  const session = remembered();
  hearAgent(session?.agent);
  return { state: session ? "paired" : "away", session, problem: null };
}

/** Sends the 8 letters of the owner's page; the key comes back as a cookie no script can read. */
export function pair(code) {
  return call("POST", "/till/pairings", { code, kind: "browser" });
}

/** Signs a cashier in on this till. */
export function signIn(staffId, pin) {
  return call("POST", "/till/cashier", { staff_id: staffId, pin });
}

/** Ends the cashier's turn. */
export function signOut() {
  return call("DELETE", "/till/cashier");
}

/** Makes this browser forget the till; the caller has made sure that nothing waits. */
export async function unpair() {
  const outcome = await call("DELETE", "/till/session");
  if (outcome.kind === "answered" || (outcome.kind === "refused" && outcome.who)) {
    localStorage.removeItem(KEPT);
    return true;
  }
  return false;
}
