import type { Exit } from '../exit.ts';
import type { Host } from '../host.ts';
import { Interrupted } from '../interruption.ts';
import type { CommandContext } from './command.ts';
import { run } from './run.ts';
import { status } from './status.ts';

/** One line of the daemon's log, and when it was heard, in monotonic milliseconds. */
interface Said {
  readonly msg: string;
  readonly at: number;
}

/** Far beyond what anything here takes. */
const DEADLINE_MS = 20_000;

/** The daemon, as `run` runs it, in this very process; its log tells what it did. */
export class DemoDaemon {
  private readonly said: Said[] = [];
  private readonly signal = new AbortController();
  private readonly waiting = new Set<() => void>();
  /** Never rejects; what ended the daemon too soon is found by whoever waits. */
  private readonly ended: Promise<void>;
  private end: { readonly exit: Exit } | { readonly error: unknown } | undefined;

  constructor(private readonly context: CommandContext) {
    const ended = (end: DemoDaemon['end']) => {
      this.end = end;
      this.tell();
    };
    this.ended = run({ ...context, command: 'run', host: this.host() }, { status }).then(
      exit => ended({ exit }),
      error => ended({ error }),
    );
    context.host.signal.addEventListener('abort', () => this.tell(), { once: true });
  }

  /** No terminal, so that the log comes as JSON; and no signals but ours. */
  private host(): Host {
    const { host } = this.context;
    const { NOTIFY_SOCKET: _, ...env } = host.machine.env;
    return {
      ...host,
      machine: { ...host.machine, env },
      signal: this.signal.signal,
      hangup: () => () => {},
      stderr: { isTTY: false, columns: 80, write: text => this.hear(text) },
    };
  }

  private hear(text: string): void {
    const at = performance.now();
    for (const line of text.split('\n')) {
      if (line.startsWith('{')) this.said.push({ msg: JSON.parse(line).msg, at });
    }
    this.tell();
  }

  private tell(): void {
    for (const look of [...this.waiting]) look();
  }

  /** Lines of the log so far. */
  get lines(): number {
    return this.said.length;
  }

  /**
   * Resolves with the first line from `from` on that says so, and for which `isSo` holds when it comes.
   * Rejects where the daemon ends before, the demo is interrupted, or nothing of the kind is said.
   */
  async hears(pattern: RegExp, from: number, isSo: (msg: string) => boolean = () => true): Promise<Said> {
    let next = from;
    const find = () => {
      for (; next < this.said.length; next++) {
        const { msg } = this.said[next]!;
        if (pattern.test(msg) && isSo(msg)) return this.said[next];
      }
      return undefined;
    };
    return new Promise((done, failed) => {
      const settle = (settled: () => void) => {
        clearTimeout(timer);
        this.waiting.delete(look);
        settled();
      };
      const look = () => {
        const found = find();
        if (found !== undefined) settle(() => done(found));
        else if (this.context.host.signal.aborted) settle(() => failed(new Interrupted('interrupted')));
        else if (this.end !== undefined) settle(() => failed(this.tooSoon()));
      };
      const silent = () =>
        settle(() => failed(new Error(`the daemon did not say ${pattern}: ${this.log()}`)));
      const timer = setTimeout(silent, DEADLINE_MS);
      this.waiting.add(look);
      look();
    });
  }

  private tooSoon(): unknown {
    if (this.end !== undefined && 'error' in this.end) return this.end.error;
    return new Error(`the daemon ended: ${this.log()}`);
  }

  private log(): string {
    return this.said.map(({ msg }) => msg).join('; ');
  }

  /** Ends it as SIGTERM would; its exit code, undefined where it ended by a failure. */
  async stop(): Promise<Exit | undefined> {
    this.signal.abort();
    await this.ended;
    return this.end !== undefined && 'exit' in this.end ? this.end.exit : undefined;
  }
}
