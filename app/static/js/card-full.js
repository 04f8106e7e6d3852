// The code alone on a white screen that stays awake: for old scanners and dim phones.

/** Wire the button that enlarges the code, and the dialog it opens. */
export function showWhole(tile, letters) {
  const dialog = document.getElementById("whole");
  const open = document.getElementById("enlarge");
  if (!dialog || !open) return;
  const place = dialog.querySelector("[data-whole-code]");
  const spelled = dialog.querySelector("[data-whole-letters]");
  let lock = null;
  let watching = null;

  function copy() {
    place.replaceChildren(tile.querySelector("svg").cloneNode(true));
    if (spelled && letters) spelled.textContent = letters.textContent;
  }

  async function stayAwake() {
    try {
      lock = (await navigator.wakeLock?.request("screen")) ?? null;
    } catch {
      lock = null; // a phone that saves its battery says no
    }
  }

  open.hidden = false;
  open.addEventListener("click", () => {
    copy();
    dialog.showModal();
    stayAwake();
    watching = new MutationObserver(copy);
    watching.observe(tile, { childList: true });
  });
  dialog.addEventListener("close", () => {
    watching?.disconnect();
    lock?.release();
    lock = null;
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && dialog.open) stayAwake();
  });
}
