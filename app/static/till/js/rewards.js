// The cashier's story of a reward: chosen before payment, held by the shop, taken with the sale.

import * as clock from "./clock.js";
import * as draftKeeper from "./draft.js";
import { hold, letGo, letGoUnheard } from "./holds.js";
import { reachesShop } from "./line.js";
import { announce, closeDialog, till, toast } from "./till.js";
import { redeemDialog, whyDialog } from "./views/redeem.js";
import { t } from "./words.js";

let timer = 0;

function show() {
  draftKeeper.keep(till.draft);
  if (till.name === "sale") {
    till.view.refresh();
  }
}

/** Lets go of what a draft holds, because its card or the sale itself is called off. */
export function drop(draft) {
  clearTimeout(timer);
  letGoUnheard();
  if (draft?.held) {
    letGo(draft.held);
    draft.held = null;
  }
}

/** Watches when the shop lets go of what is held, so that nobody charges less for nothing. */
export function watchHeld(draft) {
  clearTimeout(timer);
  const left = draft?.held ? Date.parse(draft.held.ends_at) - clock.now() : NaN;
  if (Number.isFinite(left)) {
    timer = setTimeout(() => {
      if (till.draft === draft && draft.held) {
        draft.held = null;
        toast(t("redeem_over"), { tone: "attention" });
        show();
      }
    }, Math.max(0, left));
  }
}

/** Opens the sheet of a reward; one that takes something off the bill wants the bill first. */
function reward(chosen) {
  const { draft } = till;
  // What the copy offers the till may give by itself.
  if (!reachesShop() && !draft.verdict.copy) {
    toast(t("redeem_offline"), { tone: "attention" });
  } else if (chosen.needs_total && draft.amount.minor === 0) {
    till.view.trouble?.(t("redeem_amount_first"));
  } else {
    redeemDialog(chosen, actions);
  }
}

/** Holds the points; what comes back is the outcome of the call, for the sheet to tell. */
async function holdFor(chosen, points, proof) {
  const { draft } = till;
  const { verdict } = draft;
  const outcome = await hold({ draft, reward: chosen, points, proof });
  if (outcome.kind !== "answered") {
    announce({ tone: "attention" });
    return outcome;
  }
  // Another shopper, or another card for this sale: nothing of this one is theirs.
  if (till.draft !== draft || draft.verdict !== verdict) {
    letGo(outcome.body);
    return outcome;
  }
  drop(draft);
  const { hold_id, discount_minor, ends_at, display, reward: had, free } = outcome.body;
  // Stamps leave the points as they are.
  const left = had.unit === "points" ? free : null;
  draft.held = { hold_id, discount_minor, ends_at, name: chosen.name, points_text: display.points_text, discount_text: display.discount_text, detail: display.detail, left };
  closeDialog();
  announce(display);
  watchHeld(draft);
  show();
  scrollTo(0, 0);
  return outcome;
}

function unreward() {
  drop(till.draft);
  show();
}

const actions = { holdFor };

export const rewarding = {
  reward,
  unreward,
  why: (verdict) => whyDialog(verdict.scanId),
};
