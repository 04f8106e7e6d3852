// The scan field's camera: switched on and off by the cashier, shown inside the field.

import { setIcon } from "./dom.js";
import { Camera } from "./scanner.js";
import { setSetting, setting } from "./settings.js";
import { t } from "./words.js";

/** Wires the camera into a view that has a scan field and a camera button. */
export class Lens {
  constructor(drawn, onText, { now = setting("camera") } = {}) {
    this.drawn = drawn;
    this.video = drawn.slot("lens");
    this.field = drawn.slot("scan");
    this.camera = new Camera(this.video, onText);
    this.isOn = false;
    this.onHide = () => this.sleep();
    this.drawn.slot("camera")?.addEventListener("click", () => this.toggle());
    this.drawn.slot("torch").addEventListener("click", () => this.light());
    document.addEventListener("visibilitychange", this.onHide);
    if (now) {
      this.turnOn();
    }
  }

  async toggle() {
    if (this.isOn) {
      this.turnOff();
      setSetting("camera", false);
      return;
    }
    setSetting("camera", await this.turnOn());
  }

  async turnOn() {
    this.isOn = true;
    this.words(t("camera_opening_title"), t("camera_opening_detail"), t("camera_off"));
    const reason = await this.camera.open();
    if (!this.isOn || !this.video.isConnected) {
      this.camera.close();
      return false;
    }
    if (reason !== null) {
      this.turnOff();
      this.words(t(`camera_${reason}_title`), t(`camera_${reason}_detail`), t("camera_on"));
      this.field.classList.add("scan-trouble");
      return false;
    }
    this.video.hidden = false;
    this.field.classList.add("scan-lens");
    this.drawn.slot("torch").hidden = !this.camera.hasTorch;
    this.words(t("camera_ready_title"), t("camera_ready_detail"), t("camera_off"));
    return true;
  }

  turnOff() {
    this.isOn = false;
    this.camera.close();
    this.video.hidden = true;
    this.drawn.slot("torch").hidden = true;
    this.field.classList.remove("scan-lens", "scan-trouble");
    this.words(t("idle_title"), t("idle_detail"), t("camera_on"));
  }

  words(title, detail, button) {
    const head = this.drawn.slot("title");
    if (head) {
      head.textContent = title;
    }
    this.drawn.slot("detail").textContent = detail;
    const toggle = this.drawn.slot("camera");
    if (toggle) {
      this.drawn.slot("camera-words").textContent = button;
      setIcon(toggle.querySelector("svg"), this.isOn ? "x-lg" : "camera");
    }
  }

  async light() {
    const button = this.drawn.slot("torch");
    const on = button.getAttribute("aria-pressed") !== "true";
    await this.camera.torch(on).catch(() => {});
    button.setAttribute("aria-pressed", String(on));
  }

  /** A hidden page watches nobody. */
  sleep() {
    if (document.hidden) {
      this.camera.close();
    } else if (this.isOn) {
      this.turnOn();
    }
  }

  close() {
    document.removeEventListener("visibilitychange", this.onHide);
    this.isOn = false;
    this.camera.close();
  }
}
