// An order to collect: what it holds, how it stands, and one press that gives it.

import { piece, say, verdictPiece } from "../dom.js";
import { readLetters, readText } from "../code.js";
import { moneyText } from "../money.js";
import { closeDialog, openDialog, till } from "../till.js";
import { stepsPiece } from "./sale.js";
import { t, tn } from "../words.js";

const CHIPS = { ready: "chip-success", not_ready: "" };

/** A row of the list: number, whose, and whether it is ready. */
function orderRow(order, open) {
  const row = piece("order-row").element;
  const slot = (name) => row.querySelector(`[data-slot=${name}]`);
  slot("number").textContent = order.number;
  slot("words").textContent = [order.name, order.standing === "ready" ? order.items_text : order.slot_text].join(" · ");
  const chip = slot("chip");
  chip.textContent = t(`order_${order.standing}`);
  chip.classList.add(...[CHIPS[order.standing]].filter(Boolean));
  slot("open").addEventListener("click", () => open(order));
  return row;
}

/** Draws a list of orders; each opens its own view. */
export function drawOrders(list, orders, open) {
  list.replaceChildren(...orders.map((order) => orderRow(order, open)));
}

/** All that waits today. */
export function ordersDialog(orders, flow) {
  openDialog("orders", (drawn) => {
    drawOrders(drawn.slot("rows"), orders, (order) => flow.order(order));
  });
}

/** What waits for the person whose card was read. */
export function waitsPiece(order, isFirst, open) {
  const drawn = piece("order-waits");
  drawn.slot("title").textContent = t("order_waits", { number: order.number });
  drawn.slot("detail").textContent = [order.text, order.items_text].join(" · ");
  const button = drawn.slot("open");
  drawn.slot("words").textContent = t(order.standing === "ready" ? "order_give" : "order_look");
  if (isFirst) {
    button.dataset.do = "P";
    const key = document.createElement("kbd");
    key.className = "key";
    key.setAttribute("aria-hidden", "true");
    key.textContent = "P";
    button.append(key);
  }
  button.addEventListener("click", open);
  return drawn.element;
}

function linePiece(line, canLeave, changed) {
  const drawn = piece("order-line");
  drawn.slot("count").textContent = line.quantity_text;
  drawn.slot("name").textContent = line.name;
  drawn.slot("price").textContent = line.total_text;
  const box = drawn.slot("given");
  box.hidden = !canLeave;
  box.dataset.line = String(line.line);
  box.addEventListener("change", changed);
  return drawn.element;
}

function linesPiece(order, canLeave, changed) {
  const drawn = piece("order-lines");
  drawn.slot("hint").hidden = !canLeave;
  drawn.slot("list").replaceChildren(...order.lines.map((line) => linePiece(line, canLeave, changed)));
  return order.lines.length > 0 ? drawn.element : null;
}

function shown(order, verdict, proof) {
  if (verdict) {
    return verdict;
  }
  const title = t(order.standing === "ready" ? "order_ready_title" : "order_title", { number: order.number });
  return {
    // Nobody has shown a code yet: ready, but not theirs for sure.
    tone: order.standing === "ready" ? (proof ? "success" : "plain") : "attention",
    title,
    detail: [order.name, order.slot_text, order.standing === "ready" ? "" : t("order_not_ready_detail")].filter(Boolean).join(" · "),
    steps: [],
  };
}

/** What proves that this person may have it; the code may still be asked for. */
function proofWords(order, proof) {
  if (proof) {
    return "";
  }
  return t("order_proof_needed", { name: order.name });
}

/**
 * @param facts.order as the shop told it; `null` when its code was called back
 * @param facts.verdict what the shop said of the code that was read, if one was
 * @param facts.proof the code that gives it, if one was read that does
 * @param facts.flow give, camera, closeOrder
 */
