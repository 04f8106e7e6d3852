// Draws the chart of the last days from the table beside it: the table stays the source.
// Money on the axis is text from the server; nothing is formatted here.

const canvas = document.querySelector("[data-chart]");
const table = canvas && document.getElementById(canvas.dataset.chart);

function token(name) {
  return getComputedStyle(canvas).getPropertyValue(name).trim();
}

function colors() {
  return [token("--ez-chart-card"), token("--ez-chart-web"), token("--ez-chart-unknown")];
}

function column(rows, index) {
  return rows.map((row) => Number(row.querySelectorAll("td")[index].dataset.minor));
}

function series() {
  const rows = [...table.querySelectorAll("tbody tr")];
  const heads = [...table.querySelectorAll("thead th[data-series]")];
  return {
    labels: rows.map((row) => row.querySelector("th").dataset.label.split(" ")),
    datasets: heads.map((head, index) => ({
      label: head.dataset.series,
      data: column(rows, index),
      backgroundColor: colors()[index],
      borderColor: token("--ez-surface"),
      borderWidth: { top: 1 },
      borderRadius: 3,
      barPercentage: 0.86,
      categoryPercentage: 0.8,
    })),
  };
}

function draw() {
  const ticks = JSON.parse(canvas.dataset.ticks);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const text = { color: token("--ez-ink-2"), font: { family: token("--ez-font"), size: 12 } };
  return new window.Chart(canvas, {
    type: "bar",
    data: series(),
    options: {
      animation: still ? false : { duration: 240 },
      maintainAspectRatio: false,
      plugins: { legend: { display: false }, tooltip: { enabled: false } },
      scales: {
        x: {
          stacked: true,
          grid: { display: false },
          border: { display: false },
          // Every day has its name, upright: the day over its number.
          ticks: { ...text, autoSkip: false, maxRotation: 0 },
        },
        y: {
          stacked: true,
          max: ticks[ticks.length - 1].minor,
          border: { display: false },
          grid: { color: token("--ez-line") },
          afterBuildTicks: (axis) => {
            axis.ticks = ticks.map((tick) => ({ value: tick.minor }));
          },
          ticks: { ...text, callback: (value) => ticks.find((tick) => tick.minor === value)?.text },
        },
      },
    },
  });
}

if (table && window.Chart) {
  let chart = draw();
  const again = () => {
    chart.destroy();
    chart = draw();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(again, 50));
  new MutationObserver(again).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-bs-theme"],
  });
}
