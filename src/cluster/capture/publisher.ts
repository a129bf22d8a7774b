import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { StoredFile } from '../../connectors/connector.ts';
import { sameVersion } from '../../core/capture/look.ts';
import type { Manner } from '../../core/capture/settle.ts';
import { isWhole, refusals, unsettled } from '../../core/cluster/captured.ts';
import {
  type Captured,
  type RevisedFile,
  sameFile,
  sameLeading,
  sameRefused,
} from '../../core/cluster/revision.ts';
import type { Effect, Settled } from '../../core/effect.ts';
import type { Verdict } from '../../core/event.ts';
import { type Failure, isFailure } from '../../core/failure.ts';
import type { Pace } from '../../core/replicator/state.ts';
import type { Eyes, Sights } from '../../daemon/eyes.ts';
import { type Answer, type Happening, Machine } from '../../daemon/machine.ts';
import { withDeletionsSeen } from '../../daemon/still-there.ts';
import { Timeline } from '../../daemon/timeline.ts';
import type { World } from '../../daemon/world.ts';
import type { Opened } from '../../replication/opened.ts';
import { type Engine, word } from '../engine.ts';
import { decodeWanted, encodeBeat } from '../message.ts';
import { TextFolder } from '../texts.ts';
import { seenTopic, wantTopic } from '../topics.ts';
import { isCutOff } from './half-saved.ts';
import { leadingOf } from './leading.ts';
import { Questions } from './questions.ts';
import { Sender } from './sender.ts';
import { readVersion, type Version } from './version.ts';

/** What a capturing member needs of the world; `watch` gives eyes on a folder of this machine. */
export type CaptureWorld = Pick<World, 'clock' | 'log' | 'broken'> & {
  watch(primary: Pick<Opened, 'source' | 'scope'>, sights: Sights): Eyes;
};

/** The relationship as it was opened where its primary is a local folder, forward. */
export type Primary = Pick<Opened, 'name' | 'source' | 'leading' | 'scope' | 'configuration' | 'state'>;

/** How often the capturing member says that it is there. */
export const BEAT_MS = 1_000;

/**
 * The member beside a primary: sees its changes by the same machine as a follower, so that only whole versions
 * that have settled go on, nothing that was written into while it was read, and no deletion while the primary
 * is away. What it has captured goes to the log as soon as the engine takes it; what changes meanwhile folds.
 */
export class Publisher extends Machine {
  /** Of this process and this configuration. */
  readonly capturer = randomBytes(9).toString('base64url');
  private readonly eyes: Eyes;
  private readonly texts: TextFolder;
  private readonly sender: Sender;
  private readonly questions = new Questions();
  private readonly unhear: () => void;
  private unbeat: () => void = () => {};
  private captured: Captured;
  /** Undefined: not everything was read yet. Else those that were not settled then, and have not been since. */
  private late: ReadonlySet<string> | undefined;
  /** Monotonic milliseconds: what a scan found that began before may be older than what others have told. */
  private scanFrom = Number.NEGATIVE_INFINITY;
  /** Captured versions whose bytes nobody has any more. Read anew; until then they are no deletions. */
  private readonly lost = new Set<string>();
  /** What the batch that is under way was read as. */
  private versions = new Map<string, Version>();
  /** Files that were JSON when they were captured last. */
  private readonly json = new Set<string>();
  private isEnding = false;

  private get timeline(): Timeline {
    return Timeline.of(this.world.clock);
  }

  constructor(
    private readonly primary: Primary,
    private readonly world: CaptureWorld,
    private readonly engine: Engine,
    pace: Pace,
  ) {
    // There is no backup here to be read.
    super(primary.name, world, { ...pace, proof: Number.POSITIVE_INFINITY });
    const { name, configuration } = primary;
    const nothing = { files: new Map(), refused: new Map(), leading: { is: 'none' } as const };
    this.captured = { ...nothing, configuration, asOf: this.timeline.next() };
    this.texts = new TextFolder(join(primary.state, 'capture', word(name)));
    this.sender = new Sender({
      engine,
      relationship: name,
      capturer: this.capturer,
      clock: world.clock,
      text: (path, file) => this.text(path, file),
      sent: () => void this.drop(),
      overtaken: () => this.lookAnew(),
      say: (level, text) => world.log.say(level, text, { relationship: name }),
    });
    this.unhear = engine.hear(wantTopic(name), bytes => this.wanted(bytes));
    this.eyes = world.watch(primary, this.sights());
    this.beat();
  }

  /** Begins. Ends by `happen({ is: 'stop' })`; `stopped` tells when nothing is under way any more. */
  start(): void {
    // What an earlier process left is not needed, and what is needed is read.
    void this.texts.find([]);
    this.happen({ is: 'started' });
  }

  /** Resolves when everything that was captured so far is in the log. */
  told(): Promise<void> {
    return this.sender.idle();
  }

