import { trustBy } from '../../src/connectors/file/anchored.ts';
import { type FilePlan, isApprovable } from '../../src/core/apply/plan.ts';
import { isFailure } from '../../src/core/failure.ts';
import { perform } from '../../src/replication/perform.ts';
import { prepare } from '../../src/replication/prepare.ts';
import { reject } from '../../src/replication/reject.ts';
import { wholly } from '../../src/replication/settled.ts';
import { undoChange } from '../../src/replication/undo.ts';
import { Agenda } from './agenda.ts';
import { Breaks } from './breaks.ts';
import { Checker } from './checker.ts';
import { SimulatedDisk } from './disk.ts';
import { History } from './history.ts';
import type { Call } from './mount.ts';
import { SimulatedProcess } from './process.ts';
import { Random } from './random.ts';
import type { Setup } from './story.ts';
import { counterpart, localsOf, withoutLocals } from './texts.ts';

/** Calls that need room on the disk, and calls that change it at all. */
const NEEDS_ROOM: ReadonlySet<Call> = new Set<Call>(['create', 'write', 'link', 'make folder']);
const CHANGES: ReadonlySet<Call> = new Set<Call>([...NEEDS_ROOM, 'own', 'rename', 'unlink']);
const SYNCS: ReadonlySet<Call> = new Set<Call>(['sync', 'sync folder', 'write']);

const isBackupKnown = (state: SimulatedDisk) => state.at('relationships/pair.json') !== undefined;

let worlds = 0;

/** A primary, a backup, the machines between them and the people at them, all in one queue. */
export class SimulatedWorld {
  readonly name = `world-${++worlds}`;
  readonly agenda = new Agenda();
  readonly random: Random;
  readonly history = new History();
  readonly checker: Checker;
  readonly primary: SimulatedDisk;
  readonly backup: SimulatedDisk;
  /** Paths of the primary that a tool has open for writing. */
  readonly writing = new Set<string>();
  readonly heldBefore = new Map<string, number>();
  readonly story: string[] = [];
  process: SimulatedProcess | undefined;
  isPrimaryGone = false;
  isPrimaryEmpty = false;
  /** When the primary's root was back last. */
  awayUntil = Number.NEGATIVE_INFINITY;
  isUnmounted = false;
  isUnreachable = false;
  isPaused = false;
  fault: string | undefined;
  skew = 0;
  private empty: SimulatedDisk;
  private state: SimulatedDisk;
  private processes = 0;
  /** Processes that were taken for dead, and whether each then knew that there is a backup. */
  private readonly stale = new Map<SimulatedProcess, boolean>();
  private stamps = 0n;
  private countdown: { calls: number; act: () => void } | undefined;

  constructor(
    seed: number,
    readonly setup: Setup,
    readonly breaks = new Breaks(),
  ) {
    this.random = new Random(seed ^ 0x5eed);
    trustBy(() => this.agenda.now);
    this.checker = new Checker(this);
    const exact = () => ++this.stamps;
    const stamp = setup.isCoarse ? () => BigInt(Math.floor(this.agenda.now / 4)) * 4_000_000n : exact;
    this.primary = new SimulatedDisk(stamp);
    this.primary.create('samba', 0o755, true);
    this.backup = new SimulatedDisk(exact);
    this.backup.create('samba', 0o755, true);
    this.backup.syncAll();
    this.empty = new SimulatedDisk(exact);
    this.state = new SimulatedDisk(exact);
  }

  /** Milliseconds since 1970, as far as people say. */
  wall(): number {
    return 1_790_000_000_000 + this.agenda.now + this.skew;
  }

  tell(line: string): void {
    // How many worlds this process had before is no part of the story.
    const words = line.replaceAll(`/simulated/${this.name}-`, '/simulated/');
    this.story.push(`${(this.agenda.now / 1000).toFixed(3).padStart(9)}  ${words}`);
  }

  /** What people would call that text: the version of the primary that it follows. */
  nameOf(path: string, text: string): string {
    const bare = withoutLocals(text);
    const version = this.history.find(path, one => one !== undefined && counterpart(one) === bare);
    const locals = localsOf(text);
    const own = locals.length === 0 ? '' : `, with ${locals.join(', ')} of its own`;
    return `${version === undefined ? 'of no version' : `version ${version}`}${own}`;
  }

  diskOf(name: string): SimulatedDisk | undefined {
    if (name === 'primary')
      return this.isPrimaryGone ? undefined : this.isPrimaryEmpty ? this.empty : this.primary;
    if (name === 'backup') return this.isUnmounted ? this.empty : this.backup;
    return undefined;
  }

  /** The error that stands against a call just now. */
  faultOf(call: Call, disk: string): string | undefined {
    if (disk !== 'backup') return undefined;
    if (this.isUnreachable) return 'EIO';
    const isHit =
      this.fault === 'ENOSPC'
        ? NEEDS_ROOM.has(call)
        : this.fault === 'EROFS'
          ? CHANGES.has(call)
          : SYNCS.has(call);
    return this.fault !== undefined && isHit ? this.fault : undefined;
  }

