import type { Look } from '../../../src/core/capture/look.ts';
import type { Effect, Settled } from '../../../src/core/effect.ts';
import type { Event, Verdict } from '../../../src/core/event.ts';
import type { Failure } from '../../../src/core/failure.ts';
import { BLANK, PACE, type State } from '../../../src/core/replicator/state.ts';
import { type Settings, step, wakeAt } from '../../../src/core/replicator.ts';

/** An event without its time. */
type Happening = Event extends infer E ? (E extends Event ? Omit<E, 'at'> : never) : never;

/** What a save leaves at a path: a good text, one that does not parse, one that a guard holds. */
export type Content = 'good' | 'broken' | 'guarded';

interface Version {
  readonly number: number;
  readonly content: Content;
  readonly look: Look;
}

export const PATHS = ['a', 'b', 'c', 'd'] as const;

const failure = (code: Failure['failure']): Failure => ({ failure: code, message: code });

/**
 * A primary, a backup and a clock, all simulated: what the core asks for is answered after a while, by
 * turns that the test chooses. Events may get lost; the scan never lies.
 */
export class SimulatedWorld {
  state: State = BLANK;
  now = 0;
  readonly primary = new Map<string, Version>();
  /** Version numbers, as they are on the backup. */
  readonly backup = new Map<string, number>();
  /** Every write on the backup, in order. */
  readonly applied: { readonly path: string; readonly version: number | undefined }[] = [];
  /** What the primary had at each path, in order; undefined: nothing. */
  readonly history = new Map<string, (number | undefined)[]>();
  readonly writing = new Set<string>();
  /** Paths that the backup does not take, whatever else it takes. */
  readonly unwritable = new Set<string>();
  /** Paths that cannot be read just now, which no change of the file ends. */
  readonly unreadable = new Set<string>();
  /** Paths that somebody on the backup writes all the time. */
  readonly moving = new Set<string>();
  readonly commits: (readonly string[])[] = [];
  isReachable = true;
  /** How much longer a plan takes than any other answer, in milliseconds. */
  planning = 0;
  /** The primary as a whole is away, or empty. */
  isPrimaryAway = false;
  isPausedByPerson = false;
  serving: number | undefined;
  /** How often the backup was read. */
  proofs = 0;
  stopped = false;
  readonly said: string[] = [];
  private versions = 0;
  private agenda: { readonly at: number; readonly act: () => void }[] = [];
  private readonly batches = new Map<number, Map<string, Version | undefined>>();
  readonly settings: Settings = { pace: PACE, manner: () => 'unparsed' };

  /** `delay`: how long an answer takes, in milliseconds; drawn by the test. */
  constructor(private readonly delay: () => number) {}

  begin(): void {
    this.take({ is: 'started' });
  }

  take(happening: Happening): void {
    const stepped = step(this.state, { ...happening, at: this.now } as Event, this.settings);
    this.state = stepped.state;
    for (const effect of stepped.effects) this.perform(effect);
  }

  /** A tool saves; the hint may be lost. */
  save(path: string, content: Content, how: { hinted: boolean; whole: boolean }): void {
    this.versions += 1;
    const look = {
      inode: `1:${this.versions}`,
      size: 10,
      modified: `${this.versions}`,
      changed: `${this.versions}`,
    };
    this.primary.set(path, { number: this.versions, content, look });
    this.note(path);
    if (how.hinted) this.take({ is: 'hinted', path, look, whole: how.whole });
  }

  /** `mv`: the very same file under another name; the old one is seen missing first. */
  rename(from: string, to: string): void {
    const version = this.primary.get(from)!;
    this.primary.delete(from);
    this.primary.set(to, version);
    this.note(from);
    this.note(to);
    this.take({ is: 'hinted', path: from, look: undefined, whole: false });
    this.take({ is: 'hinted', path: to, look: version.look, whole: true });
  }

  private note(path: string): void {
    this.history.set(path, [...(this.history.get(path) ?? []), this.primary.get(path)?.number]);
  }

  remove(path: string, hinted: boolean): void {
    this.primary.delete(path);
    this.note(path);
    if (hinted) this.take({ is: 'hinted', path, look: undefined, whole: false });
  }

  /** Lets time pass until `until`, whatever is due on the way. */
  advance(until: number): void {
    for (;;) {
      const next = this.agenda.reduce<number>(
        (least, { at }) => Math.min(least, at),
        Number.POSITIVE_INFINITY,
      );
      const time = Math.max(this.now, Math.min(next, wakeAt(this.state)));
      if (time > until) break;
      this.now = time;
      const due = this.agenda.filter(({ at }) => at <= time);
      this.agenda = this.agenda.filter(({ at }) => at > time);
      for (const { act } of due) act();
      const before = this.state;
      this.take({ is: 'clock' });
      // An alarm that rings for nothing would ring for ever.
      if (due.length === 0 && this.state === before && wakeAt(this.state) <= this.now) {
        throw new Error(`the alarm rings at ${this.now} and nothing is done`);
      }
    }
    this.now = until;
  }

