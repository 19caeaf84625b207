// The waveform with the range and bar 1, drawn by wavesurfer.js.

import Regions from "./vendor/regions.js";
import Timeline from "./vendor/timeline.js";
import WaveSurfer from "./vendor/wavesurfer.js";

const POINTS = 16000; // of the drawn outline
const SHORTEST = 0.2; // seconds; a shorter drag is a click

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Waveform {
  /** @param on {seek(seconds), range(start, stop), bar1(seconds)}: what a pointer does. */
  constructor(container, on) {
    this.container = container;
    this.on = on;
    this.surfer = null;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => this.surfer?.setOptions(this.#colours()));
  }

  /** Draw a sound; resolves when marks can be set. */
  async show(buffer) {
    this.clear();
    const regions = Regions.create();
    this.surfer = WaveSurfer.create({
      container: this.container,
      height: 96,
      peaks: [outline(buffer)],
      duration: buffer.duration,
      normalize: true,
      cursorWidth: 2,
      hideScrollbar: true,
      plugins: [regions, Timeline.create({ height: 18, secondaryLabelOpacity: 1 })],
      ...this.#colours(),
    });
    await new Promise((resolve) => this.surfer.once("ready", resolve));
    this.surfer.on("interaction", (seconds) => this.on.seek(seconds));
    this.regions = regions;
    regions.enableDragSelection({ color: colour("--range"), minLength: SHORTEST });
    regions.on("region-created", (region) => this.#regionCreated(region));
    regions.on("region-updated", (region) => {
      if (region === this.marker) this.on.bar1(Math.max(0, region.start));
      else this.on.range(region.start, region.end);
    });
  }

  clear() {
    this.surfer?.destroy();
    this.surfer = this.regions = this.range = this.marker = null;
  }

  setPosition(seconds) {
    this.surfer?.setTime(seconds);
  }

  /** Show a range in seconds; null takes it away. */
  setRange(range) {
    if (!this.regions) return;
    if (!range) return this.#dropRange();
    const [start, end] = range;
    if (this.range) this.range.setOptions({ start, end });
    else this.#add({ start, end, color: colour("--range"), minLength: SHORTEST });
  }

  setBar1(seconds) {
    if (!this.regions) return;
    if (this.marker) return this.marker.setOptions({ start: seconds });
    const content = document.createElement("span");
    content.textContent = "bar 1";
    content.className = "marker";
    Object.assign(content.style, { padding: "2px 6px", whiteSpace: "nowrap", font: "12px system-ui", color: colour("--text") });
    this.isMarker = true;
    this.marker = this.#add({ start: seconds, content, drag: true, color: colour("--accent") });
    this.isMarker = false;
  }

  #add(options) {
    return this.regions.addRegion(options);
  }

  #regionCreated(region) {
    if (this.isMarker) return;
    if (this.range && this.range !== region) this.range.remove();
    this.range = region;
    this.on.range(region.start, region.end);
  }

  #dropRange() {
    this.range?.remove();
    this.range = null;
  }

  #colours() {
    return {
      waveColor: colour("--wave"),
      progressColor: colour("--wave-played"),
      cursorColor: colour("--accent"),
    };
  }
}

/** The largest sample of each piece of a sound. */
function outline(buffer) {
  const samples = buffer.getChannelData(0);
  const step = Math.max(1, Math.floor(samples.length / POINTS));
  const peaks = new Float32Array(Math.ceil(samples.length / step));
  for (let i = 0; i < samples.length; i += 1) {
    const at = Math.floor(i / step);
    if (Math.abs(samples[i]) > peaks[at]) peaks[at] = Math.abs(samples[i]);
  }
  return peaks;
}
