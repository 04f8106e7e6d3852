// "It was not this person": the sale goes to the card read next, or stays without one.

import { piece } from "../dom.js";
import { Lens } from "../lens.js";
import { t } from "../words.js";

/** @param facts.flow read, typed, without, out; facts.sale the row that changes */
export function moveView(place, { sale, flow }) {
  const drawn = piece("move").into(place);
  const lens = new Lens(drawn, (text) => flow.read(text, "camera"));
  drawn.slot("title").textContent = sale.title;
  drawn.slot("info").textContent = sale.detail ?? "";
  const on = (letter, act) => place.querySelector(`[data-do="${letter}"]`).addEventListener("click", act);
  on("E", flow.typed);
  on("V", flow.without);
  drawn.slot("out").addEventListener("click", flow.out);
  return {
    trouble: (verdict) => {
      drawn.slot("scan").classList.add("scan-trouble");
      drawn.slot("detail").textContent = t("move_refused", { why: verdict.title });
    },
    key: (key) => key === "Escape" && (flow.out(), true),
    close: () => lens.close(),
  };
}