  /** Whether the newest version that was captured of this path has these bytes. */
  isCaptured(path: string, hash: string): boolean {
    return this.captured.files.get(path)?.hash === hash;
  }

  protected manner(path: string): Manner {
    return this.json.has(path) ? 'parsed' : 'unparsed';
  }

  protected perform(effect: Effect): Answer | undefined {
    switch (effect.is) {
      case 'open':
        return this.open();
      case 'scan':
        return this.scan();
      case 'look':
        return this.look(effect.path);
      case 'prepare':
        return this.prepare(effect.batch, effect.paths);
      case 'commit':
        return this.commit(effect.batch, effect.paths);
      case 'prove':
        return Promise.resolve({ is: 'proved', edited: [] });
      case 'say':
        this.world.log.say(effect.level, `capture: ${effect.text}`, { relationship: this.primary.name });
        return undefined;
      case 'record':
      case 'serve':
      case 'stopped':
        return undefined;
    }
  }

  private async open(): Answer {
    const failure = await this.primary.source.reachable();
    await this.readLeading();
    return { is: 'opened', ...obstacle(failure) };
  }

  private async scan(): Answer {
    await this.readLeading();
    const { looks, refused, failure } = await this.eyes.scan();
    const replicated = [...this.captured.files.keys()];
    const isEmptied = looks.size === 0 && refused.length === 0 && replicated.length > 0;
    const gone = failure ?? (isEmptied ? emptied(this.primary.source.title) : undefined);
    return { is: 'scanned', looks, refused, replicated, ...obstacle(gone) };
  }

  private async look(path: string): Answer {
    return { is: 'looked', path, ...(await this.eyes.look(path)) };
  }

  private async prepare(batch: number, settled: readonly Settled[]): Answer {
    const versions = new Map<string, Version>();
    for (const { path } of settled) {
      const version = await readVersion(this.primary.source, path);
      if (version !== undefined) versions.set(path, version);
    }
    this.versions = versions;
    // What somebody wrote while it was read has been heard of then, and takes its version out of the batch.
    await this.eyes.told();
    const verdicts = settled.map(one => this.verdictOn(one));
    const { hint } = this.sights();
    const seen = await withDeletionsSeen(this.eyes, this.state, { settled, verdicts }, hint);
    return { is: 'prepared', batch, verdicts: seen };
  }

  private verdictOn({ path, look }: Settled): Verdict {
    const version = this.versions.get(path);
    if (isFailure(version)) return { path, is: 'held', id: '', failures: [version] };
    if (!sameVersion(version?.stored.look, look)) return { path, is: 'moved', look: version?.stored.look };
    // Looked at once more it goes as it is: what becomes of it is for the guards of the owner to say.
    const half = version === undefined ? undefined : this.halfSaved(path, version.stored);
    if (half !== undefined) return { path, is: 'held', id: '', failures: [half] };
    if (sameFile(this.captured.files.get(path), version?.file)) {
      this.lost.delete(path);
      return { path, is: 'same' };
    }
    return { path, is: 'ready', write: true };
  }

  private halfSaved(path: string, { bytes }: StoredFile): Failure | undefined {
    const isSeenAgain = this.state.doubts.has(path) || this.state.holds.has(path);
    return isSeenAgain ? undefined : isCutOff(path, bytes, this.json.has(path));
  }

  /** Takes the versions into the state that is told; their texts are kept here, for whoever asks later. */
  private async commit(batch: number, settled: readonly Settled[]): Answer {
    const { versions } = this;
    const files = new Map(this.captured.files);
    try {
      for (const { path } of settled) {
        const version = versions.get(path);
        if (version === undefined || isFailure(version)) {
          files.delete(path);
          this.json.delete(path);
          continue;
        }
        await this.texts.put(version.file.hash, version.stored.bytes);
        files.set(path, version.file);
        if (isCutOff(path, version.stored.bytes, true) === undefined) this.json.add(path);
        else this.json.delete(path);
      }
    } catch (error) {
      const failure = unwritable(this.texts.folder, error);
      return { is: 'refused', batch, failure, unreachable: true, ids: new Map() };
    }
    for (const { path } of settled) this.lost.delete(path);
    // After all of it was read: whoever read it before that read nothing later.
    this.captured = { ...this.captured, files, asOf: this.timeline.next() };
    return { is: 'committed', batch };
  }

  /** Whatever happened, there may be something to tell after it. */
  override happen(happening: Happening): void {
    super.happen(happening);
    if (this.late === undefined) {
      if (!isWhole(this.state, this.world.clock.now(), this.scanFrom)) return;
      const late = unsettled(this.state);
      this.late = late;
      // Of these an older version is known at most, and others may have told a newer one.
      const files = [...this.captured.files].filter(([path]) => !late.has(path));
      if (late.size > 0) this.captured = { ...this.captured, files: new Map(files) };
    }
    const refused = this.refused(this.late);
    const isSame = this.captured.refused === refused || sameRefused(this.captured.refused, refused);
    if (!isSame) this.captured = { ...this.captured, refused };
    this.sender.present(this.captured);
  }