  private later(act: () => void, longer = 0): void {
    this.agenda.push({ at: this.now + this.delay() + longer, act });
  }

  private perform(effect: Effect): void {
    switch (effect.is) {
      case 'open':
        this.later(() =>
          this.take(
            this.isReachable
              ? { is: 'opened' }
              : { is: 'opened', obstacle: { failure: failure('root-missing'), unreachable: true } },
          ),
        );
        break;
      case 'scan':
        this.later(() => {
          if (this.isPrimaryAway) {
            const obstacle = { failure: failure('root-missing'), unreachable: false };
            this.take({ is: 'scanned', looks: new Map(), refused: [], replicated: [], obstacle });
            return;
          }
          const looks = new Map([...this.primary].map(([path, { look }]) => [path, look]));
          this.take({ is: 'scanned', looks, refused: [], replicated: [...this.backup.keys()] });
        });
        break;
      case 'look':
        this.later(() =>
          this.take({
            is: 'looked',
            path: effect.path,
            look: this.primary.get(effect.path)?.look,
            writing: this.writing.has(effect.path),
          }),
        );
        break;
      case 'prepare':
        this.later(() => this.prepare(effect.batch, effect.paths), this.planning);
        break;
      case 'commit':
        this.later(() => this.commit(effect.batch, effect.paths));
        break;
      case 'prove':
        this.proofs += 1;
        this.later(() => this.take({ is: 'proved', edited: [] }));
        break;
      case 'serve':
        this.serving = effect.token;
        this.later(() => {
          this.serving = undefined;
          this.take({ is: 'served', token: effect.token, touched: true });
        });
        break;
      case 'say':
        this.said.push(effect.text);
        break;
      case 'record':
        break;
      case 'stopped':
        this.stopped = true;
        break;
    }
  }

  private prepare(batch: number, paths: readonly Settled[]): void {
    if (!this.isReachable) {
      const obstacle = { failure: failure('root-missing'), unreachable: true };
      this.take({ is: 'prepared', batch, verdicts: [], obstacle });
      return;
    }
    const read = new Map(paths.map(({ path }) => [path, this.primary.get(path)]));
    this.batches.set(batch, read);
    const verdicts = paths.map(({ path, look }): Verdict => {
      const version = read.get(path);
      if (version?.look.inode !== look?.inode) return { path, is: 'moved', look: version?.look };
      if (version === undefined && !this.backup.has(path)) return { path, is: 'same' };
      if (version === undefined) {
        const isRenamed = [...read].some(([, other]) => other?.number === this.backup.get(path));
        if (isRenamed) return { path, is: 'ready', write: true };
        return { path, is: 'held', id: 'gone', failures: [failure('file-deleted')] };
      }
      const id = `v${version.number}`;
      if (this.unreadable.has(path)) return { path, is: 'held', id, failures: [failure('unreadable')] };
      if (version.content === 'broken') return { path, is: 'held', id, failures: [failure('syntax')] };
      if (version.content === 'guarded')
        return { path, is: 'held', id, failures: [failure('mass-deletion')] };
      return this.backup.get(path) === version.number
        ? { path, is: 'same' }
        : { path, is: 'ready', write: true };
    });
    this.take({ is: 'prepared', batch, verdicts });
  }

  private commit(batch: number, paths: readonly Settled[]): void {
    const stuck = paths.some(({ path }) => this.unwritable.has(path));
    const moved = paths.some(({ path }) => this.moving.has(path));
    if (!this.isReachable || stuck || moved) {
      const code = stuck || !this.isReachable ? 'unwritable' : 'plan-moved';
      const why = { failure: failure(code), unreachable: !this.isReachable };
      this.take({
        is: 'refused',
        batch,
        ...why,
        ids: new Map(paths.map(({ path }) => [path, `of ${path}`])),
      });
      return;
    }
    this.commits.push(paths.map(({ path }) => path));
    if (this.serving !== undefined) throw new Error('a commit while a person’s command has the relationship');
    for (const { path } of paths) {
      const version = this.batches.get(batch)?.get(path);
      this.applied.push({ path, version: version?.number });
      if (version === undefined) this.backup.delete(path);
      else this.backup.set(path, version.number);
    }
    this.take({ is: 'committed', batch });
  }
}
