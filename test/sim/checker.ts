import { createHash } from 'node:crypto';
import type { Transaction } from '../../src/connectors/connector.ts';
import { type Ledger, parseLedger } from '../../src/connectors/ledger.ts';
import { type Failure, isFailure } from '../../src/core/failure.ts';
import type { SimulatedProcess } from './process.ts';
import { counterpart, entriesOf, localsOf, namesPrimary, PATHS, skeleton, withoutLocals } from './texts.ts';
import type { SimulatedWorld } from './world.ts';

/** A broken invariant, by its number in ARCHITECTURE.md; 0: a mistake that no invariant speaks of. */
export interface Violation {
  readonly invariant: number;
  readonly text: string;
}

/** A commit that was asked for, with what was known when it was. */
interface Begun {
  readonly transaction: Transaction;
  readonly reached: ReadonlyMap<string, number>;
  readonly decided: ReadonlyMap<string, number>;
}

const LEDGER = '.warmspare/pair/ledger.json';
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const hash = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? null : createHash('sha256').update(bytes).digest('hex');

/**
 * Looks at every effect on the backup, every acknowledgement and every word about the standing, and says
 * which invariant does not hold. It knows the story and the rules of texts.ts, and nothing of the product.
 */
export class Checker {
  readonly violations: Violation[] = [];
  /** Saves on the backup between a commit's last look and its rename, which it cannot see. */
  inWindow = 0;
  readonly counts = {
    effects: 0,
    acknowledged: 0,
    cuts: 0,
    inSync: 0,
    held: 0,
    merged: 0,
    foretold: 0,
    baseLost: 0,
    nobodys: 0,
    takenBack: 0,
  };
  /** By path: hashes as they followed each other, from what must survive a power cut on. */
  private readonly placed = new Map<string, (string | null)[]>();
  private sequence = 0;
  /** The highest epoch that was taken: of lower ones no effect may follow. */
  private epoch = 0;
  /** Of a cluster's processes the last one that had the backup: those before it never have an effect again. */
  private owner = 0;
  /** Commits that were asked for and are not acknowledged: they may be ended, or taken back, by anybody. */
  private begun: Begun[] = [];
  /** The batch that was being committed when a person paused replication. */
  private underWay: { process: SimulatedProcess; batch: number } | undefined;
  /** Paths of which a person gave up what the backup had. */
  private readonly overwritten = new Set<string>();
  /** By path: the version of the primary that was put there last by an update. */
  private readonly reached = new Map<string, number>();
  /** Paths whose content a person decided, and the version of the primary at that time. */
  private readonly decided = new Map<string, number>();
  /** Files of the backup that an acknowledged change has put there at some time. */
  private readonly ours = new Set<string>();
  /** Files that a person kept when the primary deleted them: the backup's own until it is the primary's again. */
  private readonly own = new Set<string>();
  private readonly missingSince = new Map<string, number>();
  private readonly cameBack = new Map<string, { at: number; missing: number }>();
  /** When a process was told of a path the last time, or found a file there. */
  private readonly heardOf = new Map<string, number>();
  private looked: object | undefined;
  private readonly seenHolds = new WeakSet<object>();

  constructor(private readonly world: SimulatedWorld) {}

  fails(invariant: number, words: string): void {
    this.violations.push({ invariant, text: words });
    this.world.tell(`** invariant ${invariant} is broken: ${words}`);
  }

  /** A person pauses: what is being committed just then comes to its end. */
  paused(process: SimulatedProcess | undefined): void {
    const batch = process?.follower.state.batch;
    this.underWay = batch?.stage === 'committing' ? { process: process!, batch: batch.id } : undefined;
  }

  /** A commit is asked for. */
  begins(process: SimulatedProcess, transaction: Transaction): void {
    const { pause, batch } = process.follower.state;
    const isUnderWay = this.underWay?.process === process && this.underWay.batch === batch?.id;
    if (pause !== undefined && !process.isServing && !isUnderWay)
      this.fails(3, `change ${transaction.ledger.sequence} was begun while replication was paused`);
    this.begun.push({ transaction, reached: new Map(this.reached), decided: new Map(this.decided) });
  }

