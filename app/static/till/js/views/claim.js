// A sale without a card: its receipt carries a code, on the screen, on paper or in a mail.

import { call } from "../api.js";
import { drawing } from "../claims.js";
import { piece } from "../dom.js";
import { closeDialog, openDialog, till, toast } from "../till.js";
import { t } from "../words.js";

/** The part of a receipt that lets a shopper without a card claim the sale later. */
export function claimPiece(act, total) {
  const { claim } = act.shown;
  const drawn = piece("claim");
  drawn.slot("tile").append(drawing(claim, t("claim_label")));
  drawn.slot("print").addEventListener("click", () => printTicket(claim, total));
  drawn.slot("mail").addEventListener("click", () => mailDialog(claim));
  return drawn.element;
}

/** Prints the code alone, as wide as a till's paper. */
function printTicket(claim, total) {
  document.getElementById("ticket")?.remove();
  const drawn = piece("ticket");
  drawn.slot("store").textContent = till.session.store.name;
  drawn.slot("total").textContent = total;
  drawn.slot("tile").append(drawing(claim, t("claim_label")));
  document.body.append(drawn.element);
  window.print();
}

function mailDialog(claim) {
  openDialog("claim-mail", (drawn) => {
    const form = drawn.slot("form");
    const trouble = form.querySelector(".problem");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const email = form.elements.email.value;
      const outcome = await call("POST", `/till/claims/${claim.claim_id}/mails`, { email });
      if (outcome.kind === "answered") {
        closeDialog();
        toast(t("claim_sent"));
      } else {
        trouble.textContent = outcome.kind === "refused" ? outcome.problem.detail : t("claim_offline");
        form.elements.email.focus();
      }
    });
    return {};
  }).querySelector("input").focus();
}
