// The microphone: level meter, count-in, click, and the recording itself.

import { Metronome } from "./metronome.js";

const FORMATS = ["audio/webm;codecs=opus", "audio/mp4", "audio/webm", "audio/ogg;codecs=opus"];
const RECENT = 36; // looks at the level, some three seconds: singers breathe
const QUIET = -40; // dBFS, the peak of these seconds
const LOUD = -1;

export class Recorder {
  /** @param show gets {level, words, seconds} some times a second, and {countIn} on each beat. */
  constructor(show) {
    this.show = show;
  }

  /**
   * Ask for the microphone and start.
   * @param click null, or {tempo, beats, bars}: the click, and the bars of count-in.
   */
  async start(click) {
    if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
      throw new Error(
        "This browser gives the page no microphone. Open it as http://127.0.0.1 or over HTTPS, or choose a file.",
      );
    }
    this.stream = await openMicrophone();
    this.context = new AudioContext();
    await this.context.resume();
    this.#startMeter();
    const type = FORMATS.find((format) => MediaRecorder.isTypeSupported(format));
    this.recorder = new MediaRecorder(this.stream, { mimeType: type, audioBitsPerSecond: 256000 });
    this.pieces = [];
    this.recorder.ondataavailable = (event) => this.pieces.push(event.data);
    if (!click) return this.#startRecording();
    const countIn = click.bars * click.beats;
    const recordFrom = Math.max(0, countIn - click.beats);
    this.metronome = new Metronome(this.context, click.tempo, click.beats, (beat) => {
      if (beat === recordFrom) this.#startRecording();
      this.show({ countIn: beat < countIn ? countIn - beat : 0 });
    });
    this.metronome.start();
  }

  /** Stop; resolves to the recording as {blob, name}, or to null if none had begun. */
  async stop() {
    this.metronome?.stop();
    clearInterval(this.timer);
    const stopped = new Promise((resolve) => (this.recorder.onstop = resolve));
    const hasBegun = this.recorder.state !== "inactive";
    if (hasBegun) {
      this.recorder.stop();
      await stopped;
    }
    this.stream.getTracks().forEach((track) => track.stop());
    await this.context.close();
    if (!hasBegun) return null;
    const type = this.recorder.mimeType;
    const suffix = type.includes("mp4") ? "m4a" : type.includes("ogg") ? "ogg" : "webm";
    return { blob: new Blob(this.pieces, { type }), name: `${nameNow()}.${suffix}` };
  }

  #startRecording() {
    this.recorder.start(1000); // a piece a second, so that little is lost if the tab dies
    this.began = performance.now();
  }

  #startMeter() {
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 4096;
    this.context.createMediaStreamSource(this.stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const recent = [];
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const level = 20 * Math.log10(Math.max(peak, 1e-4));
      recent.push(level);
      if (recent.length > RECENT) recent.shift();
      const seconds = this.began ? (performance.now() - this.began) / 1000 : 0;
      this.show({ level, words: describeLevel(Math.max(...recent)), seconds });
    }, 80);
  }
}

function describeLevel(level) {
  if (level > LOUD) return "Too loud: it distorts. Move back, or turn the microphone down.";
  if (level < QUIET) return "Hardly any sound. Come closer to the microphone.";
  return "Good level.";
}

async function openMicrophone() {
  // What calls need spoils singing.
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    const reasons = {
      NotAllowedError: "The browser may not use the microphone. Allow it beside the address, then press Record again.",
      NotFoundError: "No microphone was found. Plug one in, or choose a file.",
      NotReadableError: "The microphone is in use by another program. Close that one, then press Record again.",
    };
    throw new Error(reasons[error.name] ?? `The microphone could not be opened: ${error.message}`);
  }
}

function nameNow() {
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${day} ${two(now.getHours())}.${two(now.getMinutes())}.${two(now.getSeconds())}`;
}
