// Hands the phone's live code to the till beside it, as if it were pasted there: one computer has
// no camera that sees its own screen. Phone, till and this page are of one origin.

const button = document.getElementById("pass");
const told = document.getElementById("told");
const till = document.getElementById("till");

function current(batch) {
  const now = Date.parse(batch.server_time);
  const running = batch.codes.filter((code) => Date.parse(code.expires_at) > now);
  return running.find((code) => Date.parse(code.starts_at) <= now) ?? running[0];
}

async function liveCode() {
  const answer = await fetch("/card/codes.json", { headers: { Accept: "application/json" } });
  if (answer.redirected || !answer.ok) return { missing: "noCard" };
  const code = current(await answer.json());
  return code ? { text: code.text } : { missing: "noCode" };
}

function paste(text) {
  const room = till.contentWindow;
  const data = new room.DataTransfer();
  data.setData("text/plain", text);
  const event = new room.ClipboardEvent("paste", {
    clipboardData: data,
    bubbles: true,
    cancelable: true,
  });
  room.document.body.dispatchEvent(event);
}

async function pass() {
  button.disabled = true;
  told.textContent = "";
  try {
    const { text, missing } = await liveCode();
    if (text) paste(text);
    told.textContent = button.dataset[missing ?? "passed"];
  } catch {
    told.textContent = button.dataset.noCode;
  } finally {
    button.disabled = false;
  }
}

if (button && till) button.addEventListener("click", pass);
