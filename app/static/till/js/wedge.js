// A keyboard-wedge scanner types. This file tells its keys from a person's, anywhere on the page.
//
// The clock is event.timeStamp (when the key went down), never the time a busy page got round to
// it. Each key is kept twice: as the character the host's layout made of it, and as the US key in
// that place (KeyboardEvent.code), because scanners send positions: on a Greek, Cyrillic or Dvorak
// host only the second reads right.

import { TEXT_LENGTH, readText } from "./code.js";

// A lone letter is a person's shortcut once nothing followed for this long.
const LETTER_MS = 260;
// Keys further apart than this belong to two different runs of typing.
const RUN_GAP_MS = 320;
// A scanner that has stalled for longer than this has stopped (Bluetooth ones stall mid-code).
const SILENCE_MS = 2000;
// Enter that comes late after a scan without a suffix still belongs to the scan.
const LATE_SUFFIX_MS = 1000;
const END_PAUSE_MS = 150;
const FOREIGN_PAUSE_MS = 700;

const US_PLAIN = {
  Minus: "-", Equal: "=", BracketLeft: "[", BracketRight: "]", Backslash: "\\", Semicolon: ";",
  Quote: "'", Backquote: "`", Comma: ",", Period: ".", Slash: "/", Space: " ", NumpadAdd: "+",
  NumpadSubtract: "-", NumpadMultiply: "*", NumpadDivide: "/", NumpadDecimal: ".",
};

/** Says which character a key's place types on a US keyboard; "" when it types none. */
export function usCharacter(code) {
  const named = /^(?:Key([A-Z])|(?:Digit|Numpad)([0-9]))$/.exec(code ?? "");
  return named ? (named[1] ?? named[2]) : (US_PLAIN[code] ?? "");
}

/** The letter a key stands for as a shortcut, by what it types or else by where it is. */
function shortcut({ character, place }) {
  const letter = [character, place].find((each) => /^[a-z]$/i.test(each));
  return letter?.toUpperCase() ?? "";
}

const isLetter = (text) => /^\p{L}$/u.test(text);

/** The strokes since the last silence, and what can be said about them. Pure: no timers, no page. */
export class Strokes {
  constructor() {
    this.forget();
    this.suffixUntil = -1;
  }

  forget() {
    this.list = [];
  }

  /** Takes one printable key. */
  add(stroke) {
    const last = this.list.at(-1);
    if (last && stroke.at - last.at > SILENCE_MS) {
      this.forget();
    }
    this.list.push(stroke);
    if (this.list.length > 600) {
      this.list.shift();
    }
  }

  get typed() {
    return this.list.map((stroke) => stroke.character).join("");
  }

  get places() {
    return this.list.map((stroke) => stroke.place).join("");
  }

  /** The strokes that came one after the other without a person's pause. */
  run() {
    let start = this.list.length - 1;
    while (start > 0 && this.list[start].at - this.list[start - 1].at <= RUN_GAP_MS) {
      start -= 1;
    }
    return this.list.slice(Math.max(0, start));
  }

  /** Milliseconds per key in a run of strokes. */
  static pace(run) {
    return run.length < 2 ? Infinity : (run.at(-1).at - run[0].at) / (run.length - 1);
  }

  /** The whole code that ends here, read by character or else by place. */
  code() {
    if (this.list.length < TEXT_LENGTH) {
      return null;
    }
    return readText(this.typed) ?? readText(this.places);
  }

  /** True when no person types like this; in a text field letters alone prove nothing. */
  isScan(inField) {
    if (this.code() !== null) {
      return true;
    }
    const run = this.run();
    const pace = Strokes.pace(run);
    if (inField) {
      return run.length >= 10 && pace <= 30;
    }
    const letters = run.filter((stroke) => isLetter(stroke.place || stroke.character)).length;
    return letters >= 8 || (run.length >= 8 && pace <= 95) || (run.length >= 6 && pace <= 35);
  }

  /** How long to wait for more after the last key before a scan without a suffix is over. */
  pause(inField) {
    if (this.code() !== null) {
      return Math.max(END_PAUSE_MS, Math.min(600, 4 * Strokes.pace(this.run())));
    }
    if (!this.isScan(inField)) {
      return LETTER_MS;
    }
    // A code in the making may be stalled; anything else has come to its end.
    const own = this.run().filter((stroke) => isLetter(stroke.place || stroke.character));
    return own.length > this.run().length * 0.8 ? SILENCE_MS : FOREIGN_PAUSE_MS;
  }

