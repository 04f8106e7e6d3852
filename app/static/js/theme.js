// Follows the system's light or dark scheme; runs before the page is painted.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const wear = () => {
    document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light";
  };
  wear();
  dark.addEventListener("change", wear);
})();
