import { lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { code } from '../../connectors/file/place.ts';

/** A file that somebody asks about: where it really is, and `device:inode`. */
export interface Asked {
  readonly real: string;
  readonly inode: string;
}

interface Ask extends Asked {
  readonly answer: (writing: boolean | undefined) => void;
}

/** The loop is never held longer than about this. */
const SLICE_MS = 4;
/** Of all time at most a fifth goes into sweeps, however many processes there are. */
const REST = 4;
/** Sweeps over the processes that were started during the sweep before. */
const ROUNDS_MAX = 5;
const INIT = '1';
/** The kernel's number for the first process-id namespace; in any other there are processes that we cannot see. */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

/**
 * Who has a file open for writing, by `/proc`. A sweep goes over all processes for all who ask; whoever
 * asks while one is under way waits for the next, because the running one may have passed by already.
 *
 * Only descriptors are seen: not a mapping whose descriptor was closed, nor a writer on another host of
 * a network file system.
 */
export class Writers {
  private asks: Ask[] = [];
  private sweeping = false;
  private notBefore = 0;

  /** `proc`: where to look; for tests. */
  constructor(private readonly proc = '/proc') {}

  /**
   * True: some other process has it open for writing now. False: none has. Undefined: none was seen, but
   * not every process can be looked at (another user's, hidden, or beyond the container).
   */
  writing(file: Asked): Promise<boolean | undefined> {
    return new Promise(answer => {
      this.asks.push({ ...file, answer });
      if (!this.sweeping) void this.sweepAll();
    });
  }

  private async sweepAll(): Promise<void> {
    this.sweeping = true;
    while (this.asks.length > 0) {
      const rest = this.notBefore - performance.now();
      if (rest > 0) await new Promise(resolve => setTimeout(resolve, rest));
      // Whoever asks in this same turn is swept for together.
      else await new Promise(resolve => setImmediate(resolve));
      const asks = this.asks;
      this.asks = [];
      const sweep = new Sweep(this.proc, asks);
      const open = await sweep.run().catch(() => undefined);
      this.notBefore = performance.now() + sweep.spent * REST;
      for (const ask of asks)
        ask.answer(open?.has(ask.inode) ? true : open && sweep.complete ? false : undefined);
    }
    this.sweeping = false;
  }
}

class Sweep {
  /** Whether every process could be looked at. */
  complete = true;
  /** Milliseconds that the loop was held, all in all. */
  spent = 0;
  private sliceStart = 0;
  private readonly wanted: ReadonlySet<string>;
  private readonly names: ReadonlySet<string>;
  /** A file with several names may be open under one that nobody here knows. */
  private readonly anyName: boolean;
  private readonly open = new Set<string>();

  constructor(
    private readonly proc: string,
    asks: readonly Asked[],
  ) {
    this.wanted = new Set(asks.map(ask => ask.inode));
    this.names = new Set(asks.map(ask => basename(ask.real)));
    this.anyName = asks.some(ask => hasOtherNames(ask.real));
  }

  async run(): Promise<ReadonlySet<string>> {
    if ((await readlink(`${this.proc}/self/ns/pid`)) !== FIRST_PID_NAMESPACE) this.complete = false;
    // Everybody may see the first process, unless processes are hidden.
    if (!(await readdir(this.proc)).includes(INIT)) this.complete = false;
    const swept = new Set<string>([String(process.pid)]);
    // A process may hand its files to a child and end before the sweep comes to it.
    for (let round = 0; ; round++) {
      const born = (await readdir(this.proc)).filter(name => /^\d/.test(name) && !swept.has(name));
      if (born.length === 0) break;
      if (round === ROUNDS_MAX) {
        this.complete = false;
        break;
      }
      this.sliceStart = performance.now();
      for (const pid of born) {
        swept.add(pid);
        await this.process(pid);
        if (this.open.size === this.wanted.size) break;
      }
      this.spent += performance.now() - this.sliceStart;
      if (this.open.size === this.wanted.size) break;
    }
    return this.open;
  }

  private async process(pid: string): Promise<void> {
    const folder = `${this.proc}/${pid}/fd`;
    let descriptors: string[];
    try {
      descriptors = readdirSync(folder);
    } catch (error) {
      this.missed(pid, error);
      return;
    }
    for (const descriptor of descriptors) {
      this.look(pid, `${folder}/${descriptor}`);
      if (performance.now() - this.sliceStart > SLICE_MS) await this.breathe();
    }
    if (performance.now() - this.sliceStart > SLICE_MS) await this.breathe();
  }

  /**
   * Cheapest first. The link's text needs no look at a file system, which may be one that hangs; its
   * permissions tell how the file was opened; only what is left is looked at itself.
   */
  private look(pid: string, descriptor: string): void {
    try {
      const text = readlinkSync(descriptor);
      if (!text.startsWith('/')) return;
      const name = text.slice(text.lastIndexOf('/') + 1).replace(/ \(deleted\)$/, '');
      if (!this.anyName && !this.names.has(name)) return;
      if ((lstatSync(descriptor).mode & 0o200) === 0) return;
      const found = statSync(descriptor, { bigint: true });
      const inode = `${found.dev}:${found.ino}`;
      if (this.wanted.has(inode)) this.open.add(inode);
    } catch (error) {
      this.missed(pid, error);
    }
  }

  /**
   * One that has ended meanwhile writes no more. Init may be closed even to root, and edits no
   * configuration; to other users it is closed like everything else is, and stands for that.
   */
  private missed(pid: string, error: unknown): void {
    if (code(error) === 'ENOENT' || code(error) === 'ESRCH') return;
    if (pid !== INIT || process.geteuid?.() !== 0) this.complete = false;
  }

  private async breathe(): Promise<void> {
    this.spent += performance.now() - this.sliceStart;
    await new Promise(resolve => setImmediate(resolve));
    this.sliceStart = performance.now();
  }
}

function hasOtherNames(real: string): boolean {
  try {
    return statSync(real).nlink > 1;
  } catch {
    return true;
  }
}
