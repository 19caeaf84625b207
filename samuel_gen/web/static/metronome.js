// A click in the headphones, scheduled on the clock of the sound card.

const AHEAD = 0.25; // seconds that are scheduled in advance

export class Metronome {
  /** @param onBeat gets the number of each beat when it sounds, the first is 0. */
  constructor(context, tempo, beatsInBar, onBeat) {
    this.context = context;
    this.period = 60 / tempo;
    this.beatsInBar = beatsInBar;
    this.onBeat = onBeat;
    this.timers = new Set();
  }

  start() {
    this.first = this.context.currentTime + 0.2;
    this.next = 0;
    this.interval = setInterval(() => this.#schedule(), 50);
    this.#schedule();
  }

  stop() {
    clearInterval(this.interval);
    this.timers.forEach(clearTimeout);
    this.timers.clear();
  }

  #schedule() {
    while (this.first + this.next * this.period < this.context.currentTime + AHEAD) {
      const number = this.next;
      const time = this.first + number * this.period;
      this.#click(time, number % this.beatsInBar === 0);
      const wait = Math.max(0, time - this.context.currentTime);
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        this.onBeat(number);
      }, 1000 * wait);
      this.timers.add(timer);
      this.next += 1;
    }
  }

  #click(time, isDownbeat) {
    const tone = this.context.createOscillator();
    const gain = this.context.createGain();
    tone.frequency.value = isDownbeat ? 1600 : 1000;
    gain.gain.setValueAtTime(0.4, time);
    gain.gain.exponentialRampToValueAtTime(0.001, time + 0.06);
    tone.connect(gain).connect(this.context.destination);
    tone.start(time);
    tone.stop(time + 0.07);
  }
}
