// The till's worker: keeps the shell, so that a reload without a line still opens the till.
// `SHELL` ({version, files}) is put in front by the server from the files themselves; another
// version is another worker, which fetches all of them before it takes over.

/* global SHELL */

const CACHE = `enlaza-till-${SHELL.version}`;
const CHOICE = "enlaza-till-choice";
const OURS = new Set(SHELL.files);
const LANGUAGES = ["es", "en"];

self.addEventListener("install", (event) => {
  const fill = async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(SHELL.files.map((file) => new Request(file, { cache: "no-cache" })));
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("enlaza-till-") && name !== CACHE && name !== CHOICE) {
        await caches.delete(name);
      }
    }
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

async function shell(request) {
  const asked = new URL(request.url).searchParams.get("lang");
  const noted = await (await caches.match("/till/choice", { cacheName: CHOICE }))?.text();
  const language = [asked, noted].find((each) => LANGUAGES.includes(each)) ?? "es";
  const kept = await caches.match(`/till/shell/${language}`, { cacheName: CACHE });
  return kept ?? fetch(request);
}

async function file(request, path) {
  return (await caches.match(path, { cacheName: CACHE })) ?? fetch(request);
}

// The join address of a store changes never; the last one is shown without a line too.
async function picture(request) {
  const cache = await caches.open(CACHE);
  try {
    const fresh = await fetch(request);
    if (fresh.ok) {
      await cache.put(request, fresh.clone());
    }
    return fresh;
  } catch {
    return (await cache.match(request)) ?? Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) {
    return;
  }
  if (request.mode === "navigate" && pathname === "/till") {
    event.respondWith(shell(request));
  } else if (OURS.has(pathname)) {
    event.respondWith(file(request, pathname));
  } else if (pathname.startsWith("/till/join/")) {
    event.respondWith(picture(request));
  }
});
