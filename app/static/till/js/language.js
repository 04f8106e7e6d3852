// The page's language: chosen by a link, kept in a cookie for the server and for the worker.

const CHOICES = { es: ["en", "English"], en: ["es", "Español"] };
const COOKIE_S = 400 * 24 * 60 * 60;
const NOTE = "enlaza-till-choice";

export const language = document.documentElement.lang;

/** Tells the service worker which shell to give when there is no line. */
export async function noteLanguage(chosen = language) {
  const cache = await globalThis.caches?.open(NOTE);
  await cache?.put("/till/choice", new Response(chosen));
}

/** Turns a link of the shell into the switch to the other language, named in that language. */
export function languageLink(link) {
  const [other, name] = CHOICES[language];
  link.lang = other;
  link.hreflang = other;
  link.textContent = name;
  link.href = "/till";
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    document.cookie = `lang=${other}; path=/; max-age=${COOKIE_S}; samesite=lax`;
    await noteLanguage(other).catch(() => {});
    location.reload();
  });
}
