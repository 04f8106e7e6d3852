// The codes this phone holds: kept on the phone, chosen by the server's time, renewed in time.

const KEY = "enlaza-codes";
const RENEW_BELOW = 65;
const SHOWN_MS = 60_000; // a code is shown for one minute and good for one more

/** Read what the phone keeps; a phone that keeps nothing holds nothing. */
export function keptBatch() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "null");
    return Array.isArray(kept?.codes) ? kept : null;
  } catch {
    return null;
  }
}

/** Forget the codes: this phone has no card any more. */
export function forgetBatch() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // A phone that keeps nothing has nothing to forget.
  }
}

/** Ask for the codes of the next two hours; null when there is no line, "gone" without a card. */
export async function fetchBatch() {
  const asked = Date.now();
  let response;
  try {
    response = await fetch("/card/codes.json", { cache: "no-store" });
  } catch {
    return null;
  }
  if (response.status === 404 || response.status === 410) return "gone";
  if (!response.ok) return null;
  const told = await response.json();
  const batch = {
    // How far the phone's clock is behind the server's, at the middle of the way.
    offset: told.server_time - (asked + Date.now()) / 2,
    codes: told.codes,
  };
  try {
    localStorage.setItem(KEY, JSON.stringify(batch));
  } catch {
    // No room or a private window: the codes live as long as this page.
  }
  return batch;
}

/** Say what time it is on the server. */
export function serverNow(batch) {
  return Date.now() + batch.offset;
}

/** Choose the code of this minute, and how long it stays; null when the phone ran out. */
export function codeOf(batch) {
  const now = serverNow(batch);
  const code = batch.codes.find((each) => each.expires - now > SHOWN_MS) ?? batch.codes.at(-1);
  if (!code || code.expires <= now) return null;
  const left = Math.max(0, code.expires - SHOWN_MS - now);
  return { ...code, seconds: Math.min(60, Math.ceil(left / 1000)) };
}

/** Say whether the phone should ask for more codes. */
export function isLow(batch) {
  const now = serverNow(batch);
  return batch.codes.filter((each) => each.expires > now).length < RENEW_BELOW;
}
