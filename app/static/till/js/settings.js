// What this browser's cashiers switched on or off; kept in this browser alone.

const KEPT = "enlaza-till-settings";
const DEFAULTS = { sounds: true, vibration: true, letters: true, camera: false, theme: "auto" };

let values = { ...DEFAULTS };
try {
  values = { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
} catch {
  localStorage.removeItem(KEPT);
}

/** One setting's value. */
export function setting(name) {
  return values[name];
}

/** Changes one setting for good. */
export function setSetting(name, value) {
  values[name] = value;
  localStorage.setItem(KEPT, JSON.stringify(values));
  document.dispatchEvent(new CustomEvent("settings", { detail: name }));
}
