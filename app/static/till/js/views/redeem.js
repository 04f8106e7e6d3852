// Using points before payment: how many, and whose word they go by; then what is being used.

import { call } from "../api.js";
import { piece, say, setIcon } from "../dom.js";
import { limits, worthOf } from "../holds.js";
import { reachesShop } from "../line.js";
import { moneyText } from "../money.js";
import { openDialog, till } from "../till.js";
import { t, tn } from "../words.js";

const LETTERS = ["R", "T", "Y", "U"];
const MEMBER_PIN = /^[0-9]{4}$/;
const CASHIER_PIN = /^[0-9]{4,8}$/;
const REASON_MIN = 3;

/** What a reward costs, in points or in stamps. */
export function costText(reward) {
  return reward.unit === "stamps" ? tn("stamps", reward.least) : tn(reward.per_points ? "points_from" : "points", reward.least);
}

/** One reward that can be asked for now, as a button with its letter. */
export function rewardRow(reward, place, flow) {
  const drawn = piece("reward");
  drawn.slot("name").textContent = reward.name;
  drawn.slot("points").textContent = costText(reward);
  const button = drawn.slot("open");
  if (place < LETTERS.length) {
    button.dataset.do = LETTERS[place];
    say(drawn.slot("key"), LETTERS[place]);
  }
  button.addEventListener("click", () => flow.reward(reward));
  return drawn.element;
}

/** What is being used with this purchase, and the way back. */
export function appliedPiece(held, flow) {
  const drawn = piece("applied");
  drawn.slot("title").textContent = held.discount_minor > 0 ? `${held.name}: ${held.discount_text}` : held.name;
  drawn.slot("detail").textContent = held.detail;
  drawn.slot("off").addEventListener("click", flow.unreward);
  return drawn.element;
}

/** What became of the reward of a sale; one that was not taken is said loudly, the sale is kept. */
export function usedPiece({ fate, text }) {
  const drawn = piece("used");
  const isTaken = ["taken", "taken_late"].includes(fate);
  drawn.element.classList.add(isTaken ? "used-taken" : "used-not");
  setIcon(drawn.root.querySelector("svg"), isTaken ? "gift-fill" : "exclamation-circle-fill");
  drawn.slot("text").textContent = isTaken ? text : t("redeem_failed", { why: text });
  return drawn.element;
}

/** Why a reward could not be held, in words, with the tries that are left. */
function trouble(outcome) {
  if (outcome.kind === "silence") {
    return t(reachesShop() ? "redeem_no_answer" : "redeem_offline");
  }
  const { problem } = outcome;
  if (problem.tries_left > 0) {
    return `${problem.title}. ${tn("tries_left", problem.tries_left)}`;
  }
  return `${problem.title}. ${problem.detail ?? ""}`;
}

/** The figures that are being typed: points first, then a PIN; one keypad serves both. */
class Sheet {
  constructor(drawn, reward, flow) {
    this.drawn = drawn;
    this.reward = reward;
    this.flow = flow;
    this.form = drawn.slot("form");
    this.draft = till.draft;
    this.limits = limits(reward, this.draft.verdict.points ?? reward.most, this.draft.amount.minor);
    this.points = Math.min(this.limits.least, this.limits.most);
    this.isTyped = false;
    // What the shop wants besides the code, once it has asked for it: {pin_set, cashier_points}.
    this.wanted = null;
    this.busy = false;
  }

  /** What is used: points, or stamps of one card. */
  get unit() {
    return this.reward.unit === "stamps" ? "stamps" : "points";
  }

  /** How many there are of it. */
  get has() {
    const { verdict } = this.draft;
    const card = (verdict.stamps ?? []).find((one) => one.reward_id === this.reward.reward_id);
    return (this.unit === "stamps" ? card?.stamps : verdict.points) ?? 0;
  }

  get hasChoice() {
    return this.limits.most > this.limits.least;
  }

  get byCashier() {
    return this.form.elements.way.value === "cashier";
  }

