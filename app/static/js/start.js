// Hands the code on the phone's screen to the till beside it, as if it were pasted there: one
// computer has no camera that sees its own screen. Phone, till and this page are of one origin.

const button = document.getElementById("pass");
const told = document.getElementById("told");
const phone = document.getElementById("phone");
const till = document.getElementById("till");

function shownCode() {
  return phone.contentDocument?.getElementById("code")?.dataset.codeText ?? "";
}

function hasCard() {
  return phone.contentWindow.location.pathname.startsWith("/card");
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

function pass() {
  const text = shownCode();
  if (text) paste(text);
  told.textContent = button.dataset[text ? "passed" : hasCard() ? "noCode" : "noCard"];
}

if (button && till) button.addEventListener("click", pass);
