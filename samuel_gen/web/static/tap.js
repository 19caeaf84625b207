// The tempo of taps.

const PAUSE = 2.5; // seconds; after a longer pause counting starts anew
const FEWEST = 4;

export class Taps {
  times = [];

  /** Add a tap at a time in seconds. @return the tempo, or null while there are too few. */
  add(time) {
    if (this.times.length && time - this.times.at(-1) > PAUSE) this.times = [];
    this.times.push(time);
    return this.tempo;
  }

  /** Beats per minute by least squares, so that one late tap does little harm. */
  get tempo() {
    const count = this.times.length;
    if (count < FEWEST) return null;
    const middle = (count - 1) / 2;
    const mean = this.times.reduce((sum, time) => sum + time, 0) / count;
    let rise = 0;
    let run = 0;
    this.times.forEach((time, index) => {
      rise += (index - middle) * (time - mean);
      run += (index - middle) ** 2;
    });
    return Math.round((600 * run) / rise) / 10;
  }
}
