// Copies Monday's hours to the other working days, so that a usual week is typed once.

const button = document.querySelector("[data-copy-day]");

function fields(row) {
  return [...row.querySelectorAll("input[data-time]")];
}

if (button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const rows = [...document.querySelectorAll("[data-day]")];
    const first = fields(rows[0]);
    rows.slice(1, 5).forEach((row) => {
      fields(row).forEach((field, index) => {
        field.value = first[index].value;
      });
    });
    document.querySelector("[data-copied]").textContent = button.dataset.copyDay;
  });
}
