// The till's settings: sounds and shortcuts, what is unsent, trying the scanner, unpairing.

import { agent } from "../agent.js";
import { call } from "../api.js";
import { hourText } from "../bar.js";
import { languageLink } from "../language.js";
import { beat } from "../line.js";
import * as queue from "../queue.js";
import * as session from "../session.js";
import { setSetting, setting } from "../settings.js";
import { openDialog, standing, till, unsent } from "../till.js";
import { agoText, t, tn } from "../words.js";
import { piece, say } from "../dom.js";

// More than anybody reads; all of them are in the file.
const ROWS_MAX = 50;

function wireSettings(drawn, dialog) {
  for (const box of drawn.all("[data-setting]")) {
    box.checked = setting(box.dataset.setting);
    box.addEventListener("change", () => setSetting(box.dataset.setting, box.checked));
  }
  for (const radio of dialog.querySelectorAll("[name=theme]")) {
    radio.checked = radio.value === setting("theme");
    radio.addEventListener("change", () => setSetting("theme", radio.value));
  }
}

function unsentRow(act, refresh) {
  const row = piece("aside").element;
  const isAside = act.state === "aside";
  row.querySelector("[data-slot=title]").textContent = `${t(`kind_${act.kind}`)} · ${act.shown.total ?? act.shown.title ?? ""}`;
  const why = isAside ? `${act.problem.title}. ${act.problem.detail ?? ""}` : t("row_waiting");
  row.querySelector("[data-slot=detail]").textContent = `${agoText(Date.now() - act.madeAt)} · ${why}`;
  const done = row.querySelector("[data-slot=done]");
  done.hidden = !isAside;
  done.addEventListener("click", async () => {
    if (act.isAgents) {
      await call("POST", `/till/aside/${encodeURIComponent(act.id)}/dismiss`, {});
      await beat();
    }
    await queue.dismiss(act.id);
    await refresh();
  });
  return row;
}

async function drawUnsent(drawn) {
  const [{ waiting, aside }, acts] = await Promise.all([standing(), unsent()]);
  const words = [
    waiting > 0 ? tn("unsent_waiting", waiting) : "",
    aside > 0 ? tn("unsent_aside", aside) : "",
  ].filter(Boolean);
  drawn.slot("unsent").textContent = words.join(" ") || t("unsent_none");
  say(drawn.slot("knows"), knowsWords());
  const shown = acts.slice(0, ROWS_MAX);
  drawn.slot("rows").replaceChildren(...shown.map((act) => unsentRow(act, () => drawUnsent(drawn))));
  const more = acts.length - shown.length;
  say(drawn.slot("more"), more > 0 ? tn("unsent_more", more) : "");
  await offerExport(drawn.slot("export"), acts);
}

/** How old is what the program at the counter knows by itself. */
function knowsWords() {
  const { copy_at: copyAt = null, trust_at: trustAt = null } = agent()?.knows ?? {};
  const hour = (at) => hourText(Date.parse(at));
  const copy = copyAt ? t("agent_copy", { time: hour(copyAt) }) : "";
  const trust = trustAt ? t("agent_trust", { time: hour(trustAt) }) : "";
  return [copy, trust].filter(Boolean).join(" ");
}

async function offerExport(link, acts) {
  if (link.href.startsWith("blob:")) {
    URL.revokeObjectURL(link.href);
  }
  link.hidden = acts.length === 0;
  if (acts.length > 0) {
    link.href = URL.createObjectURL(queue.exportFile(acts));
    link.onclick = () => agent() && call("POST", "/till/queue/export", {});
    link.download = `enlaza-${till.session.till.name.replace(/\W+/g, "-").toLowerCase()}.json`;
  }
}

async function unpair(drawn, ready) {
  const { waiting, aside } = await standing();
  if (waiting + aside > 0) {
    say(drawn.slot("unpair-words"), tn("unpair_refused", waiting + aside));
    drawn.slot("unpair-words").classList.add("problem");
    return;
  }
  if (await session.unpair()) {
    await ready();
  } else {
    say(drawn.slot("unpair-words"), t("no_answer"));
  }
}

/** Says what arrived from a scanner, and whether this computer's keyboard layout is in its way. */
function tellScan(drawn, scan) {
  const rows = [scan.whole ? t("try_whole") : t("try_other", { count: scan.text.length })];
  if (Number.isFinite(scan.pace)) {
    rows.push(t("try_pace", { ms: Math.round(scan.pace) }));
  }
  rows.push(scan.suffix ? t("try_suffix", { key: scan.suffix }) : t("try_no_suffix"));
  rows.push(scan.byPlace ? t("try_by_place") : "");
  drawn.slot("try").textContent = rows.filter(Boolean).join(" ");
}

/** @param ready what to do once this browser is no till any more */
export function menuDialog(ready) {
  openDialog("menu", (drawn, dialog) => {
    wireSettings(drawn, dialog);
    languageLink(drawn.slot("tongue"));
    const refresh = () => dialog.isConnected && drawUnsent(drawn);
    drawUnsent(drawn);
    drawn.slot("unpair").addEventListener("click", () => unpair(drawn, ready));
    if (agent()) {
      // The program holds the key, so the program lets it go.
      drawn.slot("unpair").hidden = true;
      drawn.slot("unpair-words").textContent = t("agent_unpair");
    }
    return { refresh, tryScan: (scan) => tellScan(drawn, scan) };
  });
}
