import {
  type Captured,
  deltaRevision,
  fullRevision,
  type RevisedFile,
  revisionId,
  sameCaptured,
} from '../../core/cluster/revision.ts';
import { backOff } from '../../core/replicator/state.ts';
import type { Clock } from '../../daemon/clock.ts';
import type { Engine, Log } from '../engine.ts';
import { encodeRevision } from '../message.ts';
import { Parcel } from './parcel.ts';

/** A full revision after so many that are not, so that one is always among the messages that are kept. */
export const DELTAS_MOST = 32;
/** Between two full revisions that others asked for, in milliseconds. */
const FULL_MS = 1_000;
/**
 * How long an acknowledgement may take: servers that are far away, or busy, get more time with each attempt that came
 * to nothing, for what they acknowledge too late counts as not told. In milliseconds.
 */
const ACK_MS = [undefined, 3_000, 6_000, 10_000];
const RETRY = { retry: 100, retryMax: 10_000 };

export interface Sending {
  readonly engine: Engine;
  readonly relationship: string;
  readonly capturer: string;
  readonly clock: Pick<Clock, 'now' | 'at'>;
  /** The bytes of a captured version; undefined: they are lost, and another state is presented soon. */
  text(path: string, file: RevisedFile): Promise<Uint8Array | undefined>;
  /** A full state is in the log. */
  sent(): void;
  /** The log ends with what somebody else told: only a state that is seen from now on may follow it. */
  overtaken(): void;
  say(level: 'info' | 'warn', text: string): void;
}

/** A message that was given to the engine, and what it said. */
interface Attempt {
  readonly captured: Captured;
  readonly number: number;
  readonly isFull: boolean;
}

/**
 * Brings the present state into a relationship's log, one message at a time:
 *
 *     idle --present, full wanted--> sending --written--> idle
 *                                     |   ^
 *              conflict, unknown, lost|   | the log's last message is read: the last that was acknowledged? it goes
 *                                     |   | on there. Another of ours, or none? all is told behind it
 *                                     v   |
 *                                    asking --another's--> idle, until a state is presented that was seen since
 *
 * What is presented while nothing can be sent takes the place of what was: only the newest state goes.
 */
export class Sender {
  private readonly log: Log;
  private readonly parcel: Parcel;
  private desired: Captured | undefined;
  /** What this process has told last, and as which message. */
  private told: (Attempt & { readonly sequence: number }) | undefined;
  /** Sequence of the log's last message; undefined: it has to be asked for. */
  private end: number | undefined;
  /** Where the log was said to end, and does not; undefined: nowhere. */
  private refuted: number | undefined;
  private number = 0;
  private deltas = 0;
  private isFullWanted = true;
  private lastFull = Number.NEGATIVE_INFINITY;
  private attempts = 0;
  private isThere = false;
  private isClosed = false;
  private isBusy = false;
  /** Calls off the next attempt; undefined: none is waited for. */
  private unwait: (() => void) | undefined;
  /** The same of a full one that is wanted a little too soon. */
  private unwant: (() => void) | undefined;
  private readonly unlisten: () => void;
  private readonly waiting = new Set<() => void>();
  private hasEnded: () => void = () => {};

  constructor(private readonly sending: Sending) {
    this.log = sending.engine.log(sending.relationship);
    this.parcel = new Parcel(sending.engine.texts, (path, file) => sending.text(path, file));
    this.unlisten = sending.engine.contact(({ is }) => {
      this.isThere = is === 'there';
      this.attempts = 0;
      this.stopWaiting();
      // Whoever was away asks what the log ends with, for the engine may have been emptied meanwhile.
      this.end = undefined;
      this.parcel.forget();
      if (this.isThere) this.go();
    });
  }

  /** The message that was written last; number and sequence 0: none yet. */
  get last(): { readonly number: number; readonly sequence: number } {
    return this.told ?? { number: 0, sequence: 0 };
  }

  get isIdle(): boolean {
    return this.desired !== undefined && !this.isBusy && !this.isDue();
  }

  /** Whether a state that is being told names this text. */
  names(hash: string): boolean {
    return this.parcel.names(hash);
  }

  /** The present state; it replaces what was presented before. */
  present(captured: Captured): void {
    if (captured === this.desired) return;
    this.desired = captured;
    this.go();
  }

  /** Somebody cannot go on from what the log holds: everything is told and put anew, if not too often. */
  full(): void {
    if (this.unwant !== undefined || this.isClosed) return;
    const { clock } = this.sending;
    const want = () => {
      this.unwant = undefined;
      this.parcel.forget();
      this.isFullWanted = true;
      this.go();
    };
    const due = this.lastFull + FULL_MS;
    if (due <= clock.now()) want();
    else this.unwant = clock.at(due, want);
  }

