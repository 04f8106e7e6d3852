// Counts down the life of a pairing code and goes on as soon as the till has taken it.

const offer = document.querySelector("[data-pairing]");

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function tick(started) {
  const gone = Math.floor((performance.now() - started) / 1000);
  const left = Math.max(0, Number(offer.dataset.leftS) - gone);
  const words = offer.querySelector("[data-left]");
  words.textContent = left ? words.dataset.left.replace("{time}", clock(left)) : words.dataset.over;
  offer.classList.toggle("is-over", left === 0);
  return left;
}

async function isPaired() {
  try {
    const answer = await fetch(offer.dataset.pairing, { headers: { Accept: "application/json" } });
    return answer.ok && (await answer.json()).paired;
  } catch {
    return false; // the next look will tell
  }
}

if (offer) {
  const started = performance.now();
  tick(started);
  const second = setInterval(() => tick(started) || clearInterval(second), 1000);
  const look = setInterval(async () => {
    if (document.hidden) return;
    if (await isPaired()) {
      clearInterval(look);
      window.location.assign(offer.dataset.next);
    }
  }, 2000);
}
