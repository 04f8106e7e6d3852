/* Visits of the shop's own site, told to Enlaza after the visitor agreed.
 *
 *   <script src="https://card.example/enlaza.js" data-store="PANADERIA" defer></script>
 *
 * Nothing is stored or sent before enlaza.consent() is called. What is kept then is one name of
 * this visit, in this tab only (sessionStorage); enlaza.withdraw() forgets it.
 */
(() => {
  "use strict";
  const script = document.currentScript;
  const base = new URL(script.src).origin;
  const store = script.dataset.store;
  const kept = "enlaza.visit";
  const word = (text) => String(text || "").slice(0, 200);

  const remembered = () => {
    try { return sessionStorage.getItem(kept); } catch { return null; }
  };
  const remember = (visit) => {
    try { sessionStorage.setItem(kept, visit); } catch { /* a browser that keeps nothing */ }
  };

  let agreed = remembered() !== null;

  const message = (kind, detail) => {
    const asked = new URLSearchParams(location.search);
    const event = { kind, detail: word(detail), occurred_at: new Date().toISOString() };
    if (crypto.randomUUID) event.event_id = crypto.randomUUID();
    return {
      store,
      consent: true,
      visit: remembered(),
      referrer: document.referrer.slice(0, 2000),
      landing: location.pathname.slice(0, 2000),
      utm: {
        source: word(asked.get("utm_source")),
        medium: word(asked.get("utm_medium")),
        campaign: word(asked.get("utm_campaign")),
      },
      event,
    };
  };

  /* Links to the shop's card page carry the visit on. */
  const carryOn = (visit) => {
    for (const link of document.querySelectorAll("a[href]")) {
      const target = new URL(link.href, location.href);
      if (target.origin === base && target.pathname.startsWith("/S/")) {
        target.searchParams.set("visit", visit);
        link.href = target.href;
      }
    }
  };

  const tell = async (kind, detail) => {
    if (!agreed) return;
    try {
      const answer = await fetch(`${base}/api/v1/visits`, {
        method: "POST",
        credentials: "omit",
        keepalive: true,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(message(kind, detail)),
      });
      if (!answer.ok || !agreed) return;
      const { visit } = await answer.json();
      remember(visit);
      carryOn(visit);
    } catch {
      /* A shop's page never fails because of a visit that could not be told. */
    }
  };

  window.enlaza = {
    consent() {
      if (agreed) return;
      agreed = true;
      tell("page", location.pathname);
    },
    withdraw() {
      agreed = false;
      try { sessionStorage.removeItem(kept); } catch { /* nothing was kept */ }
    },
    event: tell,
  };
  if (agreed) tell("page", location.pathname);
})();
