// Keeps an order's page current: asks by a short text whether anything changed.

const EVERY_MS = 10_000;

let order = document.getElementById("order");
const said = document.getElementById("said");
let asking = false;

/** Somebody is choosing or writing: the page waits with its news. */
function isBusy() {
  const active = document.activeElement;
  return Boolean(active?.matches("input, textarea, select") || order.querySelector(".fold[open]"));
}

async function ask() {
  if (document.hidden || asking || !order) return;
  asking = true;
  try {
    const response = await fetch(order.dataset.state, {
      cache: "no-store",
      headers: { "If-None-Match": `"${order.dataset.version}"` },
    });
    if (response.status === 200 && !isBusy()) {
      const told = await response.json();
      if (told.version !== order.dataset.version) await takeIn();
    }
  } catch {
    // Without a line the page stays as it is; the code on it works all the same.
  } finally {
    asking = false;
  }
}

async function takeIn() {
  const response = await fetch(location.pathname, { cache: "no-store" });
  if (!response.ok) return;
  const told = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = told.getElementById("order");
  if (!fresh) return;
  order.replaceWith(fresh);
  order = fresh;
  const news = fresh.querySelector(".verdict-title, [aria-current=step] .thread-title");
  if (said && news) said.textContent = news.textContent;
  offerSharing();
}

function offerSharing() {
  for (const button of document.querySelectorAll("[data-share]")) {
    if (!navigator.share) continue;
    button.hidden = false;
    button.addEventListener("click", () => navigator.share({ url: button.dataset.share }).catch(() => {}));
  }
  for (const field of document.querySelectorAll("[data-address]")) {
    field.addEventListener("focus", () => field.select());
  }
}

if (order) {
  offerSharing();
  setInterval(ask, EVERY_MS);
  document.addEventListener("visibilitychange", ask);
  window.addEventListener("online", ask);
}
