// Keeps the card's page and what it is made of, so that it opens without a line.
// The codes themselves are kept by the page; this worker never keeps an answer of data.

const KEPT = "enlaza-card-1";
const CARD = "/card";
const PATIENCE_MS = 4_000;

// Two askings for one address may be under way at once, and the older may be answered last. Each
// has a number, taken before it is asked; an answer never takes the place of a later asking's.
let askings = 0;
const lanes = new Map();

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith("enlaza-card-") && name !== KEPT) await caches.delete(name);
      }
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("message", (event) => {
  const wanted = event.data?.keep;
  if (Array.isArray(wanted)) event.waitUntil(keepAll(wanted));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === CARD) event.respondWith(openCard(request));
    return;
  }
  if (url.pathname.startsWith("/static/") || url.pathname.startsWith("/accent/")) {
    event.respondWith(part(request));
  }
});

async function keepAll(wanted) {
  await Promise.allSettled(
    wanted.map((address) => ask(address, { credentials: "same-origin" })),
  );
}

/** Open the card from the service; from the phone when there is no line, or it is too slow. */
async function openCard(request) {
  const fresh = ask(request);
  const kept = await (await caches.open(KEPT)).match(CARD);
  if (!kept) return fresh;
  const late = new Promise((resolve) => setTimeout(() => resolve(kept), PATIENCE_MS));
  return Promise.race([fresh.then((answer) => (answer.status < 500 ? answer : kept)), late]).catch(
    () => kept,
  );
}

/** Give a part of the page: from the line, else as it was kept. */
async function part(request) {
  try {
    return await ask(request);
  } catch {
    const cache = await caches.open(KEPT);
    return (await cache.match(placeOf(request.url))) ?? Response.error();
  }
}

/** Ask for something; the answer comes once it is kept, so that going offline now opens it. */
async function ask(request, options) {
  const number = (askings += 1);
  const response = await fetch(request, options);
  try {
    await keep(placeOf(request.url ?? request), number, response.clone());
  } catch {
    // No room on the phone: what was kept stays as it was, and the answer is given all the same.
  }
  return response;
}

/** Put an answer in its place, one after the other and never over a later asking's. */
async function keep(place, number, response) {
  const isGone = place === CARD && response.status === 404;
  if (!isGone && (!response.ok || response.redirected)) return;
  // Read whole before its turn: a slow answer holds nobody up.
  const whole = isGone ? null : await wholeOf(response);
  const lane = lanes.get(place) ?? { kept: 0, turn: Promise.resolve() };
  lanes.set(place, lane);
  const turn = lane.turn.then(async () => {
    if (lane.kept > number) return;
    const cache = await caches.open(KEPT);
    // This phone's card is gone: what was kept of it goes too.
    await (isGone ? cache.delete(place) : cache.put(place, whole));
    lane.kept = number;
  });
  lane.turn = turn.catch(() => {});
  await turn;
}

async function wholeOf(response) {
  const { status, statusText, headers } = response;
  return new Response(await response.blob(), { status, statusText, headers });
}

/** Say where an answer is kept: the card in one place, a part without the version it carries. */
function placeOf(address) {
  const url = new URL(address, self.location.origin);
  return url.pathname === CARD ? CARD : url.origin + url.pathname;
}
