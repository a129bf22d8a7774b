import { type Failure, isFailure } from '../../core/failure.ts';
import type { Contact, Engine, Log, Stop, Table, TableName, Texts } from '../engine.ts';
import { Line, type NatsOptions } from './line.ts';
import { NatsLog } from './log.ts';
import { Names } from './names.ts';
import { Streams } from './prepared.ts';
import { NatsTable } from './table.ts';
import { Talk } from './talk.ts';
import { NatsTexts } from './texts.ts';

/** What was said last still goes out when the engine is closed, where that takes no longer; in milliseconds. */
const LAST_WORDS_MS = 250;

/**
 * An engine over NATS with JetStream. Where no server is there it says so by its contact and goes on trying. A
 * Failure: no server will take this configuration.
 */
export async function openNats(options: NatsOptions): Promise<Engine | Failure> {
  const line = new Line(options);
  const failure = await line.begin();
  if (isFailure(failure)) {
    await line.close();
    return failure;
  }
  return new NatsEngine(line, new Names(options.name));
}

class NatsEngine implements Engine {
  readonly texts: Texts;
  private readonly line: Line;
  private readonly names: Names;
  private readonly streams: Streams;
  private readonly talk: Talk;
  private readonly stops = new Set<Stop>();

  constructor(line: Line, names: Names) {
    this.line = line;
    this.names = names;
    this.streams = new Streams(line, names);
    this.talk = new Talk(line, names);
    this.texts = new NatsTexts(line, this.streams, names);
  }

  get title(): string {
    return this.line.address;
  }

  contact(listener: (contact: Contact) => void): Stop {
    return this.line.contacts.tell(listener);
  }

  table(name: TableName): Table {
    const table = new NatsTable(this.line, this.streams, this.names, name);
    return {
      get: key => table.get(key),
      put: (key, value, expected) => table.put(key, value, expected),
      watch: listener => this.keep(table.watch(listener)),
    };
  }

  log(relationship: string): Log {
    const log = new NatsLog(this.line, this.streams, this.names, relationship);
    return {
      publish: (id, bytes, last, withinMs) => log.publish(id, bytes, last, withinMs),
      last: () => log.last(),
      follow: (from, listener) => this.keep(log.follow(from, listener)),
    };
  }

  say(topic: string, bytes: Uint8Array): void {
    this.talk.say(topic, bytes);
  }

  hear(topic: string, listener: (bytes: Uint8Array, topic: string) => void): Stop {
    return this.keep(this.talk.hear(topic, listener));
  }

  ask(topic: string, bytes: Uint8Array, withinMs: number): Promise<Uint8Array | undefined> {
    return this.talk.ask(topic, bytes, withinMs);
  }

  answer(topic: string, handler: (bytes: Uint8Array) => Promise<Uint8Array>): Stop {
    return this.keep(this.talk.answer(topic, handler));
  }

  async close(): Promise<void> {
    for (const stop of [...this.stops]) stop();
    this.streams.close();
    await this.line.lastWords(LAST_WORDS_MS);
    await this.line.close();
  }

  /** Ends with the engine, where nobody ends it before. */
  private keep(end: Stop): Stop {
    const stop = () => {
      if (this.stops.delete(stop)) end();
    };
    this.stops.add(stop);
    return stop;
  }
}
