// Builds pieces of the page from the shell's templates. Texts go in as text, never as markup.

/** Copies a template of the shell: {root, slot(name), all(selector)}. */
export function piece(name) {
  const root = document.getElementById(`t-${name}`).content.cloneNode(true);
  const holder = document.createElement("div");
  holder.append(root);
  return {
    root: holder,
    slot: (slot) => holder.querySelector(`[data-slot="${slot}"]`),
    all: (selector) => [...holder.querySelectorAll(selector)],
    /** Moves the piece into `place`, in the stead of what was there. */
    into(place) {
      place.replaceChildren(...holder.childNodes);
      this.slot = (slot) => place.querySelector(`[data-slot="${slot}"]`);
      this.all = (selector) => [...place.querySelectorAll(selector)];
      return this;
    },
    /** The only element of a piece that has one. */
    get element() {
      return holder.firstElementChild;
    },
  };
}

/** Changes which icon an <svg><use> shows. */
export function setIcon(svg, name) {
  svg.querySelector("use").setAttribute("href", `#i-${name}`);
}

/** Fills an element and hides it when there is nothing to say. */
export function say(element, text) {
  element.textContent = text ?? "";
  element.hidden = !text;
}

const SIGNS = { success: "check-lg", attention: "exclamation-lg", refusal: "x-lg" };

/** Draws a verdict: shape, icon, words; how it sounds is the caller's business. */
export function verdictPiece({ tone, title, detail, figure, unit, why = null }) {
  const drawn = piece("verdict");
  drawn.element.classList.add(`verdict-${tone}`);
  if (tone === "refusal") {
    drawn.element.setAttribute("role", "alert");
  }
  setIcon(drawn.root.querySelector("svg"), SIGNS[tone] ?? "qr-code");
  drawn.slot("title").textContent = title;
  say(drawn.slot("detail"), detail);
  if (figure) {
    drawn.slot("figure").hidden = false;
    drawn.slot("points").textContent = figure;
    drawn.slot("unit").textContent = unit ?? "";
    drawn.slot("why").hidden = why === null;
    drawn.slot("why").addEventListener("click", why ?? (() => {}));
  }
  return drawn.element;
}
