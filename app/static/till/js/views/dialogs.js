// The sheets over a view: typing the letters, a new card, undoing, the last twenty.

import { readLetters, readText } from "../code.js";
import { Lens } from "../lens.js";
import { closeDialog, openDialog, till } from "../till.js";
import { t } from "../words.js";
import { drawRows, lastActions } from "./idle.js";

/** The 8 letters under the code, or a whole code pasted. */
export function typedDialog(flow) {
  openDialog("typed", (drawn) => {
    const form = drawn.slot("form");
    const field = form.elements.letters;
    const trouble = form.querySelector(".problem");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (readText(field.value) !== null) {
        flow.read(field.value, "pasted");
      } else if (readLetters(field.value) !== null) {
        flow.read(field.value, "typed");
      } else {
        trouble.textContent = t("letters_wrong");
        field.focus();
      }
    });
    field.addEventListener("input", () => {
      trouble.textContent = "";
    });
    return {};
  }).querySelector("input").focus();
}

/** The camera over a sale that has begun. */
export function lensDialog(flow) {
  openDialog("lens", (drawn) => {
    const lens = new Lens(drawn, (text) => flow.read(text, "camera"), { now: true });
    return { close: () => lens.close() };
  });
}

/** The address where the shopper gets a card, as a code for their phone. */
export function newDialog() {
  openDialog("new", (drawn) => {
    const address = till.session.store.join_url;
    const tile = drawn.slot("tile");
    drawn.slot("address").textContent = address.replace(/^https?:\/\//i, "");
    tile.src = `/till/join/${encodeURIComponent(address.split("/").pop())}.svg`;
    tile.addEventListener("error", () => {
      tile.hidden = true;
    });
  });
}

/** What went wrong with this sale? */
export function undoDialog(row, flow) {
  openDialog("undo", (drawn) => {
    drawn.slot("title").textContent = row.title;
    drawn.slot("detail").textContent = row.detail ?? "";
    const choose = (letter, act) =>
      drawn.all(`[data-do="${letter}"]`)[0].addEventListener("click", () => {
        closeDialog();
        act(row);
      });
    choose("P", flow.person);
    choose("I", flow.redo);
    choose("X", flow.annul);
    choose("D", flow.part);
    drawn.slot("part").hidden = !(row.parts > 1);
  });
}

/** The last twenty actions, each with its undo. */
export function lastDialog(flow) {
  openDialog("last", (drawn) => {
    lastActions().then((rows) => drawRows(drawn.slot("rows"), rows.slice(0, 20), flow.undo));
  });
}
