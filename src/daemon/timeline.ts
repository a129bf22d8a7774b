import type { Clock } from './clock.ts';

/**
 * The wall clock of this member as far as it tells what came after what: it never goes back while the process runs,
 * and no two looks at it are the same. One for a whole process, whoever reads a primary.
 */
export class Timeline {
  private last = 0;

  private constructor(private readonly clock: Pick<Clock, 'wall'>) {}

  /** Milliseconds since 1970, or a little later. */
  next(): number {
    this.last = Math.max(this.last + 1, Math.floor(this.clock.wall()));
    return this.last;
  }

  /** What a process before this one has written: everything from now on is later. */
  after(time: number): void {
    this.last = Math.max(this.last, time);
  }

  static of(clock: Pick<Clock, 'wall'>): Timeline {
    const known = timelines.get(clock) ?? new Timeline(clock);
    timelines.set(clock, known);
    return known;
  }
}

const timelines = new WeakMap<Pick<Clock, 'wall'>, Timeline>();