  /** Hands the scan over and starts afresh. */
  take(at, suffix) {
    const run = this.run();
    const first = this.code() === null ? run[0] : this.list[this.list.length - TEXT_LENGTH];
    const scan = {
      text: this.code() ?? this.typed.trim(),
      whole: this.code() !== null,
      byPlace: this.list.length >= TEXT_LENGTH && readText(this.typed) === null,
      // What a person typed before belongs to the amount; what the scanner typed does not.
      startedAt: Math.min(run[0].at, first.at),
      pace: Strokes.pace(run),
      suffix,
    };
    this.suffixUntil = suffix === "" ? at + LATE_SUFFIX_MS : -1;
    this.forget();
    return scan;
  }
}

const FIELDS = "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, [contenteditable]";

/**
 * Listens to the keyboard of the whole page.
 *
 * @param {Document} page
 * @param {{onScan: (scan: object) => void, onKey: (key: string, at: number) => boolean,
 *   onLetter: (letter: string) => void}} handlers `onKey` gets digits, marks and control keys at
 *   once and says whether it used them; `onLetter` gets a lone letter, a moment later
 * @returns {() => void} stops listening
 */
export function listen(page, handlers) {
  const strokes = new Strokes();
  let timer = 0;
  let field = null;
  let fieldBefore = "";

  const finish = (at, suffix) => {
    clearTimeout(timer);
    if (field !== null && field.isConnected) {
      field.value = fieldBefore;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    field = null;
    handlers.onScan(strokes.take(at, suffix));
  };

  const rest = () => {
    const inField = field !== null;
    if (strokes.isScan(inField)) {
      finish(performance.now(), "");
      return;
    }
    const letters = strokes.run().filter((stroke) => !stroke.used && shortcut(stroke) !== "");
    const last = strokes.list.at(-1);
    if (!inField && letters.length === 1 && letters[0] === last) {
      // It stays in the list: a very slow scanner may just have begun with it.
      last.used = true;
      handlers.onLetter(shortcut(last));
    }
  };

  const swallow = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };

  const suffix = (event, target) => {
    if (strokes.isScan(target !== null) && event.timeStamp - strokes.list.at(-1).at < SILENCE_MS) {
      swallow(event);
      finish(event.timeStamp, event.key);
      return true;
    }
    if (event.timeStamp <= strokes.suffixUntil) {
      swallow(event);
      strokes.suffixUntil = -1;
      return true;
    }
    return false;
  };

  const printable = (event, target) => {
    const place = usCharacter(event.code);
    const character = event.key.length === 1 ? event.key : "";
    if (place === "" && character === "") {
      return false;
    }
    const last = strokes.list.at(-1);
    if (!last || event.timeStamp - last.at > RUN_GAP_MS) {
      field = target;
      fieldBefore = target?.value ?? "";
    }
    strokes.suffixUntil = -1;
    strokes.add({ character: character || place, place, at: event.timeStamp });
    clearTimeout(timer);
    timer = setTimeout(rest, strokes.pause(target !== null));
    return true;
  };

  const onKeyDown = (event) => {
    const target = event.target instanceof Element ? event.target.closest(FIELDS) : null;
    if (event.ctrlKey || event.metaKey || (event.altKey && event.key.length !== 1)) {
      return;
    }
    if (event.repeat) {
      if (event.key === "Enter") {
        swallow(event);
      }
      return;
    }
    if ((event.key === "Enter" || event.key === "Tab") && suffix(event, target)) {
      return;
    }
    const counted = printable(event, target);
    if (!counted && event.key !== "Shift" && event.key !== "CapsLock") {
      // A control key that belongs to no scan ends whatever a person was typing.
      clearTimeout(timer);
      strokes.forget();
    }
    if (target !== null) {
      return;
    }
    const inButton = event.target instanceof Element && event.target.closest("button, a, summary");
    if (counted && strokes.isScan(false)) {
      swallow(event);
      return;
    }
    if (/^[a-z]$/i.test(event.key) || ((event.key === "Enter" || event.key === " ") && inButton)) {
      return;
    }
    if (handlers.onKey(event.key, event.timeStamp)) {
      event.preventDefault();
    }
  };

  page.addEventListener("keydown", onKeyDown, { capture: true });
  return () => {
    clearTimeout(timer);
    page.removeEventListener("keydown", onKeyDown, { capture: true });
  };
}
