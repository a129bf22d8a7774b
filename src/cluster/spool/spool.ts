import { join } from 'node:path';
import { eachOf } from '../../connectors/file/together.ts';
import { applyRevision, type Manifest, revisionId } from '../../core/cluster/revision.ts';
import type { Failure } from '../../core/failure.ts';
import { backOff } from '../../core/replicator/state.ts';
import { Awaited } from '../../daemon/awaited.ts';
import type { Clock } from '../../daemon/clock.ts';
import type { Log as DaemonLog } from '../../daemon/log.ts';
import { type Engine, type Log, MESSAGES_KEPT, type Message, type Stop, word } from '../engine.ts';
import { decodeRevision, encodeWanted } from '../message.ts';
import { TextFolder } from '../texts.ts';
import { wantTopic } from '../topics.ts';
import { Keeper } from './keeper.ts';

/** Between two attempts to get what is missing here, in milliseconds: the first and the longest. */
const WANT = { retry: 300, retryMax: 60_000 };

export interface Spooling {
  readonly engine: Engine;
  readonly relationship: string;
  /** The primary, for people: `nas1:/etc`. */
  readonly title: string;
  /** Folder of this member's own memory. */
  readonly state: string;
  readonly clock: Pick<Clock, 'now' | 'at'>;
  readonly log: DaemonLog;
}

export interface Listener {
  /** Another state is served: `before` is undefined where none was. */
  turned(before: Manifest | undefined, now: Manifest): void;
  /** Whether anything is served has changed, or the bytes of this path are there again. */
  served(is: boolean): void;
  restored(path: string): void;
}

/**
 * What an owner has of a primary elsewhere: the newest state of the relationship's log of which every byte is
 * here. Messages are taken in at once, in order; a state is served when its texts have come:
 *
 *     log --message--> next --all its texts are here--> current, served
 *            | gap       | texts missing, damaged
 *            +-----------+--> the capturing member is asked for a full revision, later and later
 *
 * Nothing is served before everything that the log held at the beginning was taken in: an older state would take
 * back what another owner has replicated since.
 */
export class Spool {
  readonly title: string;
  readonly texts: TextFolder;
  /** The state that is served, or was. */
  current: Manifest | undefined;
  /** What the log says, as far as it was taken in. */
  next: Manifest | undefined;
  private readonly keeper: Keeper;
  private readonly log: Log;
  private readonly listeners = new Set<Listener>();
  private readonly damaged = new Set<string>();
  private isGap = false;
  private isCaughtUp = false;
  private wasServed = false;
  /** What the log ended with when it was asked; `taken`: the last message that was taken in. */
  private end = 0;
  private isAsked = false;
  private taken = 0;
  /** Messages that were taken in: what comes twice, and late, must not pass for a log that was emptied. */
  private readonly seen = new Set<string>();
  private intake: Promise<unknown> = Promise.resolve();
  private unfollow: Stop | undefined;
  private unlisten: Stop = () => {};
  private isAsking = false;
  private isFetching = false;
  private isClosed = false;
  private attempts = 0;
  private unset: (() => void) | undefined;
  private readonly awaited = new Awaited();

  private constructor(private readonly spooling: Spooling) {
    const { engine, relationship, state, clock } = spooling;
    const folder = join(state, 'spool', word(relationship));
    this.title = spooling.title;
    this.texts = new TextFolder(folder);
    this.log = engine.log(relationship);
    const names = (hash: string) => named(this.current, hash) || named(this.next, hash);
    this.keeper = new Keeper(folder, relationship, clock, this.texts, names, text => this.say('warn', text));
  }

  /** Begins with what is left here from before; never rejects. */
  static async open(spooling: Spooling): Promise<Spool> {
    const spool = new Spool(spooling);
    spool.next = await spool.keeper.read();
    await spool.texts.find([...(spool.next?.files.values() ?? [])].map(({ hash }) => hash));
    spool.unlisten = spooling.engine.contact(({ is }) => {
      if (is === 'there') void spool.ask();
    });
    spool.update();
    return spool;
  }