  /** A person was shown that the backup's file is of no known origin, and wants the primary's in its place. */
  givenUp(path: string): void {
    this.overwritten.add(path);
  }

  /** A process has the backup now, as it is told. */
  taken({ number }: SimulatedProcess, epoch: number): void {
    this.epoch = Math.max(this.epoch, epoch);
    if (this.world.setup.isCluster) this.owner = Math.max(this.owner, number);
  }

  /** Somebody else than warmspare put something at a path of the backup, and it is on the platter. */
  edited(path: string, bytes: Uint8Array | undefined): void {
    this.placed.set(path, [...(this.placed.get(path) ?? [null]), hash(bytes)]);
  }

  /** The primary's file came or went. */
  isThere(path: string, isSo: boolean): void {
    const { now } = this.world.agenda;
    const since = this.missingSince.get(path);
    if (!isSo) this.missingSince.set(path, now);
    else if (since !== undefined) this.cameBack.set(path, { at: now, missing: this.missing(path) });
    if (isSo) this.missingSince.delete(path);
  }

  /** A process is told of a path, or finds a file there. */
  hears(path: string): void {
    this.heardOf.set(path, this.world.agenda.now);
  }

  /** For how many milliseconds a file of the primary is missing, or was until just now. */
  private missing(path: string): number {
    const { now } = this.world.agenda;
    // For whoever looks from outside all files were missing while the root was away.
    if (now - this.world.awayUntil < 10_000) return 10_000;
    const since = this.missingSince.get(path);
    const back = this.cameBack.get(path);
    if (since !== undefined) {
      // It came back and went again, and all that could tell was lost.
      const isUnheard = back !== undefined && (this.heardOf.get(path) ?? 0) < back.at;
      return now - since + (isUnheard ? since - back.at + back.missing : 0);
    }
    return back !== undefined && now - back.at < 1_000 ? back.missing : 0;
  }

  /** A name of the backup leads elsewhere now. */
  effect(
    process: SimulatedProcess,
    path: string,
    before: Uint8Array | undefined,
    after: Uint8Array | undefined,
  ) {
    if (path !== LEDGER && path.startsWith('.warmspare/')) return;
    if (process.number < this.owner)
      this.fails(4, `${path} was put by process ${process.number}, after ${this.owner} had the task`);
    if (path === LEDGER) return this.ledgerIs(after);
    this.counts.effects += 1;
    if (this.world.isUnmounted) this.fails(3, `${path} was put where no backup is mounted`);
    this.edited(path, after);
    const { transaction } = process;
    if (transaction !== undefined && transaction.ledger.epoch < this.epoch && !process.isTaking)
      this.fails(4, `${path} was put in epoch ${transaction.ledger.epoch}, after ${this.epoch} was taken`);
    const back = this.begun.findLast(one => isTakenBack(one.transaction, path, before, after));
    if (back !== undefined) return this.takenBack(path, back);
    if (after === undefined && this.isEditedMeanwhile(process, path, before)) return;
    const what = this.whatOf(process, path, after);
    const told = after === undefined ? 'is gone' : `is ${this.world.nameOf(path, text(after))}`;
    this.world.tell(
      `  the backup's ${path} ${told}${what === 'update' || what === 'baseline' ? '' : ` (${what})`}`,
    );
    if (what === 'approve' || what === 'undo' || what === 'reject') this.isDecided(path);
    if (after === undefined) return this.isDeleted(path, what);
    this.isWhole(path, text(after), what);
    this.keepsLocals(process, path, before, text(after));
    if (before !== undefined && what === 'update') this.isNoMassDeletion(path, text(before), text(after));
  }

  /**
   * What is taken back is a file that was new, and somebody saved another one there after the last look: the one window
   * that plain files leave. It is put back, as this looks at the next effect.
   */
  private isEditedMeanwhile(
    { lastRead }: SimulatedProcess,
    path: string,
    before: Uint8Array | undefined,
  ): boolean {
    const seen = hash(lastRead.get(path));
    const isNew = ({ transaction }: Begun) =>
      putsThere(transaction, path, seen) && (transaction.expected.get(path) ?? null) === null;
    if (seen === hash(before) || !this.begun.some(isNew)) return false;
    this.inWindow += 1;
    this.world.tell(`  the backup's ${path} is taken back, and was saved there meanwhile`);
    return true;
  }

