// Before the till can sell: pairing it, and choosing who attends.

import { piece, say } from "../dom.js";
import { readLetters } from "../code.js";
import { languageLink } from "../language.js";
import { line, reachesShop } from "../line.js";
import * as session from "../session.js";
import { till } from "../till.js";
import { t, tn } from "../words.js";

/** The 8 letters of the owner's page. `facts.problem` says why the till is not paired any more. */
export function pairView(place, { problem = null, ready }) {
  const drawn = piece("pair").into(place);
  const field = drawn.slot("form").elements.code;
  const trouble = place.querySelector("#pair-problem");
  languageLink(drawn.slot("tongue"));
  say(drawn.slot("why"), problem?.code === "till_revoked" ? problem.detail : "");
  let busy = false;
  drawn.slot("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const code = readLetters(field.value);
    if (code === null) {
      trouble.textContent = t("pair_not_letters");
      field.focus();
      return;
    }
    if (busy) {
      return;
    }
    busy = true;
    const outcome = await session.pair(code);
    busy = false;
    if (outcome.kind === "answered") {
      await ready();
      return;
    }
    trouble.textContent = outcome.kind === "refused" ? outcome.problem.detail : t("no_answer");
    field.focus();
  });
  return { focus: () => field.focus() };
}

/** No line and nothing remembered: nothing to do but wait for it. */
export function awayView(place, { ready }) {
  const drawn = piece("away").into(place);
  drawn.slot("again").addEventListener("click", ready);
  return { lineBack: ready };
}

/** Who attends, with the PIN. */
export function whoView(place, { ready }) {
  const drawn = piece("who").into(place);
  const form = drawn.slot("form");
  const people = drawn.slot("people");
  const trouble = place.querySelector("#pin-problem");
  let chosen = null;
  let busy = false;
  const choose = (person) => {
    chosen = person;
    people.hidden = person !== null;
    form.hidden = person === null;
    trouble.textContent = "";
    form.elements.pin.value = "";
    if (person) {
      drawn.slot("label").textContent = t("pin_of", { name: person.display_name });
      form.elements.pin.focus();
    }
  };
  for (const person of till.session.staff) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-quiet btn-tall btn-wide";
    button.textContent = person.display_name;
    button.addEventListener("click", () => choose(person));
    people.append(button);
  }
  drawn.slot("other").addEventListener("click", () => choose(null));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy || form.elements.pin.value === "") {
      return;
    }
    busy = true;
    const outcome = await session.signIn(chosen.staff_id, form.elements.pin.value);
    busy = false;
    if (outcome.kind === "answered") {
      await ready();
      return;
    }
    form.elements.pin.value = "";
    form.elements.pin.focus();
    trouble.textContent = pinTrouble(outcome);
  });
  choose(till.session.staff.length === 1 ? till.session.staff[0] : null);
  return chosen ? { focus: () => form.elements.pin.focus() } : {};
}

function pinTrouble(outcome) {
  if (outcome.kind === "silence") {
    return line().online ? t("no_answer") : t("pin_offline");
  }
  const left = outcome.problem.tries_left;
  if (left === 0 && reachesShop()) {
    return t("pin_locked");
  }
  return Number.isInteger(left) ? `${outcome.problem.title}. ${tn("tries_left", left)}` : outcome.problem.detail;
}
