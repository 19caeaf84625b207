// Vocal and accompaniment from one clock, so that they stay together to the sample.

const FADE = 0.015; // seconds; a gain that jumps clicks

export class Player {
  constructor(onEnd) {
    this.onEnd = onEnd;
    this.context = null;
    this.buffers = { vocal: null, accompaniment: null };
    this.gains = {};
    this.levels = { vocal: 1, accompaniment: 1 };
    this.sources = {};
    this.isPlaying = false;
    this.offset = 0;
    this.startedAt = 0;
    this.headroom = 1;
  }

  get duration() {
    return Math.max(...Object.values(this.buffers).map((buffer) => buffer?.duration ?? 0));
  }

  /** The position in seconds that is heard now. */
  get position() {
    if (!this.isPlaying) return this.offset;
    const heard = this.context.currentTime - this.startedAt - (this.context.outputLatency || 0);
    return Math.min(this.duration, Math.max(this.offset, this.offset + heard));
  }

  /** Set a sound; one that is playing is replaced at the same position. */
  setBuffer(part, buffer) {
    this.buffers[part] = buffer;
    this.headroom = this.#findHeadroom();
    if (this.isPlaying) {
      this.#stopSource(part);
      this.#startSource(part, this.context.currentTime, this.#scheduledPosition());
    }
    this.#applyLevels();
  }

  /** Set the gain of each part; it acts at once. */
  setLevels(levels) {
    this.levels = { ...levels };
    this.#applyLevels();
  }

  async play() {
    if (this.isPlaying) return;
    this.context ??= new AudioContext();
    await this.context.resume();
    if (this.offset >= this.duration - 0.05) this.offset = 0;
    for (const part of ["vocal", "accompaniment"]) {
      if (this.gains[part]) continue;
      this.gains[part] = this.context.createGain();
      this.gains[part].connect(this.context.destination);
    }
    this.isPlaying = true;
    this.#applyLevels();
    this.startedAt = this.context.currentTime + 0.05;
    for (const part of ["vocal", "accompaniment"]) {
      this.#startSource(part, this.startedAt, this.offset);
    }
  }

  pause() {
    if (!this.isPlaying) return;
    this.offset = this.position;
    this.isPlaying = false;
    for (const part of ["vocal", "accompaniment"]) this.#stopSource(part);
  }

  async seek(seconds) {
    const wasPlaying = this.isPlaying;
    this.pause();
    this.offset = Math.min(Math.max(0, seconds), this.duration);
    if (wasPlaying) await this.play();
  }

  #scheduledPosition() {
    return this.offset + Math.max(0, this.context.currentTime - this.startedAt);
  }

  #startSource(part, when, position) {
    const buffer = this.buffers[part];
    if (!buffer || position >= buffer.duration) return;
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.gains[part]);
    source.onended = () => this.#partEnded(part, source);
    source.start(Math.max(when, this.context.currentTime), position);
    this.sources[part] = source;
  }

  #stopSource(part) {
    const source = this.sources[part];
    if (!source) return;
    source.onended = null;
    source.stop();
    this.sources[part] = null;
  }

  #partEnded(part, source) {
    if (this.sources[part] === source) this.sources[part] = null;
    if (!this.isPlaying || this.sources.vocal || this.sources.accompaniment) return;
    this.isPlaying = false;
    this.offset = this.duration;
    this.onEnd();
  }

  #applyLevels() {
    for (const part of ["vocal", "accompaniment"]) {
      const target = this.levels[part] * this.headroom;
      this.gains[part]?.gain.setTargetAtTime(target, this.context.currentTime, FADE);
    }
  }

  /** The gain at which both together do not clip; the mix on disk has a loudness of its own. */
  #findHeadroom() {
    const { vocal, accompaniment } = this.buffers;
    if (!vocal || !accompaniment) return 1;
    let peak = 0;
    for (let channel = 0; channel < accompaniment.numberOfChannels; channel += 1) {
      const first = vocal.getChannelData(Math.min(channel, vocal.numberOfChannels - 1));
      const second = accompaniment.getChannelData(channel);
      for (let i = 0; i < Math.min(first.length, second.length); i += 1) {
        const both = Math.abs(first[i] + second[i]);
        if (both > peak) peak = both;
      }
    }
    return Math.min(1, 0.89 / Math.max(peak, 1e-6));
  }
}