  /** What a change is for: of one that somebody else had begun, what it was begun for. */
  private whatOf({ transaction }: SimulatedProcess, path: string, after: Uint8Array | undefined): string {
    const others = this.begun.map(one => one.transaction).reverse();
    const all = transaction === undefined ? others : [transaction, ...others];
    const one = all.find(each => putsThere(each, path, hash(after)));
    return (one ?? transaction)?.ledger.history.at(-1)?.what ?? 'update';
  }

  /** What stood there before a commit that was never acknowledged stands there again. */
  private takenBack(path: string, { reached, decided }: Begun): void {
    this.counts.takenBack += 1;
    this.world.tell(`  the backup's ${path} is again what it was`);
    again(this.reached, reached, path);
    again(this.decided, decided, path);
  }

  private isWhole(path: string, put: string, what: string): void {
    if (namesPrimary(put)) this.fails(2, `${path} still names the primary`);
    const bare = withoutLocals(put);
    if (bare !== put) this.counts.merged += 1;
    const version = this.versionOf(path, bare);
    if (version === undefined) return this.fails(1, `${path} is no whole version: ${JSON.stringify(put)}`);
    if (what === 'undo') return;
    const before = this.reached.get(path) ?? 0;
    if (version < before) this.fails(3, `${path} went back from version ${before} to ${version}`);
    this.reached.set(path, Math.max(version, before));
  }

  /** The last version of the primary's file that this is the counterpart of. */
  private versionOf(path: string, bare: string | undefined): number | undefined {
    const same =
      bare !== undefined && this.decided.has(path)
        ? (one: string) => skeleton(counterpart(one)) === skeleton(bare)
        : (one: string) => counterpart(one) === bare;
    return this.world.history.find(path, one => (one === undefined ? bare === undefined : same(one)));
  }

  private keepsLocals(
    { lastRead }: SimulatedProcess,
    path: string,
    before: Uint8Array | undefined,
    put: string,
  ): void {
    if (before === undefined) return;
    // Saved after the last look: the one window that plain files leave.
    if (lastRead.get(path) !== before && hash(lastRead.get(path)) !== hash(before)) {
      this.inWindow += 1;
      return;
    }
    const kept = new Set(localsOf(put));
    const lost = localsOf(text(before)).filter(local => !kept.has(local));
    if (this.overwritten.delete(path)) return;
    if (lost.length > 0) this.fails(7, `${path} lost ${lost.join(', ')} of the backup`);
  }

  private isNoMassDeletion(path: string, before: string, put: string): void {
    if (!this.world.setup.isGuarded) return;
    const kept = new Set(entriesOf(put));
    const lost = entriesOf(before).filter(entry => !kept.has(entry)).length;
    if (lost > 5) this.fails(3, `${path} lost ${lost} entries, and nobody approved it`);
  }

  private isDeleted(path: string, what: string): void {
    if (what !== 'update') return;
    if (this.world.setup.isGuarded) this.fails(3, `${path} was deleted, and nobody approved it`);
    const missing = this.missing(path);
    if (missing < 5_000)
      this.fails(3, `${path} was deleted after it was missing for ${missing.toFixed(0)} ms`);
  }

  /** A person settled what the backup's file is to be. */
  private isDecided(path: string): void {
    this.decided.set(path, this.world.history.latest(path));
  }

  /** A file is called deleted, which a person would be asked about. */
  calledDeleted(path: string): void {
    const missing = this.missing(path);
    if (missing < 5_000) this.fails(3, `${path} was called deleted after ${missing.toFixed(0)} ms`);
  }

