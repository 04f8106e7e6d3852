// Tones and vibration for the three verdicts; they come on top of shape, words and color.

import { setting } from "./settings.js";

// [hertz, start in seconds, length in seconds]; the first glides up to the second number.
const TONES = {
  success: [[[660, 990], 0, 0.16]],
  attention: [[[587, 587], 0, 0.1], [[587, 587], 0.16, 0.1]],
  refusal: [[[175, 165], 0, 0.32]],
};
const SHAKES = { success: [40], attention: [60, 60, 60], refusal: [220] };

let audio = null;

/** Browsers allow sound only after a touch or a key: call this from one. */
export function unlock() {
  audio ??= "AudioContext" in globalThis ? new AudioContext() : null;
  if (audio?.state === "suspended") {
    audio.resume().catch(() => {});
  }
}

function tone([glide, start, length]) {
  const at = audio.currentTime + start;
  const voice = audio.createOscillator();
  const volume = audio.createGain();
  voice.type = "triangle";
  voice.frequency.setValueAtTime(glide[0], at);
  voice.frequency.linearRampToValueAtTime(glide[1], at + length);
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(0.3, at + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + length);
  voice.connect(volume).connect(audio.destination);
  voice.start(at);
  voice.stop(at + length + 0.02);
}

/** Lets the cashier hear and feel a verdict. */
export function verdict(kind) {
  if (setting("sounds") && audio?.state === "running") {
    TONES[kind].forEach(tone);
  }
  if (setting("vibration")) {
    navigator.vibrate?.(SHAKES[kind]);
  }
}
