// Shows a color as the shop would wear it, while it is being picked; the server derives it.

const field = document.querySelector("[data-color]");
const preview = document.querySelector("[data-accent]");
let waiting = 0;

async function show() {
  const answer = await fetch(`${field.dataset.color}?color=${encodeURIComponent(field.value)}`);
  if (answer.ok) preview.innerHTML = await answer.text();
}

if (field && preview) {
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 120);
  });
}
