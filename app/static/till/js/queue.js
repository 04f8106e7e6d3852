// What the till has confirmed and the server has not answered yet, kept in IndexedDB.
//
// An act (sale, refund, reassignment) is written here before it is sent and sent with the same id
// until it is answered. A refusal for ever sets it aside for a person and never blocks the rest.
// With two tabs open, one drains: the others wait for the lock.

import { openDB } from "../../vendor/idb/index.js";
import { call } from "./api.js";

const STORE = "acts";
const LOCK = "enlaza-till-queue";
const KEPT_MS = 48 * 60 * 60 * 1000;

const channel = new BroadcastChannel("enlaza-till");
const listeners = new Set();
let opened = null;

function database() {
  opened ??= openDB("enlaza-till", 1, {
    upgrade(db) {
      const acts = db.createObjectStore(STORE, { keyPath: "id" });
      acts.createIndex("state", "state");
      acts.createIndex("seq", "seq");
    },
    blocking: (current, next, event) => event.target.close(),
  });
  return opened;
}

/** Calls `listener()` after every change, in this tab or another. */
export function onChange(listener) {
  listeners.add(listener);
}

function changed() {
  channel.postMessage("changed");
  tell();
}

function tell() {
  for (const listener of listeners) {
    listener();
  }
}

channel.addEventListener("message", tell);

/**
 * Writes one act down, before it is sent.
 * @param {{id: string, kind: string, path: string, body: object, store_id: string, shown: object}} act
 * @returns {Promise<boolean>} false when this id is already here: the act was confirmed before
 */
export async function add(act) {
  const tx = (await database()).transaction(STORE, "readwrite", { durability: "strict" });
  const last = await tx.store.index("seq").openKeyCursor(null, "prev");
  const record = { ...act, seq: (last?.key ?? 0) + 1, state: "waiting", madeAt: Date.now() };
  try {
    await Promise.all([tx.store.add(record), tx.done]);
  } catch (error) {
    if (error?.name === "ConstraintError") {
      return false;
    }
    throw error;
  }
  changed();
  return true;
}

/** @returns {Promise<object | undefined>} one act as it stands now */
export async function get(id) {
  return (await database()).get(STORE, id);
}

async function inState(state) {
  const acts = await (await database()).getAllFromIndex(STORE, "state", state);
  return acts.sort((one, other) => one.seq - other.seq);
}

/** Acts that still have to be sent, oldest first. */
export const waiting = () => inState("waiting");
/** Acts the server refused for ever: a person has to look at them. */
export const setAside = () => inState("aside");
/** Acts that were answered in the last two days. */
export const sent = () => inState("sent");

async function finish(act, state, facts) {
  const db = await database();
  await db.put(STORE, { ...act, ...facts, state, endedAt: Date.now() });
  changed();
}

/** Lets a person put an act that was set aside away, after reading why. */
export async function dismiss(id) {
  const act = await get(id);
  if (act?.state === "aside") {
    await finish(act, "dismissed", {});
  }
}

/** Takes an act out again that nobody has kept; false when somebody has. */
export function takeBack(id) {
  return alone(async () => {
    const act = await get(id);
    if (act?.state !== "waiting") {
      return false;
    }
    await (await database()).delete(STORE, id);
    changed();
    return true;
  });
}

/** Writes down the shop's own word on an act that the program at the counter had kept. */
export async function learn(id, facts) {
  const act = await get(id);
  if (act?.state === "sent" && act.answer?.kept) {
    await finish(act, "sent", { answer: null, ...facts });
  }
}

/** Forgets answered acts after two days. */
export async function prune(now = Date.now()) {
  const db = await database();
  for (const act of [...(await inState("sent")), ...(await inState("dismissed"))]) {
    if (act.endedAt < now - KEPT_MS) {
      await db.delete(STORE, act.id);
    }
  }
}

async function sendOne(act) {
  const outcome = await call("POST", act.path, act.body);
  if (outcome.kind === "answered") {
    await finish(act, "sent", { answer: outcome.body });
  } else if (outcome.kind === "refused" && !outcome.again) {
    // What the program at the counter has set aside is in its list, and in one list only.
    const state = outcome.problem.aside === true ? "sent" : "aside";
    await finish(act, state, { problem: outcome.problem });
  } else {
    return outcome;
  }
  return null;
}

/** Runs `act` in one tab at a time; browsers without locks have one tab's word for it. */
function alone(act) {
  return navigator.locks ? navigator.locks.request(LOCK, act) : act();
}

/** Sets aside what was confirmed for another store: it must not be sent in this one's name. */
export async function strand(storeId, problem) {
  for (const act of await waiting()) {
    if (act.store_id !== storeId) {
      await finish(act, "aside", { problem });
    }
  }
}

/**
 * Sends what waits, in order, one tab at a time.
 * @param {string} storeId only what this store confirmed is sent in its name
 * @returns {Promise<{sent: number, stoppedBy: object | null}>}
 */
export function drain(storeId) {
  return alone(async () => {
    const result = { sent: 0, stoppedBy: null };
    const stuck = new Set();
    for (;;) {
      const next = (await waiting()).find(
        (act) => act.store_id === storeId && !stuck.has(act.sale_id),
      );
      if (next === undefined) {
        return result;
      }
      const trouble = await sendOne(next);
      if (trouble === null) {
        result.sent += 1;
      } else if (trouble.serverError) {
        // The server stumbles over this one: the others need not wait behind it.
        stuck.add(next.sale_id);
        result.stoppedBy = trouble;
      } else {
        return { ...result, stoppedBy: trouble };
      }
    }
  });
}

/** Asks the browser to keep our data even when space runs out. */
export async function keepSafe() {
  return (await navigator.storage?.persist?.()) ?? false;
}

/** All that the server has not accepted, as a file for a person. */
export function exportFile(acts) {
  const text = JSON.stringify({ format: "enlaza-till-queue/1", acts }, null, 2);
  return new Blob([text], { type: "application/json" });
}
