// The camera as a scanner: the vendored detector with its own WebAssembly, warmed up at page open.

import { BarcodeDetector, prepareZXingModule } from "../../vendor/barcode-detector/ponyfill.js";

const WASM = new URL("../../vendor/barcode-detector/", import.meta.url);
const BETWEEN_FRAMES_MS = 90;
const SAME_CODE_MS = 2500;
// Wider frames cost time and read no better at the distance of an arm.
const FRAME_MAX_PX = 1280;

let detector = null;

/** Fetches and compiles the decoder before the first shopper holds up a phone. */
export async function warmUp() {
  prepareZXingModule({
    overrides: {
      locateFile: (path, prefix) => (path.endsWith(".wasm") ? new URL(path, WASM).href : prefix + path),
    },
  });
  detector ??= new BarcodeDetector({ formats: ["qr_code"] });
  await detector.detect(new ImageData(16, 16));
}

/** Says why there is no camera: "refused", "missing", "busy" or "insecure". */
function reasonOf(error) {
  if (!globalThis.isSecureContext || navigator.mediaDevices === undefined) {
    return "insecure";
  }
  return { NotAllowedError: "refused", SecurityError: "refused", NotReadableError: "busy" }[error?.name] ?? "missing";
}

/** One open camera: shows itself in a video element and reports each text it reads. */
export class Camera {
  constructor(video, onText) {
    this.video = video;
    this.onText = onText;
    this.stream = null;
    this.lastText = "";
    this.lastAt = 0;
    this.canvas = document.createElement("canvas");
  }

  /** @returns {Promise<string | null>} null when it runs, else the reason why not */
  async open() {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } },
      });
    } catch (error) {
      return reasonOf(error);
    }
    this.video.srcObject = this.stream;
    await this.video.play().catch(() => {});
    this.watch();
    return null;
  }

  close() {
    for (const track of this.stream?.getTracks() ?? []) {
      track.stop();
    }
    this.stream = null;
    this.video.srcObject = null;
  }

  get hasTorch() {
    const [track] = this.stream?.getVideoTracks() ?? [];
    return track?.getCapabilities?.().torch === true;
  }

  async torch(on) {
    const [track] = this.stream?.getVideoTracks() ?? [];
    await track?.applyConstraints({ advanced: [{ torch: on }] });
  }

  frame() {
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(1, FRAME_MAX_PX / Math.max(videoWidth, videoHeight));
    this.canvas.width = Math.round(videoWidth * scale);
    this.canvas.height = Math.round(videoHeight * scale);
    const pen = this.canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    return pen.getImageData(0, 0, this.canvas.width, this.canvas.height);
  }

  async watch() {
    await warmUp();
    while (this.stream !== null) {
      if (this.video.readyState >= 2 && this.video.videoWidth > 0 && !document.hidden) {
        const found = await detector.detect(this.frame()).catch(() => []);
        if (found.length > 0 && this.stream !== null) {
          this.report(found[0].rawValue);
        }
      }
      await new Promise((resume) => setTimeout(resume, BETWEEN_FRAMES_MS));
    }
  }

  report(text) {
    const now = performance.now();
    const isSame = text === this.lastText && now - this.lastAt < SAME_CODE_MS;
    this.lastText = text;
    this.lastAt = now;
    if (!isSame) {
      this.onText(text);
    }
  }
}
