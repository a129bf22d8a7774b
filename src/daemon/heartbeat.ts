/** Between two beats, in milliseconds. */
const BEAT_MS = 500;
/** A beat that is this late means that the process was stopped, or the machine suspended. */
const ASLEEP_MS = 2_000;

/**
 * Beats on the very event loop that does the work. Notices when the process has not run for a while, and
 * tells systemd's watchdog whether it runs.
 */
export class Heartbeat {
  private last = performance.now();
  private lastWall = Date.now();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly wokeUp: () => void) {
    this.timer = setInterval(() => this.beat(), BEAT_MS);
  }

  private beat(): void {
    const [now, wall] = [performance.now(), Date.now()];
    // The monotonic clock stands still while a machine is suspended; the other one does not.
    const late = Math.max(now - this.last, Math.abs(wall - this.lastWall)) - BEAT_MS;
    this.last = now;
    this.lastWall = wall;
    if (late > ASLEEP_MS) this.wokeUp();
  }

  /** Whether it beats still. */
  isWell(): boolean {
    return performance.now() - this.last < 10 * BEAT_MS;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
