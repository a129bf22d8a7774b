import { execFile } from 'node:child_process';

/**
 * What the daemon tells systemd. Every method is done when systemd has taken the message, and none ever
 * fails: where nobody listens, or the message does not get through, the daemon goes on.
 */
export interface Notify {
  /** The start, or a reload, is done. `status` is the line that `systemctl status` shows. */
  ready(status: string): Promise<void>;
  /** The configuration is being read again; `ready` must follow. */
  reloading(): Promise<void>;
  /** The daemon has begun to end; pings stop, because ending has a time limit of its own. */
  stopping(): Promise<void>;
  /** The line that `systemctl status` shows; of several given quickly only the last is sent. */
  status(text: string): Promise<void>;
  /**
   * Where the unit has WatchdogSec: sends a ping now and at every third of it, as long as `isWell` says that the
   * loop that does the work goes on. A stuck event loop sends none either.
   */
  watchdog(isWell: () => boolean): void;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Hands assignments such as `READY=1` to systemd; rejects where that fails. */
export type Send = (assignments: readonly string[], env: Environment) => Promise<void>;

/**
 * The way to systemd, from the environment that it started the daemon with. Without NOTIFY_SOCKET (a
 * daemon that a person started) everything is a no-op. `complain` hears once why nothing gets through.
 */
export function openNotify(
  env: Environment,
  complain: (why: string) => void = () => {},
  send: Send = systemdNotify,
): Notify {
  const own = { ...env };
  const isListening = (own.NOTIFY_SOCKET ?? '') !== '';
  const line = new Line(own, complain, send);
  let pings: NodeJS.Timeout | undefined;
  const say = async (...assignments: string[]) => (isListening ? line.say(assignments) : undefined);
  return {
    ready: status => say('READY=1', `STATUS=${oneLine(status)}`),
    reloading: () => say('RELOADING=1'),
    stopping: () => {
      clearInterval(pings);
      return say('STOPPING=1');
    },
    status: text => say(`STATUS=${oneLine(text)}`),
    watchdog: isWell => {
      const every = pingMs(own);
      if (!isListening || every === undefined) return;
      const ping = () => {
        if (line.isTrue(isWell)) void line.ping();
      };
      clearInterval(pings);
      pings = setInterval(ping, every);
      // Pings alone are no reason to stay alive.
      pings.unref();
      ping();
    },
  };
}

/**
 * Milliseconds between pings; undefined where this process is not watched. A third of the limit, so that
 * one ping that is late on a busy machine is not yet the end.
 */
function pingMs({ WATCHDOG_USEC, WATCHDOG_PID }: Environment): number | undefined {
  const limitUs = Number(WATCHDOG_USEC);
  if (!Number.isFinite(limitUs) || limitUs <= 0) return undefined;
  // The variables are inherited: they may be meant for the process that started this one.
  if (WATCHDOG_PID !== undefined && Number(WATCHDOG_PID) !== process.pid) return undefined;
  return Math.max(1, Math.floor(limitUs / 3000));
}

/** Messages one after the other, because READY=1 must not overtake the RELOADING=1 before it. */
class Line {
  private last: Promise<void> = Promise.resolve();
  private waiting: { assignments: readonly string[]; sent: Promise<void> } | undefined;
  private isPinging = false;
  private hasComplained = false;

  constructor(
    private readonly env: Environment,
    private readonly complain: (why: string) => void,
    private readonly send: Send,
  ) {}

  /** A status that still waits for its turn is replaced by the next one. */
  say(assignments: readonly string[]): Promise<void> {
    const isStatus = (of: readonly string[]) => of.every(text => text.startsWith('STATUS='));
    if (this.waiting !== undefined && isStatus(this.waiting.assignments) && isStatus(assignments)) {
      this.waiting.assignments = assignments;
      return this.waiting.sent;
    }
    const turn = { assignments, sent: Promise.resolve() };
    turn.sent = this.last.then(() => {
      if (this.waiting === turn) this.waiting = undefined;
      return this.deliver(turn.assignments);
    });
    this.waiting = turn;
    this.last = turn.sent;
    return turn.sent;
  }

  /** Waits for no message; one at a time, so that a slow machine does not gather processes. */
  async ping(): Promise<void> {
    if (this.isPinging) return;
    this.isPinging = true;
    await this.deliver(['WATCHDOG=1']);
    this.isPinging = false;
  }

  /** A check that breaks says nothing good, and must not end the daemon by itself. */
  isTrue(check: () => boolean): boolean {
    try {
      return check();
    } catch (error) {
      this.complainOnce(error);
      return false;
    }
  }

  private async deliver(assignments: readonly string[]): Promise<void> {
    try {
      await this.send(assignments, this.env);
    } catch (error) {
      this.complainOnce(error);
    }
  }

  private complainOnce(error: unknown): void {
    if (this.hasComplained) return;
    this.hasComplained = true;
    this.complain(error instanceof Error ? error.message : String(error));
  }
}

/** A message that has not got through by then is given up. */
const SEND_LIMIT_MS = 5000;

/**
 * Node.js has no datagram sockets of the Unix kind, so systemd's own program sends (about 5 ms). It ends
 * when systemd has taken the message; the unit needs NotifyAccess=all, as it is another process.
 */
const systemdNotify: Send = (assignments, env) =>
  new Promise((resolve, reject) => {
    // Assignments and no options: Debian 12's program has no --stopping.
    execFile(
      'systemd-notify',
      [...assignments],
      { env: { ...env }, timeout: SEND_LIMIT_MS, killSignal: 'SIGKILL' },
      (error, _, said) => {
        if (error === null) resolve();
        else reject(new Error(`systemd-notify failed: ${said.trim() || error.message}`));
      },
    );
  });

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
