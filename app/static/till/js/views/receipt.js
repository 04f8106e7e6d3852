// After a confirmed act: what was kept, for whom, with how many points; then the next shopper.

import { askAgain } from "../acts.js";
import { piece, verdictPiece } from "../dom.js";
import * as queue from "../queue.js";
import { claimPiece } from "./claim.js";
import { receiptFacts } from "./facts.js";
import { usedPiece } from "./redeem.js";
import { rewardsPiece, stepsPiece } from "./sale.js";
import { t, tn } from "../words.js";

const REST_MS = 6000;
// Long enough for a shopper to take out a phone; the next card or sum ends it at once.
const CLAIM_REST_MS = 60_000;
const ASK_MS = 1000;

/** Says an act's state as a verdict: answered, kept here, or set aside. */
export function verdictOf(act) {
  if (act.problem) {
    return { tone: "refusal", title: act.problem.title, detail: act.problem.detail };
  }
  if (act.state === "sent") {
    return act.answer.display;
  }
  return { tone: "attention", title: t("kept_title"), detail: t("kept_detail") };
}

/** True while the program at the counter has it and the shop does not yet. */
export function isKept(act) {
  return act.answer?.kept === true;
}

function gained(act) {
  const points = act.answer?.points?.earned ?? act.answer?.points?.given ?? 0;
  return points > 0 ? { figure: `+${points}`, unit: tn("unit_points", points) } : {};
}

function draw(drawn, act, total) {
  const verdict = verdictOf(act);
  drawn.slot("verdict").replaceChildren(verdictPiece({ ...verdict, ...gained(act) }));
  const below = [act.answer?.redeemed ? usedPiece(act.answer.redeemed) : null];
  if (verdict.tone === "refusal") {
    below.push(
      stepsPiece([
        { title: t("aside_step_title"), detail: t("aside_step_detail") },
        { title: t("aside_step2_title"), detail: t("aside_step2_detail") },
      ]),
    );
  } else if (act.answer?.next_reward) {
    below.push(rewardsPiece({ rewards: [], next: act.answer.next_reward }, t("next_title")));
  }
  if (act.shown?.claim && !act.problem) {
    below.push(claimPiece(act, total));
  }
  drawn.slot("below").replaceChildren(...below.filter(Boolean));
  receiptFacts(drawn.slot("facts"), act);
  for (const cell of drawn.all("[data-missing]")) {
    cell.textContent = tn("missing", Number(cell.dataset.missing));
  }
  return verdict;
}

/** @param facts.act a record of the queue as it stands now; facts.flow next, plain */
export function receiptView(place, { act, total, flow }) {
  const drawn = piece("receipt").into(place);
  let shown = verdictOf(act).title + verdictOf(act).detail;
  const verdict = draw(drawn, act, total);
  const asking = isKept(act) ? setInterval(() => askAgain(act.id), ASK_MS) : 0;
  drawn.slot("total").textContent = total;
  if (act.kind === "refund") {
    drawn.slot("total-label").textContent = t("fact_returned");
  }
  drawn.slot("next").addEventListener("click", flow.next);
  const rest = verdict.tone === "refusal" ? 0 : setTimeout(flow.next, act.shown?.claim ? CLAIM_REST_MS : REST_MS);
  return {
    /** The line came back while the receipt stood there: now it says what the shop said. */
    refresh: async () => {
      const now = await queue.get(act.id);
      const words = now ? verdictOf(now).title + verdictOf(now).detail : shown;
      if (words !== shown && drawn.slot("verdict")) {
        shown = words;
        clearInterval(isKept(now) ? 0 : asking);
        const { tone } = draw(drawn, now, total);
        // A refusal stays until somebody has read it.
        if (tone === "refusal") {
          clearTimeout(rest);
        }
      }
    },
    key: (key, at) => {
      if (key === "Enter" || key === "Escape") {
        flow.next();
        return true;
      }
      if (/^[0-9]$/.test(key)) {
        flow.plain(key, at);
        return true;
      }
      return false;
    },
    close: () => {
      clearTimeout(rest);
      clearInterval(asking);
    },
  };
}
