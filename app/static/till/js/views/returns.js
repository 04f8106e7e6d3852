// Goods that come back: which lines of a sale, how many pieces of each, and the money for them.

import { call } from "../api.js";
import { piece, say } from "../dom.js";
import { moneyText } from "../money.js";
import * as queue from "../queue.js";
import { closeDialog, openDialog, till } from "../till.js";
import { t } from "../words.js";

/** Money for so many pieces of a line; pieces that points paid come back last, without money. */
export function moneyOf(line, pieces) {
  return pieces >= line.paid_pieces
    ? line.left_minor
    : Math.floor((line.left_minor * pieces) / line.paid_pieces);
}

/** What a refund names of a line, or null when nothing of it comes back. */
export function refundLine(line, pieces) {
  if (pieces === 0) {
    return null;
  }
  // A line that is no whole number of pieces comes back whole.
  const whole = line.left_milli / line.pieces;
  return { line: line.line, quantity_milli: whole * pieces, amount_minor: moneyOf(line, pieces) };
}

function leftWords(line) {
  const money = moneyText(line.left_minor, till.session.money);
  const key = line.paid_pieces === 0 ? "returns_left_free" : "returns_left";
  return t(key, { count: line.quantity_text, money });
}

/** Why the goods of a sale cannot be told, in words. */
function trouble(outcome) {
  return outcome.kind === "refused"
    ? `${outcome.problem.title}. ${outcome.problem.detail ?? ""}`
    : t("returns_offline");
}

async function goodsLeft(saleId) {
  // What waits here the shop does not know yet: it would offer the same goods again.
  const waiting = await queue.waiting();
  if (waiting.some((act) => act.sale_id === saleId)) {
    return { kind: "silence" };
  }
  return call("GET", `/till/actions/${encodeURIComponent(saleId)}`);
}

class Sheet {
  constructor(drawn, row, flow) {
    Object.assign(this, { drawn, row, flow, lines: [], pieces: [], busy: false });
  }

  open(lines) {
    const { drawn } = this;
    this.lines = lines;
    this.pieces = lines.map(() => 0);
    drawn.slot("wait").hidden = true;
    drawn.slot("form").hidden = false;
    drawn.slot("free").hidden = lines.every((line) => line.paid_pieces === line.pieces);
    drawn.slot("list").replaceChildren(...lines.map((line, at) => this.linePiece(line, at)));
    drawn.slot("all").addEventListener("click", () => {
      this.pieces = lines.map((line) => line.pieces);
      this.draw();
      drawn.slot("give").focus();
    });
    drawn.slot("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.go();
    });
    this.draw();
    drawn.slot("more").focus();
  }

  linePiece(line, at) {
    const drawn = piece("returns-line");
    drawn.slot("name").textContent = line.name || t("returns_nameless", { number: line.line });
    drawn.slot("left").textContent = leftWords(line);
    drawn.slot("group").setAttribute("aria-label", drawn.slot("name").textContent);
    for (const [slot, by] of [["less", -1], ["more", 1]]) {
      drawn.slot(slot).setAttribute("aria-label", t(`returns_${slot}`, { name: drawn.slot("name").textContent }));
      drawn.slot(slot).addEventListener("click", () => this.step(at, by));
    }
    return drawn.element;
  }

  step(at, by) {
    this.pieces[at] = Math.max(0, Math.min(this.lines[at].pieces, this.pieces[at] + by));
    this.draw();
  }

  get chosen() {
    return this.lines.map((line, at) => refundLine(line, this.pieces[at])).filter(Boolean);
  }

  get minor() {
    return this.chosen.reduce((sum, line) => sum + line.amount_minor, 0);
  }

  draw() {
    const { drawn, lines, pieces } = this;
    drawn.all(".returns-line").forEach((row, at) => {
      const count = row.querySelector("output");
      count.textContent = String(pieces[at]);
      count.toggleAttribute("data-some", pieces[at] > 0);
      // Not disabled: a button that goes dead under a finger loses the focus.
      row.querySelector("[data-slot=less]").setAttribute("aria-disabled", String(pieces[at] === 0));
      row.querySelector("[data-slot=more]").setAttribute("aria-disabled", String(pieces[at] === lines[at].pieces));
    });
    const { chosen, minor } = this;
    const amount = moneyText(minor, till.session.money);
    const words = minor === 0 ? t("returns_do_free") : t("order_give_back", { amount });
    drawn.slot("words").textContent = chosen.length === 0 ? t("return_goods") : words;
    this.told("");
  }

  told(words) {
    this.drawn.slot("form").querySelector(".problem").textContent = words;
  }

  async go() {
    const { chosen, minor } = this;
    if (chosen.length === 0) {
      this.told(t("returns_none"));
    } else if (!this.busy) {
      this.busy = true;
      closeDialog();
      await this.flow.giveBack(this.row, chosen, minor);
    }
  }
}

/** Asks the shop what is left of a sale, and lets the cashier say what of it comes back. */
export function returnsDialog(row, flow) {
  openDialog("returns", (drawn) => {
    const sheet = new Sheet(drawn, row, flow);
    drawn.slot("title").textContent = row.title;
    drawn.slot("detail").textContent = row.detail ?? "";
    goodsLeft(row.sale_id).then((outcome) => {
      if (!drawn.slot("form")) {
        return;
      }
      if (outcome.kind !== "answered") {
        say(drawn.slot("wait"), trouble(outcome));
      } else if (outcome.body.lines.length === 0) {
        say(drawn.slot("wait"), t("returns_empty"));
      } else {
        sheet.open(outcome.body.lines);
      }
    });
    return {};
  });
}
