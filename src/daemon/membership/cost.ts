/** In which what was spent counts half. */
const HALF_LIFE_MS = 60_000;

/**
 * What a task costs its owner, in thousandths of a core: time spent on its effects, where what was spent lately
 * counts most.
 */
export class CostMeter {
  private spent = 0;
  private at: number;

  /** `now`: monotonic milliseconds. */
  constructor(now: number) {
    this.at = now;
  }

  /** `ms` were spent on it until now. */
  add(ms: number, now: number): void {
    this.spent = this.left(now) + ms;
    this.at = now;
  }

  /** A task costs something also while nothing happens, so that many idle ones are spread as well. */
  thousandths(now: number): number {
    // What is spent evenly adds up to the mean lifetime of what counts.
    return Math.max(1, Math.round((1000 * this.left(now) * Math.LN2) / HALF_LIFE_MS));
  }

  private left(now: number): number {
    return this.spent * 2 ** -(Math.max(0, now - this.at) / HALF_LIFE_MS);
  }
}
