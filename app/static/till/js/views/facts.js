// A few facts side by side, under what the till says: what comes of this purchase, and why.

import { hourText } from "../bar.js";
import { piece } from "../dom.js";
import { moneyText } from "../money.js";
import { till } from "../till.js";
import { t, tn } from "../words.js";

const LEAST = 2;

/** Draws facts as a strip; a lone one is no strip. */
function strip(place, facts) {
  const told = facts.filter(Boolean);
  place.hidden = told.length < LEAST;
  place.replaceChildren(
    ...told.map(([label, figure]) => {
      const cell = piece("fact").element;
      cell.querySelector("[data-slot=label]").textContent = label;
      cell.querySelector("[data-slot=figure]").textContent = figure;
      return cell;
    }),
  );
}

/** How points are earned here; null when the shop gives none. */
function ruleFact() {
  const { earning, money } = till.session;
  if (!earning) {
    return null;
  }
  const amount = moneyText(earning.per_minor, money);
  return [t("fact_rule"), t("rule", { points: tn("points", earning.points), amount })];
}

/** What the amount that is being typed will bring, to a known card or if there were one. */
export function saleFacts(place, { verdict, refused, checking, held }, ahead) {
  if (refused || checking || (verdict && !verdict.known) || ahead === null) {
    strip(place, []);
    return;
  }
  const gain = tn(ahead > 0 ? "plus_points" : "points", ahead);
  if (!verdict) {
    strip(place, [[t("fact_with_card"), gain], ruleFact()]);
    return;
  }
  const left = held && Number.isInteger(held.left) ? held.left : verdict.points;
  const after = Number.isInteger(left) && tn("points", left + ahead);
  strip(place, [[t("fact_gain"), gain], after && [t("fact_after"), after], ruleFact()]);
}

/** What came of an act that was answered: what the card has now, why, and when. */
export function receiptFacts(place, act) {
  const points = act.state === "sent" ? act.answer.points : null;
  const balance = points?.balance;
  const earned = points?.earned ?? 0;
  strip(place, [
    Number.isInteger(balance) && [t("fact_now"), tn("points", balance)],
    earned > 0 && ruleFact(),
    Number.isFinite(act.madeAt) && [t("fact_at"), hourText(act.madeAt)],
  ]);
}
