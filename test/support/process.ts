import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { LONG } from '../runs.ts';
import { NodePair } from './pair.ts';

const BIN = fileURLToPath(new URL('../../bin/warmspare.js', import.meta.url));

/** A limit for hangs only. */
const HANG_MS = LONG ? 600_000 : 60_000;

/** The daemon as a process of its own, which can be stopped, killed and paused. */
export class DaemonProcess extends NodePair {
  readonly said: string[] = [];
  private child: ChildProcess | undefined;
  private readonly waiting = new Set<() => void>();
  env: Record<string, string> = {};
  /** What is run before it, with the program as its arguments. */
  before: readonly string[] = [];

  get pid(): number {
    return this.child!.pid!;
  }

  /** Begins it, and waits until it says that it runs; `detached`: does not wait. */
  async start(argv: readonly string[] = []): Promise<void> {
    const from = this.said.length;
    const { before } = this;
    const run = [process.execPath, ...argv, BIN, 'run', '-c', `${this.folder}/warmspare.yaml`];
    const [first, ...words] = [...before, ...run];
    const child = spawn(first!, words, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NOTIFY_SOCKET: '', ...this.env },
    });
    this.child = child;
    createInterface({ input: child.stderr! }).on('line', line => {
      const said = line.startsWith('{') ? JSON.parse(line) : { msg: line };
      this.said.push(said.msg);
      this.hears(said);
      for (const look of [...this.waiting]) look();
    });
    const died = new Promise<never>((_, failed) =>
      child.once('exit', (code, signal) =>
        failed(new Error(`the daemon ended (${code ?? signal}):\n${this.said.join('\n')}`)),
      ),
    );
    died.catch(() => undefined);
    await Promise.race([this.until(() => this.said.slice(from).some(text => / keeps /.test(text))), died]);
  }

  /** A line of its log, with its fields. */
  protected hears(_: Readonly<Record<string, unknown>>): void {}

  /** Sends a signal, and for one that ends it waits for the end. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const child = this.child!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ends = signal === 'SIGTERM' || signal === 'SIGKILL';
    const ended = new Promise<void>(done => child.once('exit', () => done()));
    child.kill(signal);
    if (ends) await ended;
  }

  /**
   * Resolves when the check holds; looks again at each line of the log. After `HANG_MS` without an end it
   * fails, and says how things stand.
   */
  until(isSo: () => boolean, about: () => string = () => ''): Promise<void> {
    return new Promise((done, failed) => {
      const hang = AbortSignal.timeout(HANG_MS);
      const end = (settle: () => void) => {
        hang.removeEventListener('abort', hangs);
        this.waiting.delete(look);
        settle();
      };
      const hangs = () =>
        end(() => failed(new Error(`no end in sight: ${about()}\n${this.said.slice(-20).join('\n')}`)));
      const look = () => {
        if (isSo()) end(done);
      };
      hang.addEventListener('abort', hangs);
      this.waiting.add(look);
      look();
    });
  }

  /** The file's text; undefined: it is not there. */
  text(side: 'primary' | 'backup', file: string): string | undefined {
    try {
      return readFileSync(this.path(side, file), 'utf8');
    } catch {
      return undefined;
    }
  }

  override remove(): void {
    // A stopped process takes no other signal.
    this.child?.kill('SIGKILL');
    super.remove();
  }
}

export async function withDaemon(
  relationship: Record<string, unknown>,
  work: (daemon: DaemonProcess) => Promise<void>,
): Promise<void> {
  const daemon = new DaemonProcess(relationship);
  try {
    await work(daemon);
  } finally {
    await daemon.signal('SIGKILL').catch(() => undefined);
    daemon.remove();
  }
}