  /** Something happens before one of the next calls. */
  beforeCall(calls: number, act: () => void): () => void {
    const plan = { calls, act };
    this.countdown = plan;
    return () => {
      if (this.countdown === plan) this.countdown = undefined;
    };
  }

  /** Counts a call that changes something; true: the process does not live to see it. */
  counts(process: SimulatedProcess, _: Call, __: string): boolean {
    if (this.countdown !== undefined && --this.countdown.calls <= 0) {
      const { act } = this.countdown;
      this.countdown = undefined;
      act();
    }
    return process.isGone;
  }

  /**
   * Whether each member that may act knows from before that there is a backup. As long as one has not
   * replicated itself, an unmounted backup looks to it like a new one, and nothing can tell.
   */
  get remembers(): boolean {
    return isBackupKnown(this.state) && [...this.stale.values()].every(isKnown => isKnown);
  }

  start(): void {
    this.processes += 1;
    if (this.isUnmounted && !this.remembers && this.checker.counts.acknowledged > 0) {
      this.tell('the backup is mounted first, for the member that begins has no memory of it');
      this.isUnmounted = false;
    }
    this.process = new SimulatedProcess(this.processes, this, this.state);
    const { follower, clock } = this.process;
    const held = new Map(
      [...this.heldBefore].map(([path, since]) => [path, since - this.agenda.now + clock.now()]),
    );
    follower.happen({ is: 'started', held, ...(this.isPaused ? { pause: {} } : {}) });
  }

  /**
   * The process ends where it is, or is only taken for dead. `isOther`: what comes after it is another member,
   * with a memory of its own.
   */
  kill(isPower: boolean, isOther: boolean): void {
    const isSure = this.breaks.isDeadSure(isPower || this.setup.isDeadSure);
    if (this.process !== undefined) {
      if (isSure) this.process.isGone = true;
      else this.setAside(this.process);
    }
    this.process = undefined;
    if (isPower && isSure) {
      this.endStale();
      this.backup.cut(this.random);
      this.state.cut(this.random);
      this.checker.isCut();
    }
    if (isOther) this.state = new SimulatedDisk(() => ++this.stamps);
  }

  /** Taken for dead, and only stopped: it goes on later with what it was about to do. */
  private setAside(process: SimulatedProcess): void {
    process.isStopped = true;
    // What a later one remembers in the same state came after this one's look at it.
    this.stale.set(process, isBackupKnown(process.state));
    this.agenda.after(8_000, () => {
      if (process.isGone) return;
      this.tell('  the process that was taken for dead goes on');
      process.isStopped = false;
      this.agenda.goesOn(process);
    });
  }

  endStale(): void {
    for (const process of this.stale.keys()) process.isGone = true;
    this.stale.clear();
  }

  /** Tells the eyes of the process that something happened on the primary. */
  hint(path: string, isWhole = false): void {
    this.process?.sight?.happened(path, isWhole ? this.primary.at(path) : undefined);
  }

  /** A person's command: it has the relationship to itself, as in the daemon. */
  command(name: string, work: (process: SimulatedProcess) => Promise<void>): void {
    const { process } = this;
    if (process === undefined) return;
    process.follower
      .alone(async () => {
        process.isServing = true;
        await work(process);
      })
      .finally(() => {
        process.isServing = false;
      })
      .catch(error => {
        if (!isFailure((error as { failure?: unknown }).failure as never)) process.broken(name, error);
      });
  }

  /** Settles the first change that waits for a person. */
  settle(what: 'approve' | 'reject'): void {
    // A person names what was shown; what came after it has another id.
    const shown = new Set([...(this.process?.follower.state.holds.values() ?? [])].map(({ id }) => id));
    this.command(what, async ({ opened }) => {
      const prepared = await prepare(opened, opened.target, { now: this.wall() });
      // As every command does: what is held no more is no change to settle, whatever it was called.
      const isOpen = ({ id, held }: FilePlan) => shown.has(id) && held.length > 0 && held.every(isApprovable);
      const file = prepared.plan.files.find(isOpen);
      if (file === undefined) return;
      const isOverwritten = file.held.some(({ failure }) => failure === 'baseline-differs');
      if (what === 'approve' && isOverwritten) this.checker.givenUp(file.path);
      const how = { what, now: this.wall() };
      const done = await wholly(opened, async () => {
        return what === 'approve' ? perform(prepared, [file], how) : reject(prepared, file, how);
      });
      this.tell(`  ${what} of ${file.path}: ${isFailure(done) ? done.message : 'done'}`);
    });
  }

  undo(): void {
    this.command('undo', async ({ opened }) => {
      const prepared = await prepare(opened, opened.target, { now: this.wall() });
      if (prepared.ledger === undefined || prepared.plan.held.length > 0) return;
      const undone = await wholly(opened, () =>
        undoChange(prepared, undefined, { what: 'undo', now: this.wall() }),
      );
      this.tell(`  undo: ${isFailure(undone) ? undone.message : `change ${undone.sequence} is taken back`}`);
    });
  }
}
