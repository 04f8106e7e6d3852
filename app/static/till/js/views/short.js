// The person in short, beside a scan: what is known, told, happened, and how they reacted.
//
// Asked after the card is on the screen, so that nothing waits for it; without an answer there is
// nothing to show.

import { call } from "../api.js";
import { piece } from "../dom.js";

const known = { id: null, answers: [] };

async function ask(personId) {
  const outcome = await call("GET", `/till/persons/${personId}`);
  return outcome.kind === "answered" ? outcome.body.questions : [];
}

function fill(element, answers) {
  const rows = answers.map(({ label, text }) => {
    const row = piece("short-row").element;
    row.querySelector("[data-slot=label]").textContent = label;
    row.querySelector("[data-slot=text]").textContent = text;
    return row;
  });
  element.querySelector("[data-slot=rows]").replaceChildren(...rows);
  element.hidden = rows.length === 0;
}

/** The place where the four answers will stand; drawn again for the same person it asks once. */
export function shortPiece(personId) {
  const { element } = piece("short");
  if (known.id === personId) {
    fill(element, known.answers);
    return element;
  }
  Object.assign(known, { id: personId, answers: [] });
  ask(personId).then((answers) => {
    if (known.id === personId) {
      known.answers = answers;
      fill(document.querySelector("[data-short]") ?? element, answers);
    }
  });
  return element;
}

/** The next shopper is somebody else's business, also when it is the same card. */
export function forgetShort() {
  known.id = null;
}
