// The till's clock may be wrong: what we write down is the server's time, as far as we know it.

const KEPT = "enlaza-till-clock";
const JUMP_MS = 60_000;

let offset = null;
let heardWall = 0;
let heardSteady = null;

function restore() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "null");
    if (Number.isFinite(kept?.offset) && Number.isFinite(kept?.heardWall)) {
      ({ offset, heardWall } = kept);
    }
  } catch {
    localStorage.removeItem(KEPT);
  }
}

restore();

/** Learns the offset from one answer: the server's time lies between asking and hearing. */
export function hear(serverTime, askedWall, heardAt = Date.now()) {
  const server = Date.parse(serverTime);
  if (!Number.isFinite(server)) {
    return;
  }
  offset = server - (askedWall + heardAt) / 2;
  heardWall = heardAt;
  heardSteady = performance.now();
  localStorage.setItem(KEPT, JSON.stringify({ offset, heardWall }));
}

/** True while the offset can be trusted: heard once, and the clock has not jumped since. */
export function isSure() {
  if (offset === null || Date.now() < heardWall - JUMP_MS) {
    return false;
  }
  if (heardSteady === null) {
    return true;
  }
  const drift = Date.now() - heardWall - (performance.now() - heardSteady);
  return Math.abs(drift) < JUMP_MS;
}

/** Milliseconds since 1970 by the server's clock, as well as this till can tell. */
export function now() {
  return Date.now() + (offset ?? 0);
}

/** A moment by the server's clock as this browser's clock would have told it. */
export function here(serverTime) {
  return Date.parse(serverTime) - (offset ?? 0);
}

/** A moment for the server: RFC 3339 and whether the clock can be trusted. */
export function stamp() {
  return { at: new Date(now()).toISOString(), clock: isSure() ? "sure" : "unsure" };
}
