import { randomBytes } from 'node:crypto';
import type { Stamp } from '../../core/cluster/revision.ts';
import type { Failure } from '../../core/failure.ts';
import type { Clock } from '../../daemon/clock.ts';
import type { Contact, Engine, Stop } from '../engine.ts';
import { type Beat, decodeBeat, encodeWanted } from '../message.ts';
import { seenTopic, wantTopic } from '../topics.ts';
import type { Spool } from './spool.ts';

/** So long the capturing member may be silent, in milliseconds, before nobody may say that all is known. */
export const SILENT_MS = 5_000;
/** So often it may say that it told something else than what came here: it can be under way. */
const STRANGE_MOST = 3;
/** Nobody else makes the same one. */
const QUESTION_BYTES = 9;

export interface Watched {
  readonly engine: Engine;
  readonly relationship: string;
  readonly title: string;
  readonly clock: Pick<Clock, 'now' | 'at'>;
  readonly spool: Spool;
  /** Why changes of the primary are not known as they happen, or that they are again. */
  tell(blind: Failure | undefined): void;
  /** What came here is the present state, as was asked. */
  confirmed(): void;
}

/**
 * Whether somebody sees the primary at all. The log is silent where nothing changes and where nobody looks; only
 * what the capturing member says of itself tells the two apart.
 */
export class Silence {
  private beat: Beat | undefined;
  private contact: Contact | undefined;
  private strange = 0;
  private isSilent = false;
  /** Whether all was told is asked until it is answered; undefined: nobody had to know. */
  private question: string | undefined;
  /** The answer, whether what it names has come here or not. */
  private answered: Beat | undefined;
  /** What the capturing member had told when it answered for the first time, since this or it began, that that was all. */
  private confirmed: Stamp | undefined;
  private unset: () => void = () => {};
  private readonly stops: readonly Stop[];

  constructor(private readonly watched: Watched) {
    const { engine, relationship } = watched;
    this.stops = [
      engine.hear(seenTopic(relationship), bytes => this.heard(decodeBeat(bytes))),
      engine.contact(contact => {
        this.contact = contact;
        this.tell();
      }),
    ];
    this.arm();
  }

  /** Changes that are known of and have not come here yet. */
  get pending(): number {
    const { beat } = this;
    if (beat === undefined) return 1;
    return beat.pending + (this.isTold(beat) ? 0 : 1);
  }

  close(): void {
    this.unset();
    for (const stop of this.stops) stop();
  }

  blind(): Failure | undefined {
    const { title } = this.watched;
    if (this.contact?.is === 'lost')
      return unknown(title, `no contact with the cluster (${this.contact.why})`);
    if (this.isSilent) return unknown(title, 'nothing is heard of the member beside it');
    const obstacle = this.beat?.obstacle;
    return obstacle === undefined ? undefined : unknown(title, obstacle);
  }

  private heard(beat: Beat | undefined): void {
    if (beat === undefined) return;
    const isSame = this.beat?.capturer === beat.capturer && this.beat.number === beat.number;
    this.beat = beat;
    this.isSilent = false;
    this.strange = this.isTold(beat) ? 0 : isSame ? this.strange + 1 : 1;
    if (this.strange >= STRANGE_MOST) {
      this.strange = 0;
      this.watched.spool.mistrust();
    }
    this.arm();
    this.tell();
    if (this.question === undefined || this.confirmed?.capturer === beat.capturer) return;
    const isAll = beat.pending === 0 && beat.obstacle === undefined;
    if (isAll && beat.answers?.includes(this.question) === true) this.answered = beat;
    if (this.answered?.capturer !== beat.capturer) return this.say(this.question);
    // What it names may come after it.
    if (!this.isTold(this.answered)) return;
    this.confirmed = this.answered;
    this.watched.confirmed();
  }

  /**
   * Asks whether what came here is the present state. What is said unasked does not tell: it may be older than
   * whatever made somebody ask, and have been on its way for as long as a network was cut.
   */
  ask(): void {
    this.question ??= randomBytes(QUESTION_BYTES).toString('base64url');
    if (this.confirmed === undefined) this.say(this.question);
  }

  private say(question: string): void {
    const { engine, relationship } = this.watched;
    engine.say(wantTopic(relationship), encodeWanted({ is: 'question', question }));
  }

  /** Whether this state, or an earlier one, was the present one since it was asked: no owner had a later one. */
  isConfirmed({ capturer, number }: Stamp): boolean {
    const { confirmed } = this;
    return confirmed?.capturer === capturer && confirmed.number <= number;
  }

  private isTold({ capturer, number, sequence }: Beat): boolean {
    const { next } = this.watched.spool;
    if (sequence === 0) return false;
    return next?.capturer === capturer && next.number >= number;
  }

  private arm(): void {
    this.unset();
    const { clock } = this.watched;
    this.unset = clock.at(clock.now() + SILENT_MS, () => {
      this.isSilent = true;
      this.tell();
    });
  }

  private tell(): void {
    this.watched.tell(this.blind());
  }
}

function unknown(title: string, why: string): Failure {
  return {
    failure: 'unreachable',
    message: `changes of ${title} are not known now: ${why}`,
    hint: 'see that warmspare runs on the member beside the primary, and that both reach the cluster',
  };
}