  /** Resolves when everything that was presented is in the log. */
  idle(): Promise<void> {
    return new Promise(done => {
      const look = () => {
        if (!this.isIdle && !this.isClosed) return;
        this.waiting.delete(look);
        done();
      };
      this.waiting.add(look);
      look();
    });
  }

  /** Nothing is begun any more; resolves when what was begun has ended. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.stopWaiting();
    this.unwant?.();
    this.unlisten();
    if (this.isBusy) await new Promise<void>(done => (this.hasEnded = done));
    for (const look of [...this.waiting]) look();
  }

  private isDue(): boolean {
    if (this.end === undefined) return true;
    if (this.desired === undefined) return false;
    return this.isFullWanted || this.told === undefined || !sameCaptured(this.told.captured, this.desired);
  }

  private go(): void {
    if (this.isBusy || this.isClosed || !this.isThere || this.unwait !== undefined) return;
    if (!this.isDue()) return;
    this.isBusy = true;
    void this.run();
  }

  private async run(): Promise<void> {
    let isDone = true;
    while (isDone && this.isThere && !this.isClosed && this.isDue()) {
      isDone = await this.once().catch(error => this.failed(error));
    }
    // Not before: that the log's end was told does not mean that it takes anything.
    if (isDone) this.attempts = 0;
    this.isBusy = false;
    this.hasEnded();
    for (const look of [...this.waiting]) look();
    // Lost for a moment while it was asked: nobody else would begin again.
    if (!isDone) this.retry();
    else this.go();
  }

  /** One step: asks for the log's end, or sends. False: not now. Rejects without contact. */
  private async once(): Promise<boolean> {
    if (this.end === undefined) {
      await this.ask();
      return true;
    }
    const captured = this.desired!;
    const { relationship, capturer } = this.sending;
    const { told } = this;
    const number = ++this.number;
    const stamp = { capturer, number };
    const isFull = this.isFullWanted || told === undefined || this.deltas >= DELTAS_MOST;
    const revision = isFull
      ? fullRevision(relationship, stamp, captured)
      : deltaRevision(
          relationship,
          stamp,
          { ...told.captured, sequence: told.sequence, number: told.number },
          captured,
        );
    const texts = await this.parcel.pack(revision.files);
    // A version that nobody has any more: what is presented instead goes.
    if (texts === undefined) return this.desired !== captured;
    const bytes = await encodeRevision({ revision, texts }, this.sending.engine.texts);
    const attempt = { captured, number, isFull };
    const within = ACK_MS[Math.min(this.attempts, ACK_MS.length - 1)];
    const written = await this.log.publish(revisionId(stamp), bytes, this.end, within);
    if (written.is === 'written') {
      this.written(attempt, written.revision);
      return true;
    }
    this.refuted = written.is === 'conflict' ? this.end : undefined;
    this.end = undefined;
    if (written.is === 'unknown') throw new Error(written.why);
    return true;
  }

  /**
   * What the log ends with: where to go on, and whether somebody else tells too. What nobody has acknowledged is told
   * anew behind it, even where it seems to stand there: a server that was cut off may have what the others never took.
   */
  private async ask(): Promise<void> {
    const last = await this.log.last();
    const { told, sending } = this;
    const end = last?.sequence ?? 0;
    const isRefuted = end === this.refuted;
    // Tried once more after a while, for it may be so by then.
    this.refuted = undefined;
    if (isRefuted) throw new Error('a server lags behind the others');
    this.end = end;
    if (told !== undefined && last?.sequence === told.sequence && last.id === this.idOf(told)) return;
    this.isFullWanted = true;
    // An emptied log has nothing that could be overtaken.
    if (last === undefined || last.id.startsWith(`${sending.capturer}-`)) return;
    this.desired = undefined;
    sending.overtaken();
  }

  private idOf({ number }: Attempt): string {
    return revisionId({ capturer: this.sending.capturer, number });
  }

  private written(attempt: Attempt, sequence: number): void {
    this.end = sequence;
    this.told = { ...attempt, sequence };
    this.deltas = attempt.isFull ? 0 : this.deltas + 1;
    if (attempt.isFull) {
      this.isFullWanted = false;
      this.lastFull = this.sending.clock.now();
    }
    this.parcel.done();
    if (attempt.isFull) this.sending.sent();
  }

  private failed(error: unknown): false {
    // Whoever asks anew finds out what came of it.
    this.end = undefined;
    if (this.attempts === 0 && this.isThere && !this.isClosed) {
      const why = error instanceof Error ? error.message : String(error);
      this.sending.say('warn', `the change is not in the log yet: ${why}`);
    }
    return false;
  }

  private retry(): void {
    if (this.isClosed || !this.isThere) return;
    this.attempts += 1;
    const { clock } = this.sending;
    this.stopWaiting();
    this.unwait = clock.at(clock.now() + backOff(RETRY, this.attempts), () => {
      this.unwait = undefined;
      this.go();
    });
  }

  private stopWaiting(): void {
    this.unwait?.();
    this.unwait = undefined;
  }
}