  /** The ledger speaks of files that are there already, and never counts back. */
  private ledgerIs(bytes: Uint8Array | undefined): void {
    const ledger = bytes === undefined ? undefined : parseLedger(text(bytes), LEDGER);
    if (ledger === undefined || isFailure(ledger)) return this.fails(3, 'the ledger is none');
    if (ledger.sequence < this.sequence)
      this.fails(3, `the ledger went back to change ${ledger.sequence} from ${this.sequence}`);
    const last = ledger.history.at(-1);
    const isByPerson = last?.what !== 'update' && last?.what !== 'baseline';
    if (isByPerson && last?.sequence === ledger.sequence)
      for (const { path } of last.files) this.isDecided(path);
    if (last?.what === 'reject' && last.sequence === ledger.sequence)
      for (const { path } of last.files) if (ledger.files[path] === undefined) this.own.add(path);
    for (const [path, entry] of Object.entries(ledger.files)) {
      this.own.delete(path);
      // What was acknowledged is only written anew, in a later epoch; somebody may have edited the file since.
      if (entry.sequence !== ledger.sequence || ledger.sequence <= this.sequence) continue;
      const found = this.placed.get(path) ?? [null];
      if (!found.includes(entry.file)) this.fails(3, `the ledger tells of a ${path} that is not there yet`);
    }
  }

  acknowledged(_: SimulatedProcess, { puts, deletes, ledger }: Transaction): void {
    this.counts.acknowledged += 1;
    if (ledger.epoch < this.epoch && ledger.sequence < this.sequence) return this.wasBuiltOn(ledger);
    this.sequence = Math.max(this.sequence, ledger.sequence);
    this.begun = [];
    for (const { path, hash: put } of puts) {
      this.mustSurvive(path, put);
      this.ours.add(path);
    }
    for (const path of deletes) this.mustSurvive(path, null);
  }

  /** Stopped between the end of a change and its answer: what a later owner has done since follows from it. */
  private wasBuiltOn({ sequence, history }: Ledger): void {
    const now = this.ledgerOnBackup();
    const plan = (ledger: { readonly history: Ledger['history'] } | undefined) =>
      ledger?.history.findLast(entry => entry.sequence === sequence)?.plan;
    if (isFailure(now) || plan(now) !== plan({ history }))
      this.fails(3, `change ${sequence} was acknowledged late, and never was`);
  }

  private ledgerOnBackup(): Ledger | undefined | Failure {
    const found = this.world.backup.text(LEDGER);
    return found === undefined ? undefined : parseLedger(found, LEDGER);
  }

  private mustSurvive(path: string, put: string | null): void {
    const placed = this.placed.get(path) ?? [null];
    const at = placed.lastIndexOf(put);
    if (at < 0) this.fails(3, `${path} was acknowledged, and never put there`);
    else this.placed.set(path, placed.slice(at));
  }

  /** The power went and came back. */
  isCut(): void {
    this.counts.cuts += 1;
    const { backup } = this.world;
    const ledger = this.ledgerAfterCut();
    for (const path of PATHS) {
      const placed = this.placed.get(path) ?? [null];
      const found = hash(backup.at(path)?.bytes);
      const at = placed.lastIndexOf(found);
      if (at < 0) this.fails(3, `${path} lost in the power cut what was acknowledged, or is torn`);
      const entry = ledger?.files[path];
      const noted =
        entry === undefined || entry.sequence !== ledger?.sequence
          ? -1
          : this.notedAt(placed, entry.file, ledger);
      if (noted > at) this.fails(3, `after the power cut the ledger tells of a ${path} that is not there`);
      this.placed.set(path, [found]);
    }
  }

  /**
   * From which version on a ledger needs what it tells of. What was acknowledged, and put back after a change that
   * failed, may be undone in the cut as that change was: whoever comes next settles it.
   */
  private notedAt(placed: readonly (string | null)[], file: string | null, { sequence }: Ledger): number {
    return sequence > this.sequence ? placed.lastIndexOf(file) : placed.indexOf(file);
  }

  private ledgerAfterCut(): Ledger | undefined {
    const ledger = this.ledgerOnBackup();
    if (isFailure(ledger)) {
      this.fails(3, `after the power cut ${ledger.message}`);
      return undefined;
    }
    if ((ledger?.sequence ?? 0) < this.sequence)
      this.fails(3, `change ${this.sequence} was acknowledged and is lost in the power cut`);
    return ledger;
  }