export function orderView(place, { order, verdict = null, proof = null, flow }) {
  const drawn = piece("order").into(place);
  const isReady = order?.standing === "ready";
  const canLeave = isReady && order.lines.length > 1;
  const chosen = () => {
    const boxes = drawn.all("[data-line]");
    const left = boxes.filter((box) => !box.checked);
    const given = order.lines.filter((line) => !left.some((box) => box.dataset.line === String(line.line)));
    return { isAll: left.length === 0, given };
  };
  const changed = () => {
    const { given } = chosen();
    const total = given.reduce((sum, line) => sum + line.total_minor, 0);
    drawn.slot("total").textContent = moneyText(total, till.session.money);
    drawn.slot("give").disabled = given.length === 0;
    drawn.slot("spoken").disabled = given.length === 0;
    say(drawn.slot("problem"), "");
  };
  const lines = () => {
    const { isAll, given } = chosen();
    return isAll ? null : given.map((line) => ({ line: line.line, quantity_milli: line.quantity_milli }));
  };
  const give = () => {
    if (isReady && proof && !drawn.slot("give").disabled) {
      flow.give({ order, proof, lines: lines() });
    }
  };
  const told = shown(order, verdict, proof);
  drawn.slot("verdict").replaceChildren(verdictPiece(told));
  drawn.slot("below").replaceChildren(
    ...[
      order && linesPiece(order, canLeave, changed),
      told.steps.length > 0 && stepsPiece(told.steps),
    ].filter(Boolean),
  );
  drawn.slot("amount").hidden = !isReady;
  drawn.slot("give").hidden = !isReady || !proof;
  drawn.slot("spoken").hidden = !isReady || Boolean(proof);
  drawn.slot("camera").hidden = Boolean(proof);
  say(drawn.slot("proof"), isReady ? proofWords(order, proof) : "");
  drawn.slot("give").addEventListener("click", give);
  drawn.slot("spoken").addEventListener("click", () => spokenDialog(order, (letters, tell) => flow.give({ order, proof: { code: letters }, lines: lines(), tell })));
  drawn.slot("camera").addEventListener("click", flow.camera);
  drawn.slot("out").addEventListener("click", flow.closeOrder);
  if (isReady) {
    changed();
  }
  return {
    orderId: order?.order_id ?? null,
    /** It could not be given, and why: nothing was written down, the same press tries again. */
    trouble: (words) => say(drawn.slot("problem"), words),
    key: (key) => {
      if (key === "Escape") {
        flow.closeOrder();
      } else if (key === "Enter") {
        give();
      } else {
        return false;
      }
      return true;
    },
  };
}

/** The eight letters that are read out; five tries, counted by the shop. */
function spokenDialog(order, give) {
  openDialog("spoken", (drawn) => {
    const form = drawn.slot("form");
    const field = form.elements.spoken;
    const trouble = form.querySelector(".problem");
    let busy = false;
    drawn.slot("title").textContent = t("order_spoken_title", { number: order.number });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const letters = readLetters(field.value) ?? readText(field.value);
      if (letters === null) {
        trouble.textContent = t("order_letters_wrong");
        field.focus();
        return;
      }
      if (busy) {
        return;
      }
      busy = true;
      await give(letters, (words) => {
        trouble.textContent = words;
        field.select();
        field.focus();
      });
      busy = false;
    });
    field.addEventListener("input", () => {
      trouble.textContent = "";
    });
    return {};
  }).querySelector("input").focus();
}

/** Why an order was not given, in words, with the tries that are left. */
export function handoffTrouble(outcome) {
  if (outcome.kind === "silence") {
    return t("order_no_answer");
  }
  const { problem } = outcome;
  if (problem.code !== "spoken_code_wrong") {
    return `${problem.title}. ${problem.detail}`;
  }
  return problem.tries_left > 0
    ? `${problem.title}. ${tn("tries_left", problem.tries_left)}`
    : t("order_spoken_closed");
}

/** What comes back after a handoff is money: said, and done in one press. */
export function returnDialog(row, flow) {
  openDialog("return", (drawn) => {
    drawn.slot("title").textContent = row.title;
    drawn.slot("detail").textContent = row.detail ?? "";
    const amount = moneyText(row.left_minor ?? row.total_minor, till.session.money);
    drawn.slot("words").textContent = t("order_give_back", { amount });
    drawn.slot("give-back").addEventListener("click", () => {
      closeDialog();
      flow.annul(row);
    });
    drawn.slot("part").hidden = !(row.parts > 1);
    drawn.slot("part").addEventListener("click", () => flow.part(row));
  });
}
