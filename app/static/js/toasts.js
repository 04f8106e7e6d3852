// A toast leaves by itself after ten seconds; it waits while it is hovered or focused.

const LIFE_MS = 10_000;
const BEAT_MS = 250;

function isHeld(toast) {
  return document.hidden || toast.matches(":hover") || toast.contains(document.activeElement);
}

function watch(toast) {
  let left = LIFE_MS;
  const beat = setInterval(() => {
    if (isHeld(toast)) return;
    left -= BEAT_MS;
    if (left > 0) return;
    clearInterval(beat);
    toast.remove();
  }, BEAT_MS);
}

document.querySelectorAll("[data-toast]").forEach(watch);
// Pages that act without being loaded anew bring theirs later.
const place = document.querySelector(".toasts");
if (place) {
  new MutationObserver((changes) => {
    changes.forEach((change) => change.addedNodes.forEach((each) => each.nodeType === 1 && watch(each)));
  }).observe(place, { childList: true });
}