  listen(listener: Listener): Stop {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves as soon as a state is served; false: it was closed before. */
  async isServed(): Promise<boolean> {
    await this.awaited.until(() => this.isClosed || this.lack() === undefined);
    return !this.isClosed;
  }

  /** Why nothing is served just now; undefined: `current` is. */
  failure(): Failure | undefined {
    const why = this.lack();
    if (why === undefined) return undefined;
    return {
      failure: 'unreachable',
      message: `${this.title} is not known here: ${why}`,
      hint: 'see that warmspare runs on the member beside the primary, and that both reach the cluster',
    };
  }

  /** Whether the log is known to hold, or to get, another state than the one that is served. */
  get isBehind(): boolean {
    return this.next !== this.current || this.lack() !== undefined;
  }

  /** The bytes of a served version; undefined where they are damaged, and are fetched anew. */
  async bytes(path: string, hash: string): Promise<Uint8Array | undefined> {
    const bytes = await this.texts.read(hash);
    if (bytes !== undefined || this.current?.files.get(path)?.hash !== hash) return bytes;
    if (!this.damaged.has(path))
      this.say('warn', `the text of ${path} is damaged or gone here: it is fetched anew`);
    this.damaged.add(path);
    void this.fetch();
    this.update();
    return undefined;
  }

  /**
   * What the capturing member told last is not what came here: all that the log holds is taken in anew. Until its
   * end nothing is served, for it begins with older states.
   */
  mistrust(): void {
    this.next = undefined;
    this.isAsked = false;
    this.isCaughtUp = false;
    this.unfollow?.();
    this.unfollow = undefined;
    this.update();
    void this.ask();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.awaited.changed();
    this.unset?.();
    this.unlisten();
    this.unfollow?.();
    await this.intake;
    await this.keeper.close(this.current ?? this.next);
  }

  private lack(): string | undefined {
    if (this.isGap) return 'changes of it are missing, and all of it was asked for';
    if (!this.isCaughtUp || this.current === undefined) return 'not all of it has come yet';
    if (this.damaged.size > 0) return 'a part of it is damaged here, and was asked for';
    return undefined;
  }

  /** Asks what the log ends with: up to there everything is taken in before anything is served. */
  private async ask(): Promise<void> {
    if (this.isAsking || this.isClosed) return;
    this.isAsking = true;
    try {
      const last = await this.log.last();
      this.end = last?.sequence ?? 0;
      const isEmptied = this.next !== undefined && this.end < this.next.sequence;
      if (isEmptied) this.next = undefined;
      if (this.unfollow === undefined || isEmptied) this.follow(this.next?.sequence ?? 0);
      if (this.next !== undefined && last?.id === revisionId(this.next)) this.taken = this.end;
      this.isAsked = true;
    } catch {
      // No contact: asked again when there is, and by the alarm.
    } finally {
      this.isAsking = false;
    }
    this.advance();
  }

  private follow(from: number): void {
    this.unfollow?.();
    this.seen.clear();
    this.taken = 0;
    let isOver = false;
    const stop = this.log.follow(from, message => {
      this.intake = this.intake.then(() => (isOver || this.isClosed ? undefined : this.take(message)));
    });
    this.unfollow = () => {
      isOver = true;
      stop();
    };
  }

  private async take({ sequence, id, bytes }: Message): Promise<void> {
    if (this.seen.has(id)) return;
    this.remember(id);
    const { relationship, engine } = this.spooling;
    const told = await decodeRevision(relationship, bytes, engine.texts).catch(() => 'missing' as const);
    const applied = typeof told === 'string' ? 'gap' : applyRevision(this.next, told.revision, sequence);
    this.taken = sequence;
    if (applied === 'gap') this.isGap = true;
    else if (applied !== this.next) {
      this.isGap = false;
      this.next = applied;
    }
    if (typeof told !== 'string') await this.keepTexts(told.texts);
    this.advance();
  }

  private remember(id: string): void {
    this.seen.add(id);
    const [oldest] = this.seen;
    if (this.seen.size > 2 * MESSAGES_KEPT) this.seen.delete(oldest!);
  }

  private async keepTexts(texts: ReadonlyMap<string, Uint8Array>): Promise<void> {
    for (const [hash, bytes] of texts) if (named(this.next, hash)) await this.keep(hash, bytes);
  }

  private async keep(hash: string, bytes: Uint8Array): Promise<void> {
    await this.texts.put(hash, bytes).catch(error => {
      this.say('warn', `what comes from ${this.title} cannot be kept: ${(error as Error).message}`);
    });
  }

  /** Serves the newest state if all of it is here, else gets what is missing. */
  private advance(): void {
    if (this.isClosed) return;
    if (this.isAsked && this.taken >= this.end) this.isCaughtUp = true;
    const { next } = this;
    if (next !== undefined && this.isCaughtUp && !this.isGap) {
      if (this.missing().length > 0) void this.fetch();
      else this.serve(next);
    }
    this.update();
  }

  private missing(): string[] {
    return [...(this.next?.files.values() ?? [])].flatMap(({ hash }) => (this.texts.has(hash) ? [] : [hash]));
  }

  private serve(next: Manifest): void {
    const before = this.current;
    const restored = [...this.damaged];
    this.current = next;
    this.damaged.clear();
    this.attempts = 0;
    if (before !== next) this.keeper.keep(next);
    for (const listener of this.listeners) {
      if (before !== next) listener.turned(before, next);
      for (const path of restored) listener.restored(path);
    }
  }

  private async fetch(): Promise<void> {
    if (this.isFetching || this.isClosed) return;
    this.isFetching = true;
    const before = this.missing();
    try {
      await eachOf(new Set(before), async hash => {
        const bytes = this.isClosed ? undefined : await this.spooling.engine.texts.get(hash);
        if (bytes !== undefined && named(this.next, hash)) await this.keep(hash, bytes);
      });
    } catch {
      // No contact: the alarm tries again.
    } finally {
      this.isFetching = false;
    }
    // Another state may be the newest by now, or all of it be here.
    const isOther =
      before.some(hash => this.texts.has(hash)) || this.missing().some(hash => !before.includes(hash));
    if (isOther || this.missing().length === 0) this.advance();
  }

  /** Tells whether anything is served, and asks for what is missing as long as it is. */
  private update(): void {
    if (this.isClosed) return;
    this.awaited.changed();
    const isServed = this.lack() === undefined;
    if (isServed !== this.wasServed) {
      this.wasServed = isServed;
      for (const listener of this.listeners) listener.served(isServed);
    }
    const isMissing = !isServed || this.next !== this.current;
    if (!isMissing) {
      this.unset?.();
      this.unset = undefined;
      this.attempts = 0;
    } else if (this.unset === undefined) this.arm();
  }

  private arm(): void {
    const { clock, engine, relationship } = this.spooling;
    this.attempts += 1;
    this.unset = clock.at(clock.now() + backOff(WANT, this.attempts), () => {
      this.unset = undefined;
      if (this.isClosed) return;
      engine.say(wantTopic(relationship), encodeWanted({ is: 'full' }));
      if (this.isCaughtUp) void this.fetch();
      else void this.ask();
      this.update();
    });
  }

  private say(level: 'info' | 'warn', text: string): void {
    this.spooling.log.say(level, text, { relationship: this.spooling.relationship });
  }
}

function named(manifest: Manifest | undefined, hash: string): boolean {
  return manifest !== undefined && hashesOf(manifest).has(hash);
}

const hashes = new WeakMap<Manifest, ReadonlySet<string>>();

function hashesOf(manifest: Manifest): ReadonlySet<string> {
  const known = hashes.get(manifest) ?? new Set([...manifest.files.values()].map(({ hash }) => hash));
  hashes.set(manifest, known);
  return known;
}
