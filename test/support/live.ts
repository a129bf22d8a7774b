import { readFileSync } from 'node:fs';
import { nodeHost } from '../../src/cli/host.ts';
import { run } from '../../src/cli/run.ts';
import type { RegionPass } from '../../src/daemon/planner/regions.ts';
import { NodePair } from './pair.ts';

/** One for all: each would listen to the process's own streams. */
const REAL = nodeHost(new AbortController().signal);

/** One line of the daemon's log. */
export interface Said {
  readonly level: number;
  readonly msg: string;
  readonly relationship?: string;
  readonly sequence?: number;
  readonly latency?: number;
}

/**
 * The daemon in this very process, between two folders: its log is what tests wait for, so that none
 * has to sleep. `pace` are the daemon's own intervals in milliseconds.
 */
export class LivePair extends NodePair {
  readonly said: Said[] = [];
  private readonly waiting = new Set<() => void>();
  private signal = new AbortController();
  private ended: Promise<number> | undefined;
  private hangups = new Set<() => void>();
  /** How far the wall clock of the daemon is ahead, in milliseconds. */
  ahead = 0;
  pace = 'rescan=60000,proof=60000';
  /** Takes the place of the planner's own region pass. */
  regions: RegionPass | undefined;

  /** Begins the daemon; resolves when it says that it runs. */
  async start(): Promise<void> {
    this.signal = new AbortController();
    const from = this.said.length;
    const real = REAL;
    const host = {
      ...real,
      signal: this.signal.signal,
      now: () => Date.now() + this.ahead,
      cwd: this.folder,
      planner: this.regions === undefined ? {} : { regions: this.regions },
      machine: {
        ...real.machine,
        env: { ...real.machine.env, WARMSPARE_PACE: this.pace, NOTIFY_SOCKET: '' },
      },
      hangup: (call: () => void) => {
        this.hangups.add(call);
        return () => this.hangups.delete(call);
      },
      stdout: { isTTY: false, columns: 80, write: () => undefined },
      stderr: { isTTY: false, columns: 80, write: (text: string) => this.hear(text) },
    };
    this.ended = run(['run'], host);
    const died = this.ended.then(exit => {
      throw new Error(`the daemon ended with ${exit}:\n${this.log()}`);
    });
    died.catch(() => undefined);
    await Promise.race([
      this.until(() => this.said.slice(from).some(({ msg }) => /^warmspare .* keeps /.test(msg))),
      died,
    ]);
  }

  /** As SIGTERM would; its exit code. */
  async stop(): Promise<number> {
    this.signal.abort();
    return (await this.ended) ?? -1;
  }

  /** As SIGHUP would. */
  hangup(): void {
    for (const call of this.hangups) call();
  }

  private hear(text: string): void {
    for (const line of text.split('\n')) {
      if (line.startsWith('{')) this.said.push(JSON.parse(line));
      else if (line !== '') this.said.push({ level: 50, msg: line });
    }
    for (const look of [...this.waiting]) look();
  }

  /** Resolves when the check holds; looks again at each line of the log. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise(done => {
      const look = () => {
        if (!isSo()) return;
        this.waiting.delete(look);
        done();
      };
      this.waiting.add(look);
      look();
    });
  }

  /** Resolves when a line of the log matches; of lines from `from` on. */
  async hears(pattern: RegExp, from = 0): Promise<Said> {
    const find = () => this.said.slice(from).find(({ msg }) => pattern.test(msg));
    await this.until(() => find() !== undefined);
    return find()!;
  }

  /** Resolves when the backup's file has this text. */
  onBackup(file: string, text: string): Promise<void> {
    return this.until(() => this.tryRead(file) === text);
  }

  private tryRead(file: string): string | undefined {
    try {
      return readFileSync(this.path('backup', file), 'utf8');
    } catch {
      return undefined;
    }
  }

  log(): string {
    return this.said.map(({ msg }) => msg).join('\n');
  }
}

/** Runs a test with a pair and ends its daemon and its folder, whatever happens. */
export async function withLive(
  relationship: Record<string, unknown>,
  work: (pair: LivePair) => Promise<void>,
): Promise<void> {
  const pair = new LivePair(relationship);
  try {
    await work(pair);
  } finally {
    await pair.stop();
    pair.remove();
  }
}
