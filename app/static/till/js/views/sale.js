// A sale in the making: whose card it is, before any payment, and the amount.

import { piece, say, verdictPiece } from "../dom.js";
import * as draftKeeper from "../draft.js";
import { hourText } from "../bar.js";
import { reachesShop } from "../line.js";
import { moneyParts, moneyText, pastedAmount } from "../money.js";
import { till } from "../till.js";
import { saleFacts } from "./facts.js";
import { waitsPiece } from "./order.js";
import { appliedPiece, rewardRow } from "./redeem.js";
import { shortPiece } from "./short.js";
import { t, tn } from "../words.js";

/** Points this amount will earn, for display; the server's count is the one that holds. */
export function pointsAhead(minor, session) {
  const rule = session.earning;
  return rule ? Math.floor(minor / rule.per_minor) * rule.points : null;
}

function aheadRow(next) {
  const row = piece("ahead").element;
  row.querySelector("[data-slot=name]").textContent = next.name;
  row.querySelector("[data-slot=missing]").dataset.missing = String(next.missing);
  return row;
}

/** A stamp card that is not full yet. */
function stampsRow({ name, stamps, needed, pending }) {
  const row = piece("ahead").element;
  row.querySelector("[data-slot=name]").textContent = name;
  const onCard = t("stamps_of", { stamps, needed });
  row.querySelector("[data-slot=missing]").textContent = pending ? `${onCard} · ${tn("stamps_wait", pending)}` : onCard;
  return row;
}

/** What can be asked for now, and what comes next. */
export function rewardsPiece({ rewards, next, stamps = [] }, title, flow = null) {
  const drawn = piece("rewards");
  drawn.slot("title").textContent = title;
  const rows = (flow ? rewards ?? [] : []).map((reward, at) => rewardRow(reward, at, flow));
  if (next) {
    rows.push(aheadRow(next));
  }
  const begun = stamps.filter((card) => card.stamps < card.needed);
  // The nearest first.
  begun.sort((one, other) => one.needed - one.stamps - (other.needed - other.stamps));
  rows.push(...begun.map(stampsRow));
  drawn.slot("list").replaceChildren(...rows);
  return rows.length > 0 ? drawn.element : null;
}

/** What to do, in order. */
export function stepsPiece(steps) {
  const drawn = piece("steps");
  drawn.slot("list").replaceChildren(
    ...steps.map(({ title, detail }) => {
      const step = piece("step").element;
      step.querySelector("[data-slot=title]").textContent = title;
      say(step.querySelector("[data-slot=detail]"), detail);
      return step;
    }),
  );
  return drawn.element;
}

/** One quiet line about what this person liked, if they linked their account. */
function likePiece(text) {
  const drawn = piece("like");
  drawn.slot("text").textContent = text;
  return drawn.element;
}

function waysPiece(flow) {
  const ways = piece("ways").element;
  ways.querySelector("[data-do=C]").addEventListener("click", flow.camera);
  ways.querySelector("[data-do=E]").addEventListener("click", flow.typed);
  return ways;
}

/** A whole number as the store writes them. */
function countText(count) {
  return moneyText(count, { decimals: 0, pattern: { ...till.session.money.pattern, prefix: "", suffix: "" } });
}

function detailOf({ detail, person }) {
  return [detail.replace(/\.$/, ""), person?.since_text].filter(Boolean).join(" · ");
}

/** The points' unit; with a copy it says of when they are. */
function unitOf({ copy, points }) {
  const unit = tn("unit_points", points ?? 0);
  return copy?.at ? t("unit_copy", { unit, time: hourText(Date.parse(copy.at)) }) : unit;
}

/** What can be done without the shop's word, and what has to wait for it. */
function offlinePiece(verdict) {
  const drawn = piece("offline");
  drawn.slot("cannot").hidden = verdict.known;
  if (reachesShop()) {
    drawn.slot("title").textContent = t("meanwhile_title");
  }
  return drawn.element;
}

function drawLeft(drawn, draft, flow) {
  const { verdict, refused } = draft;
  const below = [];
  let shown = { tone: "plain", title: t("plain_title"), detail: t("plain_detail") };
  if (draft.checking) {
    shown = { tone: "plain", title: t("checking_title"), detail: t("checking_detail") };
  } else if (refused) {
    shown = refused;
    below.push(refused.steps.length > 0 ? stepsPiece(refused.steps) : null, waysPiece(flow));
  } else if (verdict?.known) {
    const points = draft.held?.left ?? verdict.points;
    const figure = Number.isInteger(points) ? countText(points) : null;
    const why = verdict.scanId ? () => flow.why(verdict) : null;
    shown = { ...verdict, detail: detailOf(verdict), figure, unit: unitOf(verdict), why };
    below.push(verdict.like ? likePiece(verdict.like) : null);
    if (verdict.copy) {
      below.push(offlinePiece(verdict));
    }
    below.push(...(verdict.orders ?? []).map((order, place) => waitsPiece(order, place === 0, () => flow.order(order))));
    if (draft.held) {
      below.push(appliedPiece(draft.held, flow));
    } else {
      const title = verdict.rewards.length > 0 ? t("rewards_title") : t("next_title");
      below.push(rewardsPiece(verdict, title, flow));
    }
    below.push(verdict.steps.length > 0 ? stepsPiece(verdict.steps) : null);
    below.push(verdict.person?.person_id ? shortPiece(verdict.person.person_id) : null);
  } else if (verdict) {
    shown = verdict;
    below.push(offlinePiece(verdict));
  } else {
    below.push(waysPiece(flow));
  }
  drawn.slot("verdict").replaceChildren(verdictPiece(shown));
  drawn.slot("below").replaceChildren(...below.filter(Boolean));
}