  open() {
    const { verdict, amount } = this.draft;
    const { drawn, reward, form } = this;
    drawn.slot("title").textContent = reward.name;
    drawn.slot("how-many").textContent = t(`redeem_how_many_${this.unit}`);
    drawn.slot("detail").textContent = t("redeem_detail", {
      points: tn(this.unit, this.has), amount: moneyText(amount.minor, till.session.money),
    });
    if (reward.per_points) {
      this.points = this.limits.most;
    }
    drawn.slot("all").addEventListener("click", () => this.set(this.limits.most));
    for (const button of drawn.all("[data-step]")) {
      button.addEventListener("click", () => this.step(Number(button.dataset.step)));
    }
    for (const pad of drawn.all("[data-digit]")) {
      pad.addEventListener("pointerdown", (event) => event.preventDefault());
      pad.addEventListener("click", () => this.press(pad.dataset.digit));
    }
    form.elements.points.addEventListener("input", () => this.typed());
    form.elements.points.addEventListener("keydown", (event) => this.arrow(event));
    form.elements.pin.addEventListener("input", () => this.told(""));
    for (const way of form.elements.way) {
      way.addEventListener("change", () => this.askProof());
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.go();
    });
    this.show();
  }

  show() {
    const { drawn } = this;
    drawn.slot("choose").hidden = !this.hasChoice || this.wanted !== null;
    drawn.slot("prove").hidden = this.wanted === null;
    drawn.slot("keypad").hidden = !this.hasChoice && this.wanted === null;
    drawn.slot("all").textContent = t("redeem_all", { points: tn(this.unit, this.limits.most) });
    this.draw();
    if (this.wanted !== null) {
      this.askProof();
    }
    this.field?.focus();
    this.field?.select();
  }

  /** The field that the keypad types into. */
  get field() {
    if (!this.drawn.slot("prove").hidden) {
      return this.form.elements.pin;
    }
    return this.drawn.slot("choose").hidden ? null : this.form.elements.points;
  }

  askProof() {
    const { drawn, wanted, form } = this;
    const left = this.cashier ? wanted.cashier_points : 0;
    drawn.slot("by-cashier").hidden = !(left > 0);
    drawn.slot("ways").classList.toggle("one-way", !(left > 0) || !wanted.pin_set);
    drawn.slot("by-member").hidden = !wanted.pin_set;
    if (!wanted.pin_set && left > 0) {
      form.elements.way.value = "cashier";
    }
    drawn.slot("why").hidden = !this.byCashier;
    drawn.slot("pin-label").textContent = this.byCashier
      ? t("redeem_cashier_pin", { points: tn("points", left) })
      : t("redeem_member_pin");
    form.elements.pin.value = "";
    this.told("");
  }

  set(points) {
    this.points = Math.max(this.limits.least, Math.min(this.limits.most, points));
    this.isTyped = false;
    this.draw();
  }

  step(by) {
    const { step, least } = this.limits;
    const rounded = least + Math.round((this.points - least) / step) * step;
    this.set((rounded === this.points || by * (rounded - this.points) < 0 ? rounded + by * step : rounded));
  }

  arrow(event) {
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      this.step(event.key === "ArrowUp" ? 1 : -1);
    }
  }

  typed() {
    const figure = this.form.elements.points.value.replace(/\D/g, "");
    this.points = Number(figure || "0");
    this.isTyped = true;
    this.draw();
  }

  press(digit) {
    const { field } = this;
    if (field === null) {
      return;
    }
    const isFresh = field === this.form.elements.points && !this.isTyped;
    const before = isFresh ? "" : field.value;
    const after = { clear: "", back: before.slice(0, -1) }[digit] ?? before + digit;
    field.value = after.slice(0, field.maxLength);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Why these points cannot be used, before anybody is asked. */
  get wrong() {
    const { least, most } = this.limits;
    if (this.points < least) {
      return t("redeem_least", { points: tn(this.unit, least) });
    }
    return this.points > most ? t("redeem_most", { points: tn(this.unit, most) }) : "";
  }

  draw() {
    const { drawn, reward, form } = this;
    const minor = worthOf(reward, this.points, this.draft.amount.minor);
    if (!this.isTyped) {
      form.elements.points.value = String(this.points);
    }
    drawn.slot("worth").textContent = minor === null ? "" : `= ${moneyText(minor, till.session.money)}`;
    const amount = minor === null ? "" : ` = ${moneyText(minor, till.session.money)}`;
    const cost = tn(this.unit, this.points);
    drawn.slot("use").textContent = t("redeem_use", { cost: `${cost}${amount}` });
    this.told(this.wrong);
  }

  told(words) {
    this.form.querySelector(".problem").textContent = words;
  }

  async go() {
    if (this.busy || this.wrong) {
      return;
    }
    const proof = this.wanted === null ? {} : this.proof();
    if (proof === null) {
      return;
    }
    this.busy = true;
    const outcome = await this.flow.holdFor(this.reward, this.points, proof);
    this.busy = false;
    if (outcome.kind === "answered" || !this.form.isConnected) {
      return;
    }
    if (outcome.problem?.code === "proof_needed" && this.wanted === null) {
      this.prove(outcome.problem);
    } else {
      this.form.elements.pin.value = "";
      this.told(trouble(outcome));
      this.field?.focus();
    }
  }

  /** Who answers for the card: whoever is signed in, or the only one who has a PIN. */
  get cashier() {
    const { cashier, staff } = till.session;
    return cashier ?? (staff.length === 1 ? staff[0] : null);
  }

  /** The code alone is not enough: asks for a PIN, or says what else there is. */
  prove(problem) {
    if (problem.pin_set || (problem.cashier_points > 0 && this.cashier)) {
      this.wanted = problem;
      this.show();
    } else {
      this.told(t("redeem_no_proof"));
    }
  }

  /** The PIN and the reason, if they are there; says what is missing and gives null otherwise. */
  proof() {
    const pin = this.form.elements.pin.value;
    const reason = this.form.elements.reason.value.trim();
    if (!(this.byCashier ? CASHIER_PIN : MEMBER_PIN).test(pin)) {
      this.told(t(this.byCashier ? "redeem_pin_cashier_wrong" : "redeem_pin_wrong"));
      this.form.elements.pin.focus();
      return null;
    }
    if (this.byCashier && reason.length < REASON_MIN) {
      this.told(t("redeem_reason_needed"));
      this.form.elements.reason.focus();
      return null;
    }
    return this.byCashier ? { cashier: { staff_id: this.cashier.staff_id, pin, reason } } : { member_pin: pin };
  }
}

