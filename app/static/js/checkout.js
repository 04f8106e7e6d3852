// Nicer with a script: the button says for when, and a second tap does not send again.

const form = document.querySelector("form.checkout");
const button = document.querySelector("[data-order]");

function tell() {
  const chosen = form.querySelector("input[name=slot]:checked");
  const time = chosen?.closest("label").querySelector(".slot-time")?.textContent;
  const day = chosen?.closest("details").querySelector(".slot-day-title")?.textContent;
  if (!time) return;
  const when = `${day[0].toLowerCase()}${day.slice(1)}, ${time.split("–")[0]}`;
  button.textContent = button.dataset.pattern.replace("{when}", when);
}

if (form && button) {
  tell();
  form.addEventListener("change", tell);
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  // Back from the order's page: the form may be sent again, and is the same order.
  window.addEventListener("pageshow", () => delete form.dataset.sent);
}
