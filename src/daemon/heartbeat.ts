import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Between two beats, in milliseconds. */
const BEAT_MS = 500;
/** A beat that is this late means that the process was stopped, or the machine suspended. */
const ASLEEP_MS = 2_000;

/** Beats after which the longest delay is measured anew: so far back `longestDelayMs` tells. */
const WINDOW_BEATS = 20;

/**
 * Beats on the very event loop that does the work. Notices when the process has not run for a while, and
 * tells systemd's watchdog whether it runs.
 */
export class Heartbeat {
  private last = performance.now();
  private lastWall = Date.now();
  private readonly timer: NodeJS.Timeout;
  private readonly delays = monitorEventLoopDelay({ resolution: 10 });
  private beats = 0;
  private windowBefore = 0;

  constructor(private readonly wokeUp: () => void) {
    this.timer = setInterval(() => this.beat(), BEAT_MS);
    this.delays.enable();
  }

  private beat(): void {
    const [now, wall] = [performance.now(), Date.now()];
    // The monotonic clock stands still while a machine is suspended; the other one does not.
    const late = Math.max(now - this.last, Math.abs(wall - this.lastWall)) - BEAT_MS;
    this.last = now;
    this.lastWall = wall;
    this.beats += 1;
    if (this.beats % WINDOW_BEATS === 0) {
      this.windowBefore = this.delays.max / 1e6;
      this.delays.reset();
    }
    if (late > ASLEEP_MS) this.wokeUp();
  }

  /** Whether it beats still. */
  isWell(): boolean {
    return performance.now() - this.last < 10 * BEAT_MS;
  }

  /** The longest that anything kept the event loop within the last 10 to 20 seconds, in milliseconds. */
  longestDelayMs(): number {
    return Math.max(this.windowBefore, this.delays.max / 1e6);
  }

  stop(): void {
    this.delays.disable();
    clearInterval(this.timer);
  }
}
