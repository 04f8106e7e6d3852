// Single-letter shortcuts: each stands on its button (data-do) and presses it.

import { setting } from "./settings.js";

/** Presses the visible button that carries this letter; says whether there was one. */
export function pressLetter(letter, root) {
  if (!setting("letters")) {
    return false;
  }
  const button = [...root.querySelectorAll(`[data-do="${letter}"]`)].find(
    (each) => each.offsetParent !== null && !each.disabled,
  );
  button?.click();
  return button !== undefined;
}

/** Shows or hides the letters on the buttons, as the setting says. */
export function showLetters() {
  document.documentElement.classList.toggle("no-letters", !setting("letters"));
}