function saveWords(draft, session) {
  if (!reachesShop()) {
    return t("save_here");
  }
  if (!draft.verdict) {
    return t("save_plain");
  }
  const ahead = pointsAhead(toCharge(draft), session);
  return ahead ? `${t("save")} · ${tn("plus_points", ahead)}` : t("save");
}

function outWords({ verdict, refused }) {
  if (!verdict || refused) {
    return t("cancel_sale");
  }
  const name = verdict.person?.display_name;
  return name ? t("not_person", { name }) : t("not_card");
}

/** What is left to charge once the reward is off. */
export function toCharge(draft) {
  return Math.max(0, draft.amount.minor - (draft.held?.discount_minor ?? 0));
}

function discountWords(draft, session) {
  if (!draft.held || draft.held.discount_minor === 0) {
    return "";
  }
  const bill = moneyText(draft.amount.minor, session.money);
  return t("redeem_off", { bill, off: draft.held.discount_text, cost: draft.held.points_text });
}

function drawAmount(drawn, draft, session) {
  const charged = toCharge(draft);
  const parts = moneyParts(charged, session.money);
  drawn.slot("prefix").textContent = parts.prefix;
  drawn.slot("sum").textContent = parts.figure;
  drawn.slot("suffix").textContent = parts.suffix.trim();
  drawn.slot("amount").classList.toggle("amount-empty", draft.amount.isEmpty);
  say(drawn.slot("before"), draft.before ? t("before", { amount: draft.before }) : "");
  say(drawn.slot("discount"), discountWords(draft, session));
  drawn.slot("save-words").textContent = saveWords(draft, session);
  const told = pointsAhead(charged, session);
  saleFacts(drawn.slot("facts"), draft, told);
  const ahead = told ?? 0;
  for (const cell of drawn.all("[data-missing]")) {
    const missing = Number(cell.dataset.missing);
    const after = Math.max(0, missing - ahead);
    cell.textContent = ahead > 0
      ? t("missing_after", { missing, after })
      : tn("missing", missing);
  }
}

function drawActs(drawn, draft) {
  const isRefused = Boolean(draft.refused);
  drawn.slot("save").hidden = isRefused || Boolean(draft.checking);
  drawn.slot("plain").hidden = !isRefused;
  drawn.slot("out-words").textContent = outWords(draft);
}

/** @param facts.flow camera, typed, confirm, out, toPlain */
export function saleView(place, { flow }) {
  const drawn = piece("sale").into(place);
  const { session } = till;
  const refresh = () => {
    drawLeft(drawn, till.draft, flow);
    drawActs(drawn, till.draft);
    drawAmount(drawn, till.draft, session);
  };
  const amountChanged = () => {
    say(drawn.slot("problem"), "");
    draftKeeper.keep(till.draft);
    drawAmount(drawn, till.draft, session);
  };
  // What comes off was worked out for this very bill.
  const isLocked = () => {
    const locked = (till.draft.held?.discount_minor ?? 0) > 0;
    if (locked) {
      say(drawn.slot("problem"), t("redeem_locked"));
    }
    return locked;
  };
  const press = (key, at) => {
    if (isLocked()) {
      return;
    }
    if (key === "back") {
      till.draft.amount.back();
    } else if (!till.draft.amount.press(key, at)) {
      return;
    }
    amountChanged();
  };
  const save = () => {
    if (till.draft.refused || till.draft.checking) {
      return;
    }
    if (till.draft.amount.minor === 0 && !till.draft.held) {
      say(drawn.slot("problem"), t("amount_needed"));
      return;
    }
    flow.confirm();
  };
  for (const pad of drawn.all("[data-press]")) {
    // A finger on the keypad must not take the focus: Enter stays with the sale.
    pad.addEventListener("pointerdown", (event) => event.preventDefault());
    pad.addEventListener("click", (event) => press(pad.dataset.press, event.timeStamp));
  }
  drawn.slot("save").addEventListener("click", save);
  drawn.slot("plain").addEventListener("click", flow.toPlain);
  drawn.slot("out").addEventListener("click", flow.out);
  refresh();
  return {
    refresh,
    trouble: (words) => {
      say(drawn.slot("problem"), words);
      // On a phone the rewards stand far below the amount.
      drawn.slot("problem").scrollIntoView({ block: "center" });
    },
    paste: (text) => {
      const keys = pastedAmount(text, session.money.decimals);
      if (keys && !isLocked()) {
        till.draft.amount.clear();
        keys.forEach((key) => till.draft.amount.press(key));
        amountChanged();
      }
    },
    key: (key, at) => {
      if (/^[0-9,.]$/.test(key)) {
        press(key, at);
      } else if (key === "Backspace") {
        press("back", at);
      } else if (key === "Delete" && !isLocked()) {
        till.draft.amount.clear();
        amountChanged();
      } else if (key === "Enter") {
        save();
      } else if (key === "Escape") {
        flow.out();
      } else {
        return false;
      }
      return true;
    },
  };
}
