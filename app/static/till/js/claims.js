// Receipt codes for sales without a card: a pool kept here, so that there is one without a line.
//
// Each is signed by the server for this till, good for one sale and one shopper. Taking one takes
// it out of the pool in one transaction, so that two tabs never print the same.

import { openDB } from "../../vendor/idb/index.js";
import { call } from "./api.js";
import * as clock from "./clock.js";
import { line } from "./line.js";

const STORE = "claims";
const BATCH = 50;
const SVG = "http://www.w3.org/2000/svg";
const BORDER = 4; // modules of white around it, which scanners need

let opened = null;
let filling = false;
let pool = BATCH;

function database() {
  opened ??= openDB("enlaza-till-claims", 1, {
    upgrade: (db) => db.createObjectStore(STORE, { keyPath: "claim_id" }),
  });
  return opened;
}

/** Takes one code of this till out of the pool; null when none is left. */
export async function take(tillId) {
  try {
    const tx = (await database()).transaction(STORE, "readwrite", { durability: "strict" });
    let taken = null;
    for (let cursor = await tx.store.openCursor(); cursor && !taken; cursor = await cursor.continue()) {
      const { value } = cursor;
      await cursor.delete();
      // What is of another till or has run out is no code any more.
      taken = value.till_id === tillId && Date.parse(value.expires_at) > clock.now() ? value : null;
    }
    await tx.done;
    return taken;
  } catch {
    return null; // No pool, no code: the sale goes on.
  }
}

/** Fills the pool by a batch while the line is there; the next one waits for its turn. */
export async function refill(session) {
  if (filling || !session || !line().online) {
    return;
  }
  filling = true;
  try {
    const db = await database();
    const missing = pool - (await db.count(STORE));
    if (missing < BATCH / 2) {
      return;
    }
    const outcome = await call("POST", "/till/claims", { count: Math.min(BATCH, missing) });
    if (outcome.kind !== "answered") {
      return;
    }
    pool = outcome.body.pool;
    const tx = db.transaction(STORE, "readwrite");
    for (const claim of outcome.body.claims) {
      tx.store.put({ ...claim, till_id: session.till.till_id });
    }
    await tx.done;
  } catch {
    // This browser keeps nothing: sales go on without receipt codes.
  } finally {
    filling = false;
  }
}

/** Draws a code from its packed modules, dark on white in dark mode too. */
export function drawing(claim, label) {
  const side = claim.side;
  const whole = side + 2 * BORDER;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${whole} ${whole}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.append(path("#fff", `M0 0h${whole}v${whole}H0z`), path("#000", runs(bitsOf(claim.modules), side)));
  return svg;
}

function bitsOf(packed) {
  const bytes = atob(packed);
  const bits = [];
  for (let at = 0; at < bytes.length; at += 1) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      bits.push((bytes.charCodeAt(at) >> bit) & 1);
    }
  }
  return bits;
}

function runs(bits, side) {
  let drawn = "";
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const from = x;
      while (x < side && bits[y * side + x]) {
        x += 1;
      }
      if (x > from) {
        drawn += `M${from + BORDER} ${y + BORDER}h${x - from}v1h${from - x}z`;
      }
    }
  }
  return drawn;
}

function path(fill, drawn) {
  const element = document.createElementNS(SVG, "path");
  element.setAttribute("fill", fill);
  element.setAttribute("d", drawn);
  return element;
}
