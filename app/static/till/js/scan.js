// From a scanned text to a verdict: the server's when it answers, our own words when it does not.

import { call } from "./api.js";
import * as clock from "./clock.js";
import { isCut, isOrderCode, readLetters, readText } from "./code.js";
import { t } from "./words.js";

// A cashier does not wait longer than this to learn whose card it is.
const ANSWER_MS = 4500;

function refusal(title, detail, steps) {
  return { tone: "refusal", title, detail, steps, code: null, known: false };
}

function localRefusal(text) {
  const steps = [
    { title: t("step_again_title"), detail: t("step_again_detail") },
    { title: t("step_plain_title"), detail: t("step_plain_detail") },
  ];
  return isCut(text)
    ? refusal(t("cut_title"), t("cut_detail"), steps)
    : { ...refusal(t("foreign_title"), t("foreign_detail"), steps), outcome: "not_ours" };
}

function unchecked(code, stamp) {
  return {
    tone: "attention",
    title: t("unchecked_title"),
    detail: t("unchecked_detail"),
    steps: [],
    code,
    scannedAt: stamp.at,
    clock: stamp.clock,
    known: false,
    unchecked: true,
  };
}

/** A browser alone cannot know whether an order was given already: it waits for the shop. */
function orderUnchecked() {
  const words = { title: t("order_offline_title"), detail: t("order_offline_detail") };
  return { ...refusal(words.title, words.detail, []), tone: "attention", isOrder: true, orders: [] };
}

function fromAnswer(answer, stamp) {
  const { display } = answer;
  const isRefused = display.tone === "refusal";
  // The program at the counter answered by its copy: it may know the code and not the person.
  const isStranger = Boolean(answer.copy) && answer.person === null;
  return {
    tone: display.tone,
    title: display.title,
    detail: display.detail,
    steps: display.steps ?? [],
    outcome: answer.outcome,
    code: isRefused ? null : answer.code,
    scannedAt: stamp.at,
    clock: stamp.clock,
    known: !isRefused && !isStranger,
    copy: answer.copy ?? null,
    person: answer.person,
    points: answer.points,
    pointsText: answer.points_text,
    next: answer.next_reward,
    like: answer.last_like?.text ?? null,
    rewards: answer.rewards ?? [],
    stamps: answer.stamps ?? [],
    scanId: answer.scan_id,
    orders: answer.orders ?? [],
    // A code that collects one order: it opens that order and is no card.
    isOrder: answer.kind === "pickup" || answer.kind === "delegate",
    orderCode: answer.code,
  };
}

/**
 * Judges what was scanned, pasted or typed.
 * @param {string} text
 * @param {"camera" | "wedge" | "typed" | "pasted"} source
 * @returns {Promise<object>} a verdict; `who` is set when the till or cashier must sign in first
 */
export async function judge(text, source) {
  const stamp = clock.stamp();
  const whole = readText(text);
  const letters = source === "typed" ? readLetters(text) : null;
  const outcome = await call(
    "POST",
    "/scans",
    { code: whole ?? letters ?? text.slice(-4096), scanned_at: stamp.at, clock: stamp.clock, source },
    { timeout: ANSWER_MS },
  );
  if (outcome.kind === "answered") {
    return fromAnswer(outcome.body, stamp);
  }
  if (outcome.kind === "refused") {
    const { title, detail } = outcome.problem;
    return { ...refusal(title, detail, []), who: outcome.who };
  }
  if (whole !== null) {
    return isOrderCode(whole) ? orderUnchecked() : unchecked(whole, stamp);
  }
  return letters === null
    ? localRefusal(text)
    : refusal(t("letters_offline_title"), t("letters_offline_detail"), []);
}
