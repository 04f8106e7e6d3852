// The dynamic texts of the page's language; the fixed ones are already in the shell.

const language = document.documentElement.lang;
const { words } = await import(`./words.${language}.js`);
const plural = new Intl.PluralRules(language);

/** A text with its places filled: t("saved", {amount}). */
export function t(key, facts = {}) {
  return words[key].replace(/%\((\w+)\)s/g, (whole, name) => String(facts[name]));
}

/** The same for a count: looks for key_one or key_other. */
export function tn(key, n, facts = {}) {
  return t(`${key}_${plural.select(n) === "one" ? "one" : "other"}`, { n, ...facts });
}

/** How long ago, in words. */
export function agoText(milliseconds) {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) {
    return t("ago_now");
  }
  return minutes < 120 ? tn("ago_minutes", minutes) : tn("ago_hours", Math.floor(minutes / 60));
}
