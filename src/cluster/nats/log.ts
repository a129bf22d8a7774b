import type { MsgHdrs } from '@nats-io/transport-node';
import {
  type Log,
  MESSAGE_MOST,
  type Message,
  SEAL_ADDS,
  type Stop,
  tooLarge,
  type Written,
} from '../engine.ts';
import type { Line } from './line.ts';
import type { Names } from './names.ts';
import type { Streams } from './prepared.ts';
import { Reading } from './reading.ts';
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
    let going = true;
    const reading = new Reading(from);
    const tail = new Tail(this.line, this.streams, this.names.changes, this.subject, {
      from: (created, last) => reading.from(created, last),
      message: ({ sequence, headers, bytes }) => {
        const message = { sequence, id: this.idOf(headers), bytes };
        if (!reading.isNews(message)) return;
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