  /**
   * Somebody else has told of this primary: a process that was taken for dead and is not, or the one before. What
   * is known here may be older, so that everything is looked at before it is told.
   */
  private lookAnew(): void {
    this.late = undefined;
    this.scanFrom = this.world.clock.now();
    this.happen({ is: 'rescan' });
  }

  private refused(before: ReadonlySet<string>): ReadonlyMap<string, Failure> {
    if (before.size === 0 && this.lost.size === 0) return refusals(this.state);
    const still = unsettled(this.state);
    const late = [...before].filter(path => still.has(path) && !this.captured.files.has(path));
    this.late = new Set(late);
    return new Map([
      ...[...late, ...this.lost].map(path => [path, notSettled(path)] as const),
      ...refusals(this.state),
    ]);
  }

  private async readLeading(): Promise<void> {
    const leading = await leadingOf(this.primary);
    if (!sameLeading(leading, this.captured.leading)) this.captured = { ...this.captured, leading };
  }

  /** The bytes of what was captured; where they are lost here the file itself may still be that version. */
  private async text(path: string, { hash }: RevisedFile): Promise<Uint8Array | undefined> {
    const kept = await this.texts.read(hash);
    if (kept !== undefined) return kept;
    const version = await readVersion(this.primary.source, path);
    if (version !== undefined && !isFailure(version) && version.file.hash === hash) {
      await this.texts.put(hash, version.stored.bytes).catch(() => undefined);
      return version.stored.bytes;
    }
    this.lose(path, hash);
    return undefined;
  }

  /** What cannot be told any more is not known of any more: the path is read anew. */
  private lose(path: string, hash: string): void {
    if (this.captured.files.get(path)?.hash !== hash) return;
    const files = new Map(this.captured.files);
    files.delete(path);
    this.captured = { ...this.captured, files };
    this.lost.add(path);
    this.happen({ is: 'doubted', path });
  }

  /** Texts that no state names any more that is still to be told. */
  private async drop(): Promise<void> {
    const named = () => new Set([...this.captured.files.values()].map(({ hash }) => hash));
    const reading = () => [...this.versions.values()];
    const isRead = (hash: string) => reading().some(one => !isFailure(one) && one.file.hash === hash);
    await this.texts.keepOnly(hash => named().has(hash) || this.sender.names(hash) || isRead(hash));
  }

  private wanted(bytes: Uint8Array): void {
    const wanted = decodeWanted(bytes);
    if (wanted?.is === 'full') this.sender.full();
    // A beat answers when a scan has begun since and ended, and everything it found is told.
    else if (wanted !== undefined && this.questions.ask(wanted.question, this.world.clock.now()))
      this.happen({ is: 'rescan' });
  }

  /** Says that it is there, and what it told last: whoever hears nothing knows that nobody watches. */
  private beat(): void {
    if (this.isEnding) return;
    const { clock } = this.world;
    const { phase } = this.state;
    const obstacle = 'obstacle' in phase ? phase.obstacle?.failure.message : undefined;
    const { number, sequence } = this.sender.last;
    const active = new Set([...this.state.active.keys(), ...(this.state.batch?.paths.keys() ?? [])]).size;
    const pending = active + (this.sender.isIdle ? 0 : 1);
    const knowsSince = (at: number) => pending === 0 && isWhole(this.state, clock.now(), at);
    const answers = this.questions.answered(knowsSince);
    this.engine.say(
      seenTopic(this.primary.name),
      encodeBeat({
        capturer: this.capturer,
        number,
        sequence,
        pending,
        ...(obstacle === undefined ? {} : { obstacle }),
        ...(answers.length === 0 ? {} : { answers }),
      }),
    );
    this.unbeat = clock.at(clock.now() + BEAT_MS, () => this.beat());
  }

  protected async close(): Promise<void> {
    this.isEnding = true;
    this.unhear();
    this.unbeat();
    await this.eyes.close();
    await this.sender.close();
  }
}

function obstacle(failure: Failure | undefined) {
  return failure === undefined ? {} : { obstacle: { failure, unreachable: false } };
}

function emptied(title: string): Failure {
  return {
    failure: 'root-missing',
    message: `${title} holds none of the files that were captured before`,
    at: { file: title },
    hint: 'check that the primary’s file system is mounted; capture goes on as soon as it is',
  };
}

function notSettled(path: string): Failure {
  return {
    failure: 'unreadable',
    message: `${path} is still being written on the primary`,
    at: { file: path },
    hint: 'it goes on as soon as its tool has finished',
  };
}

function unwritable(folder: string, error: unknown): Failure {
  return {
    failure: 'unwritable',
    message: `what was captured cannot be kept (${(error as { code?: string }).code ?? (error as Error).message})`,
    at: { file: folder },
    hint: 'make the state folder writable, and see that its disk has room',
  };
}
