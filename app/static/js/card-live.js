// Keeps the card's points current: asks by a key look-up whether anything changed.

const CODE_SHOWN_MS = 1_000;
const OTHERWISE_MS = 15_000;
const NO_LINE_MS = 5_000;
const COUNT_MS = 480;

/**
 * Follow the card's state. `isCodeShown()` says whether a shopper is showing a code now;
 * `onLine(isOnline)` hears about the line, `onChange()` that the page says something new.
 */
export function followState({ live, said, isCodeShown, onLine, onChange }) {
  let version = live.dataset.version;
  let asking = false;
  let askedAt = Date.now();
  let isOnline = true;

  async function ask() {
    if (document.hidden || asking) return;
    const every = !isOnline ? NO_LINE_MS : isCodeShown() ? CODE_SHOWN_MS : OTHERWISE_MS;
    if (Date.now() - askedAt < every) return;
    asking = true;
    askedAt = Date.now();
    try {
      const response = await fetch("/card/state.json", {
        cache: "no-store",
        headers: { "If-None-Match": `"${version}"` },
      });
      tell(response.status < 500);
      if (response.status === 200) {
        const told = await response.json();
        if (told.version !== version && (await takeIn())) {
          version = told.version;
          onChange();
        }
      }
    } catch {
      tell(false);
    } finally {
      asking = false;
    }
  }

  function tell(online) {
    if (online === isOnline) return;
    isOnline = online;
    onLine(online);
  }

  async function takeIn() {
    const response = await fetch("/card/live", { cache: "no-store" });
    if (!response.ok) return false;
    const told = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = told.getElementById("live");
    if (!fresh) return false;
    const before = Number(live.dataset.points);
    live.dataset.points = fresh.dataset.points;
    live.replaceChildren(...fresh.childNodes);
    countUp(live, before);
    // A reader hears it; the eye finds it above the points.
    if (said && fresh.dataset.said) {
      said.textContent = fresh.dataset.said;
      said.classList.toggle("is-plain", !("gain" in fresh.dataset));
    }
    return true;
  }

  setInterval(ask, 250);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) askedAt = 0;
  });
  window.addEventListener("online", () => {
    askedAt = 0;
  });
  window.addEventListener("offline", () => tell(false));
}

/** Count a gain up once, then rest; the last figure is the server's own text. */
function countUp(live, before) {
  const figure = live.querySelector("#points");
  const after = Number(live.dataset.points);
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (!figure || isStill || !(after > before)) return;
  const text = figure.textContent;
  const group = /\d(\D)\d{3}(?!\d)/u.exec(text)?.[1] ?? "";
  const began = performance.now();
  const step = (now) => {
    const part = Math.min(1, (now - began) / COUNT_MS);
    if (part === 1 || !figure.isConnected) {
      figure.textContent = text;
      return;
    }
    const eased = 1 - (1 - part) ** 3;
    figure.textContent = grouped(Math.round(before + (after - before) * eased), group);
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

function grouped(number, group) {
  return String(number).replace(/\B(?=(\d{3})+$)/gu, group);
}
