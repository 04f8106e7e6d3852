// The sounds of the board: a pair of tones while something rings, one low tone for what fell away.

const MUTED = "enlaza-board-muted";
const EVERY_MS = 3000;

let context = null;
let timer = null;

export function isMuted() {
  return localStorage.getItem(MUTED) === "1";
}

export function setMuted(muted) {
  localStorage.setItem(MUTED, muted ? "1" : "0");
}

// Browsers let a page sound only after somebody touched it.
export function isLocked() {
  return context === null || context.state !== "running";
}

export async function unlock() {
  context ??= new AudioContext();
  await context.resume();
}

function tone(frequency, startS, lengthS) {
  const from = context.currentTime + startS;
  const source = context.createOscillator();
  const gain = context.createGain();
  source.frequency.value = frequency;
  gain.gain.setValueAtTime(0, from);
  gain.gain.linearRampToValueAtTime(0.3, from + 0.02);
  gain.gain.linearRampToValueAtTime(0, from + lengthS);
  source.connect(gain).connect(context.destination);
  source.start(from);
  source.stop(from + lengthS);
}

function pair() {
  if (isMuted() || isLocked()) return;
  tone(784, 0, 0.22);
  tone(1047, 0.26, 0.3);
}

export function ring(isOn) {
  if (isOn && timer === null) {
    pair();
    timer = setInterval(pair, EVERY_MS);
  } else if (!isOn && timer !== null) {
    clearInterval(timer);
    timer = null;
  }
}

export function warn() {
  if (isMuted() || isLocked()) return;
  tone(262, 0, 0.5);
  tone(262, 0.6, 0.5);
}
