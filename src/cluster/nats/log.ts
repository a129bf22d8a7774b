import type { MsgHdrs } from '@nats-io/transport-node';
import {
  type Log,
  MESSAGE_MOST,
  MESSAGES_KEPT,
  type Message,
  SEAL_ADDS,
  type Stop,
  tooLarge,
  type Written,
} from '../engine.ts';
import type { Line } from './line.ts';
import type { Names } from './names.ts';
import type { Streams } from './prepared.ts';
import { Tail } from './tail.ts';
import { write } from './write.ts';

/** The log of one relationship: the messages of its subject in the stream of changes, by that stream's sequences. */
export class NatsLog implements Log {
  private readonly line: Line;
  private readonly streams: Streams;
  private readonly names: Names;
  private readonly subject: string;

  constructor(line: Line, streams: Streams, names: Names, relationship: string) {
    this.line = line;
    this.streams = streams;
    this.names = names;
    this.subject = names.change(relationship);
  }

  async publish(id: string, bytes: Uint8Array, last: number, withinMs?: number): Promise<Written> {
    if (bytes.length > MESSAGE_MOST + SEAL_ADDS) throw tooLarge(bytes.length);
    const { line, streams, subject } = this;
    // The server compares ids over all relationships.
    const what = { subject, bytes, last, id: `${subject} ${id}` };
    return await write(line, streams, withinMs === undefined ? what : { ...what, withinMs });
  }

  async last(): Promise<Message | undefined> {
    const message = await this.streams.newest(this.names.changes, this.subject);
    if (message === null) return undefined;
    return { sequence: message.seq, id: this.idOf(message.header), bytes: message.data };
  }

  follow(from: number, listener: (message: Message) => void): Stop {
    let next = from;
    let made: string | undefined;
    let going = true;
    const told = new Told();
    const tail = new Tail(this.line, this.streams, this.names.changes, this.subject, {
      from: (created, last) => {
        // Another stream than before, or one that has not even got to where we begin: it was emptied.
        const isAnother = made === undefined ? next > last + 1 : made !== created;
        if (isAnother) {
          next = 0;
          told.forget();
        }
        made = created;
        // The same one has lost its end, or its leader has only just come back and does not know it yet.
        next = Math.min(next, last + 1);
        return next;
      },
      message: ({ sequence, headers, bytes }) => {
        next = sequence + 1;
        const message = { sequence, id: this.idOf(headers), bytes };
        if (told.has(message)) return;
        told.add(message);
        this.line.queue.add(() => {
          if (going) listener(message);
        });
      },
      caughtUp: () => undefined,
    });
    return () => {
      going = false;
      tail.stop();
    };
  }

  private idOf(headers: MsgHdrs | undefined): string {
    return (headers?.get('Nats-Msg-Id') ?? '').slice(this.subject.length + 1);
  }
}

/** The newest messages that were told, as many as the log keeps: after a lost end another one has the same sequence. */
class Told {
  private readonly ids = new Map<number, string>();

  has({ sequence, id }: Message): boolean {
    return this.ids.get(sequence) === id;
  }

  add({ sequence, id }: Message): void {
    this.ids.set(sequence, id);
    if (this.ids.size <= MESSAGES_KEPT) return;
    const [oldest] = this.ids.keys();
    this.ids.delete(oldest!);
  }

  forget(): void {
    this.ids.clear();
  }
}
