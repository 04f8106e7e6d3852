// Draws a code from the packed modules that the server laid out.

const SVG = "http://www.w3.org/2000/svg";
const BORDER = 4; // modules of white around it, which scanners need

/** Draw the code into a tile, in place of what stands there. */
export function drawCode(tile, code) {
  if (tile.dataset.codeText === code.text) return;
  const bits = bitsOf(code.modules);
  const side = Math.floor(Math.sqrt(bits.length));
  const old = tile.querySelector("svg");
  const svg = document.createElementNS(SVG, "svg");
  const whole = side + 2 * BORDER;
  svg.setAttribute("viewBox", `0 0 ${whole} ${whole}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", old?.getAttribute("aria-label") ?? tile.dataset.label ?? "");
  svg.append(path("#fff", `M0 0h${whole}v${whole}H0z`), path("#000", runs(bits, side)));
  if (old) old.replaceWith(svg);
  else tile.prepend(svg);
  tile.dataset.codeText = code.text;
}

function bitsOf(packed) {
  const bytes = atob(packed);
  const bits = [];
  for (let at = 0; at < bytes.length; at += 1) {
    for (let bit = 7; bit >= 0; bit -= 1) bits.push((bytes.charCodeAt(at) >> bit) & 1);
  }
  return bits;
}

/** Write each run of dark modules in a row as one rectangle. */
function runs(bits, side) {
  let drawn = "";
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const from = x;
      while (x < side && bits[y * side + x]) x += 1;
      if (x > from) drawn += `M${from + BORDER} ${y + BORDER}h${x - from}v1h${from - x}z`;
    }
  }
  return drawn;
}

function path(fill, drawn) {
  const element = document.createElementNS(SVG, "path");
  element.setAttribute("fill", fill);
  element.setAttribute("d", drawn);
  return element;
}
