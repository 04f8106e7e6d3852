// Keeps the card's page and what it is made of, so that it opens without a line.
// The codes themselves are kept by the page; this worker never keeps an answer of data.

const KEPT = "enlaza-card-1";
const CARD = "/card";
const PATIENCE_MS = 4_000;

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
  const cache = await caches.open(KEPT);
  await Promise.allSettled(
    wanted.map(async (address) => {
      const isPage = new URL(address, self.location.origin).pathname === CARD;
      const response = await fetch(address, { credentials: "same-origin" });
      if (response.ok) await cache.put(isPage ? CARD : bare(address), response);
    }),
  );
}

/** Open the card from the service; from the phone when there is no line, or it is too slow. */
async function openCard(request) {
  const cache = await caches.open(KEPT);
  const fresh = fetch(request).then(async (response) => {
    if (response.ok && !response.redirected) await cache.put(CARD, response.clone());
    // This phone's card is gone: what was kept of it goes too.
    if (response.status === 404) await cache.delete(CARD);
    return response;
  });
  const kept = await cache.match(CARD);
  if (!kept) return fresh;
  const late = new Promise((resolve) => setTimeout(() => resolve(kept), PATIENCE_MS));
  return Promise.race([fresh.then((answer) => (answer.status < 500 ? answer : kept)), late]).catch(
    () => kept,
  );
}

/** Give a part of the page: from the line, else as it was kept. */
async function part(request) {
  const cache = await caches.open(KEPT);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(bare(request.url), response.clone());
    return response;
  } catch {
    return (await cache.match(bare(request.url))) ?? Response.error();
  }
}

/** Leave out the version in an address, so that a newer part takes the older one's place. */
function bare(address) {
  const url = new URL(address, self.location.origin);
  return url.origin + url.pathname;
}
