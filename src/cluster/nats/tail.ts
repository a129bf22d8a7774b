import { AckPolicy, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream';
import { type Msg, type NatsConnection, nanos, type Subscription } from '@nats-io/transport-node';
import { type Line, retryDelay } from './line.ts';
import type { Streams } from './prepared.ts';
import { reasonOf } from './reasons.ts';

/** The server says that it is there as often; in milliseconds. */
const BEAT_MS = 1000;

/** Two beats and a half: then the consumer, or the server that had it, is gone. */
const SILENCE_MS = 2500;

/** The server drops a consumer that nobody listens to any more after as long, so that we never have to delete one. */
const FORGOTTEN_MS = 10_000;

export interface Tailed {
  readonly subject: string;
  /** Of the stream. */
  readonly sequence: number;
  readonly headers: Msg['headers'];
  readonly bytes: Uint8Array;
}

export interface TailListener {
  /** From which sequence on, of a stream that was made at that time and has got to `last`. Called at each beginning. */
  from(created: string, last: number): number;
  message(message: Tailed): void;
  /** All that was kept at the beginning has been told; once for each beginning. */
  caughtUp(): void;
}

/**
 * Reads a stream from a sequence on, in order, each message once, for as long as it is not stopped. Begins
 * again by itself: when contact was found, when a message is missing, when the server says nothing any more.
 * It is an ordered consumer; the library's own hides when it began again, and waits longer.
 */
export class Tail {
  private readonly line: Line;
  private readonly streams: Streams;
  private readonly stream: string;
  private readonly filter: string | undefined;
  private readonly listener: TailListener;
  private readonly unfound: () => void;
  private subscription: Subscription | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  /** What comes of an earlier beginning is not listened to. */
  private beginning = 0;
  private delivered = 0;
  /** Of the stream: up to here everything was told, or is not wanted. */
  private told = 0;
  private caught = false;
  private ended = false;

  constructor(
    line: Line,
    streams: Streams,
    stream: string,
    filter: string | undefined,
    listener: TailListener,
  ) {
    this.line = line;
    this.streams = streams;
    this.stream = stream;
    this.filter = filter;
    this.listener = listener;
    this.unfound = line.contacts.found(() => this.begin());
    this.begin();
  }

  stop(): void {
    this.ended = true;
    this.unfound();
    this.leave();
  }

  /** Ends what was begun before, and begins where the listener says. */
  private begin(): void {
    this.leave();
    const connection = this.line.connection;
    if (this.ended || connection === undefined) return;
    const mine = this.beginning;
    this.open(connection, mine).catch(error => {
      if (mine !== this.beginning) return;
      this.line.report(`${this.stream} cannot be read: ${reasonOf(error)}`);
      this.retry = setTimeout(() => this.begin(), retryDelay());
    });
  }

  private leave(): void {
    this.beginning += 1;
    clearTimeout(this.silence);
    clearTimeout(this.retry);
    // Nothing is listening on a connection that was closed, and that is what is wanted.
    if (this.subscription?.isClosed() === false) this.subscription.unsubscribe();
    this.subscription = undefined;
  }

  private async open(connection: NatsConnection, mine: number): Promise<void> {
    const manager = await this.streams.manager(connection);
    const { created, state } = await this.streams.info(manager, this.stream);
    if (mine !== this.beginning) return;
    const inbox = this.line.inbox();
    this.delivered = 0;
    this.caught = false;
    this.subscription = connection.subscribe(inbox, {
      callback: (error, message) => {
        if (mine !== this.beginning) return;
        if (error !== null) return this.begin();
        this.heard(message);
      },
    });
    const from = this.listener.from(created, state.last_seq);
    this.told = from - 1;
    const info = await this.consume(manager, inbox, from);
    if (mine !== this.beginning) return;
    this.beat();
    if (info.num_pending === 0 && info.delivered.consumer_seq === 0) this.catchUp();
  }

  private consume(manager: JetStreamManager, inbox: string, from: number) {
    return manager.consumers.add(this.stream, {
      name: inbox.slice(inbox.lastIndexOf('.') + 1),
      deliver_subject: inbox,
      deliver_policy: from <= 1 ? DeliverPolicy.All : DeliverPolicy.StartSequence,
      ...(from <= 1 ? {} : { opt_start_seq: from }),
      ...(this.filter === undefined ? {} : { filter_subject: this.filter }),
      ack_policy: AckPolicy.None,
      max_deliver: 1,
      mem_storage: true,
      num_replicas: 1,
      flow_control: true,
      idle_heartbeat: nanos(BEAT_MS),
      inactive_threshold: nanos(FORGOTTEN_MS),
    });
  }

  private heard(message: Msg): void {
    this.beat();
    if (message.headers?.code === 100) return this.control(message);
    const place = placeOf(message.reply);
    // Something is missing: what was sent while the connection changed, or what the server dropped.
    if (place === undefined || place.delivered !== this.delivered + 1) return this.begin();
    this.delivered = place.delivered;
    this.tell(place.sequence, message);
    if (place.pending === 0) this.catchUp();
  }

  /** A server that lags behind the others begins where it is, with what was told long ago. */
  private tell(sequence: number, { subject, headers, data: bytes }: Msg): void {
    if (sequence <= this.told) return;
    this.told = sequence;
    this.listener.message({ subject, sequence, headers, bytes });
  }

  private control(message: Msg): void {
    // The server waits for this answer before it sends more than we have read.
    if (message.reply !== undefined && message.reply !== '') return void message.respond();
    const sent = message.headers?.get('Nats-Last-Consumer') ?? '';
    if (sent !== '' && Number(sent) > this.delivered) return this.begin();
    const stalled = message.headers?.get('Nats-Consumer-Stalled') ?? '';
    if (stalled !== '') return void this.line.connection?.publish(stalled);
    // A server that beats has nothing to send.
    this.catchUp();
  }

  private catchUp(): void {
    if (this.caught) return;
    this.caught = true;
    this.listener.caughtUp();
  }

  private beat(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.begin(), SILENCE_MS);
  }
}

/** The server writes where a message stands into its reply subject; newer ones with domain and account before. */
function placeOf(
  reply: string | undefined,
): { sequence: number; delivered: number; pending: number } | undefined {
  const words = reply?.split('.') ?? [];
  if (words.length < 9 || words[1] !== 'ACK') return undefined;
  const [sequence, delivered, , pending] = words.slice(words.length === 9 ? 5 : 7).map(Number);
  return { sequence: sequence!, delivered: delivered!, pending: pending! };
}
