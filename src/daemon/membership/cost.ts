/** In which what was spent counts half. */
const HALF_LIFE_MS = 60_000;
/** What a task costs at its beginning, when all of it is read and planned, says nothing of what it costs later. */
const SETTLING_MS = 30_000;

/**
 * What a task costs its owner, in thousandths of a core: time spent on its effects, where what was spent lately
 * counts most.
 */
export class CostMeter {
  private spent = 0;
  private at: number;

  /** `began`: monotonic milliseconds, like all times here. */
  constructor(private readonly began: number) {
    this.at = began;
  }

  /** `ms` were spent on it until now. */
  add(ms: number, now: number): void {
    if (now - this.began < SETTLING_MS) return;
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
