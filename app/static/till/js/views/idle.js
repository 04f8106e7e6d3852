// Waiting for the next shopper: the scan field, four other ways, and what was done last.

import { call } from "../api.js";
import { piece, say } from "../dom.js";
import { Lens } from "../lens.js";
import { moneyText } from "../money.js";
import { waitingOrders } from "../orders.js";
import * as queue from "../queue.js";
import { till } from "../till.js";
import { drawOrders } from "./order.js";
import { t } from "../words.js";

const SHOWN = 4;
const ORDERS_SHOWN = 3;
const ORDERS_EVERY_MS = 15_000;
let known = [];

/** Acts that still wait, as rows: the server does not know them yet. */
async function unsentRows() {
  const acts = await queue.waiting();
  return acts
    .filter((act) => act.kind === "sale")
    .reverse()
    .map((act) => ({
      sale_id: act.id,
      total_minor: act.body.total_minor,
      title: `${moneyText(act.body.total_minor, till.session.money)} · ${act.shown.person}`,
      detail: t("row_waiting"),
      undoable: true,
    }));
}

function serverRow(action) {
  const state = action.state === "sold" || action.state === "without_card" ? "" : t(`state_${action.state}`);
  const what = action.order_number ? t("row_order", { number: action.order_number }) : action.total_text;
  return {
    ...action,
    title: `${what} · ${action.person_text}`,
    detail: [action.time_text, action.order_number && action.total_text, action.points_text, state].filter(Boolean).join(" · "),
  };
}

/** The last actions of this till: what waits here, then what the server has. */
export async function lastActions() {
  const outcome = await call("GET", "/till/actions");
  if (outcome.kind === "answered") {
    known = outcome.body.actions.map(serverRow);
  }
  const unsent = await unsentRows();
  const ids = new Set(unsent.map((row) => row.sale_id));
  return [...unsent, ...known.filter((row) => !ids.has(row.sale_id))];
}

/** Draws rows of actions with their undo. */
export function drawRows(list, rows, onUndo) {
  list.replaceChildren(
    ...rows.map((row) => {
      const drawn = piece("row").element;
      drawn.querySelector("[data-slot=title]").textContent = row.title;
      say(drawn.querySelector("[data-slot=detail]"), row.detail);
      const button = drawn.querySelector("[data-slot=undo]");
      button.hidden = !row.undoable;
      button.setAttribute("aria-label", t(row.order_number ? "return_of" : "undo_of", { what: row.title }));
      if (row.order_number) {
        button.textContent = t("return_goods");
      }
      button.addEventListener("click", () => onUndo(row));
      return drawn;
    }),
  );
}

/** @param facts.flow what can be begun from here: plain, typed, fresh, undo, all, read */
export function idleView(place, { flow }) {
  const drawn = piece("idle").into(place);
  const lens = new Lens(drawn, (text) => flow.read(text, "camera"));
  const on = (letter, act) => place.querySelector(`[data-do="${letter}"]`).addEventListener("click", act);
  on("E", flow.typed);
  on("V", () => flow.plain());
  on("N", flow.fresh);
  drawn.slot("all").addEventListener("click", flow.all);
  const refresh = async () => {
    const rows = await lastActions();
    if (drawn.slot("rows") !== null) {
      drawRows(drawn.slot("rows"), rows.slice(0, SHOWN), flow.undo);
      drawn.slot("empty").hidden = rows.length > 0;
      drawn.slot("all").hidden = rows.length === 0;
    }
  };
  const refreshOrders = async () => {
    const orders = await waitingOrders();
    if (orders !== null && drawn.slot("pickups") !== null) {
      drawn.slot("pickups").hidden = orders.length === 0;
      drawn.slot("all-orders").hidden = orders.length <= ORDERS_SHOWN;
      drawn.slot("all-orders").onclick = () => flow.orders(orders);
      drawOrders(drawn.slot("orders"), orders.slice(0, ORDERS_SHOWN), flow.order);
    }
  };
  refresh();
  refreshOrders();
  const watching = setInterval(refreshOrders, ORDERS_EVERY_MS);
  return {
    refresh,
    key: (key, at) => {
      if (!/^[0-9]$/.test(key)) {
        return false;
      }
      flow.plain(key, at);
      return true;
    },
    close: () => {
      clearInterval(watching);
      lens.close();
    },
  };
}