  /** After each thing that happened: what a person would be told. */
  look(process: SimulatedProcess): void {
    // What is said follows from the state and from nothing else that changes.
    if (process.follower.state === this.looked) return;
    this.looked = process.follower.state;
    for (const [path, { failures }] of process.follower.state.holds) {
      if (this.seenHolds.has(failures)) continue;
      this.seenHolds.add(failures);
      if (failures.some(({ failure }) => failure === 'file-deleted')) this.calledDeleted(path);
    }
    if (process.isStopped || process.standing() !== 'in sync') return;
    this.counts.inSync += 1;
    const { active, doubts, holds, batch, pause, phase } = process.follower.state;
    const open = [...active.keys(), ...doubts.keys(), ...holds.keys(), ...(batch?.paths.keys() ?? [])];
    if (open.length > 0) return this.fails(6, `"in sync" was said while ${open[0]} was open`);
    if (pause !== undefined || phase.is === 'waiting')
      return this.fails(6, '"in sync" was said while nothing is replicated');
    for (const path of PATHS) {
      const known = process.sight?.seen.get(path) ?? 0;
      const why = this.behind(path, known);
      if (why !== undefined) this.fails(6, `"in sync" was said, and ${why}`);
    }
  }

  /** A person decided on that version, or on one with the same text and nothing was replicated since. */
  private isSettled(path: string, version: number): boolean {
    const { history } = this.world;
    const decided = this.decided.get(path) ?? -1;
    if (decided >= version) return true;
    const isSame = decided >= 0 && history.text(path, decided) === history.text(path, version);
    return isSame && (this.reached.get(path) ?? 0) <= decided;
  }

  /** A scan sees no version of what is gone: a person decided on that, and what came since went again. */
  private isGoneAndSettled(path: string): boolean {
    const { history } = this.world;
    const latest = history.latest(path);
    return history.text(path, latest) === undefined && this.isSettled(path, latest);
  }

  /** Gone now, or as of the version that is asked for: a scan may have seen no later one than before it went. */
  private isGone(path: string, version: number): boolean {
    const { history } = this.world;
    return [version, history.latest(path)].some(each => each > 0 && history.text(path, each) === undefined);
  }

  /**
   * The other corner that is known: killed before its first change was acknowledged, then the file was edited
   * there and went on the primary. No ledger ever told of it: it stays, as a file of the backup's own.
   */
  private isNobodys(path: string, version: number): boolean {
    const { backup } = this.world;
    if (!this.isGone(path, version) || this.ours.has(path) || localsOf(backup.text(path) ?? '').length === 0)
      return false;
    const ledger = this.ledgerOnBackup();
    const isTold = isFailure(ledger) || ledger?.files[path] !== undefined;
    if (!isTold) this.counts.nobodys += 1;
    return !isTold;
  }

  /** Why the backup's file is older than that version of the primary's; undefined: it is not. */
  behind(path: string, version: number): string | undefined {
    const { backup } = this.world;
    if (this.isSettled(path, version) || this.isGoneAndSettled(path)) return undefined;
    if (this.isNobodys(path, version)) return undefined;
    if (this.own.has(path) && (version === 0 || this.isGone(path, version))) return undefined;
    const found = backup.text(path);
    const bare = found === undefined ? undefined : withoutLocals(found);
    const there = this.versionOf(path, bare);
    if (there !== undefined && there >= version) return undefined;
    return `${path} is ${there === undefined ? 'none' : `version ${there}`} and not version ${version} of the primary`;
  }
}

function putsThere({ puts, deletes }: Transaction, path: string, found: string | null): boolean {
  return found === null ? deletes.includes(path) : puts.some(put => put.path === path && put.hash === found);
}

function isTakenBack(
  transaction: Transaction,
  path: string,
  before: Uint8Array | undefined,
  after: Uint8Array | undefined,
): boolean {
  const { expected } = transaction;
  return (
    putsThere(transaction, path, hash(before)) &&
    expected.has(path) &&
    (expected.get(path) ?? null) === hash(after)
  );
}

function again(now: Map<string, number>, before: ReadonlyMap<string, number>, path: string): void {
  const known = before.get(path);
  if (known === undefined) now.delete(path);
  else now.set(path, known);
}
