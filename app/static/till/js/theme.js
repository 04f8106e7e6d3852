// Sets the color scheme before the first paint; the only script that is not a module.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let theme = "auto";
    try {
      theme = JSON.parse(localStorage.getItem("enlaza-till-settings") ?? "{}").theme ?? "auto";
    } catch {
      theme = "auto";
    }
    const isDark = theme === "dark" || (theme === "auto" && dark.matches);
    document.documentElement.dataset.bsTheme = isDark ? "dark" : "light";
  };
  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("settings", apply);
})();