/** How many points, and the PIN where the code alone is not enough. */
export function redeemDialog(reward, flow) {
  let sheet = null;
  openDialog("redeem", (drawn) => {
    sheet = new Sheet(drawn, reward, flow);
    sheet.open();
    return {};
  });
  sheet.field?.focus();
  sheet.field?.select();
}

/** Why this person has so many points, as the shop tells it to this till. */
export function whyDialog(scanId) {
  openDialog("why", (drawn) => {
    drawn.slot("title").textContent = t("why_title");
    say(drawn.slot("text"), t("why_wait"));
    call("GET", `/scans/${encodeURIComponent(scanId)}/points`).then((outcome) => {
      if (outcome.kind !== "answered") {
        say(drawn.slot("text"), outcome.kind === "refused" ? outcome.problem.detail : t("why_offline"));
        return;
      }
      say(drawn.slot("text"), outcome.body.text);
      const { lots, stamps } = outcome.body;
      drawn.slot("rows").replaceChildren(...lots.map((lot) => lotRow(lot, "points")), ...stamps.flatMap(cardRows));
    });
    return {};
  });
}

/** Why a stamp card holds what it holds: the sum, then what came with each purchase. */
function cardRows(card) {
  const row = piece("why-lot").element;
  row.querySelector("[data-slot=title]").textContent = card.name;
  say(row.querySelector("[data-slot=detail]"), card.text);
  const { stamps, needed } = card;
  row.querySelector("[data-slot=left]").textContent = stamps > needed ? tn("stamps", stamps) : t("stamps_of", { stamps, needed });
  return [row, ...card.lots.map((lot) => lotRow(lot, "stamps"))];
}

function lotRow(lot, unit) {
  const row = piece("why-lot").element;
  row.querySelector("[data-slot=title]").textContent = lot.title;
  say(row.querySelector("[data-slot=detail]"), [lot.when_text, lot.text, ...lot.moves.map((move) => move.text)].filter(Boolean).join(" · "));
  row.querySelector("[data-slot=left]").textContent = tn(unit, lot.remaining);
  return row;
}
