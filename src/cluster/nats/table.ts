import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { Entry, Stop, Table, TableName, Written } from '../engine.ts';
import type { Line } from './line.ts';
import type { Names } from './names.ts';
import type { Streams } from './prepared.ts';
import { Tail, type Tailed } from './tail.ts';
import { write } from './write.ts';

const OPERATION = 'KV-Operation';
const NOTHING = new Uint8Array(0);

/** A table as a bucket: one message for each key, the newest. */
export class NatsTable implements Table {
  private readonly line: Line;
  private readonly streams: Streams;
  private readonly names: Names;
  private readonly name: TableName;

  constructor(line: Line, streams: Streams, names: Names, name: TableName) {
    this.line = line;
    this.streams = streams;
    this.names = names;
    this.name = name;
  }

  async get(key: string): Promise<Entry | undefined> {
    const message = await this.streams.decided(
      this.names.tableStream(this.name),
      this.names.key(this.name, key),
    );
    if (message === null) return undefined;
    return { key, value: valueIn(message.header, message.data), revision: message.seq };
  }

  async put(key: string, value: Uint8Array | undefined, expected: number | undefined): Promise<Written> {
    const written = await this.write(key, value, expected ?? 0);
    if (written.is !== 'conflict' || expected !== undefined) return written;
    // Where the key was deleted its last message is the one that says so.
    const present = await this.get(key).catch(() => undefined);
    if (present === undefined || present.value !== undefined) return written;
    return this.write(key, value, present.revision);
  }

  watch(listener: Parameters<Table['watch']>[0]): Stop {
    const watch = new Watch(this.names, this.name, listener, deliver => this.line.queue.add(deliver));
    const tail = new Tail(this.line, this.streams, this.names.tableStream(this.name), undefined, watch);
    return () => {
      watch.end();
      tail.stop();
    };
  }

  private write(key: string, value: Uint8Array | undefined, last: number): Promise<Written> {
    const deleted = value === undefined ? { headers: saying('DEL') } : {};
    const subject = this.names.key(this.name, key);
    return write(this.line, this.streams, { subject, bytes: value ?? NOTHING, last, ...deleted });
  }
}

/** Each beginning of the tail tells everything; what was there before and is there no more is told as deleted. */
class Watch {
  private readonly names: Names;
  private readonly table: TableName;
  private readonly listener: Parameters<Table['watch']>[0];
  private readonly soon: (deliver: () => void) => void;
  /** Keys that the listener believes to be there. */
  private there = new Set<string>();
  /** Of these the ones that this beginning has not told yet. */
  private unseen = new Set<string>();
  private ended = false;

  constructor(
    names: Names,
    table: TableName,
    listener: Parameters<Table['watch']>[0],
    soon: (deliver: () => void) => void,
  ) {
    this.names = names;
    this.table = table;
    this.listener = listener;
    this.soon = soon;
  }

  from(): number {
    this.unseen = new Set(this.there);
    return 0;
  }

  message({ subject, sequence, headers, bytes }: Tailed): void {
    const key = this.names.keyOf(this.table, subject);
    this.tell({ key, value: valueIn(headers, bytes), revision: sequence });
  }

  caughtUp(): void {
    for (const key of this.unseen) this.tell({ key, value: undefined, revision: 0 });
    this.later(() => this.listener.current());
  }

  end(): void {
    this.ended = true;
  }

  private tell(entry: Entry): void {
    this.unseen.delete(entry.key);
    if (entry.value === undefined) this.there.delete(entry.key);
    else this.there.add(entry.key);
    this.later(() => this.listener.entry(entry));
  }

  private later(deliver: () => void): void {
    this.soon(() => {
      if (!this.ended) deliver();
    });
  }
}

function valueIn(headers: MsgHdrs | undefined, bytes: Uint8Array): Uint8Array | undefined {
  const operation = headers?.get(OPERATION) ?? '';
  return operation === '' || operation === 'PUT' ? bytes : undefined;
}

function saying(operation: string): MsgHdrs {
  const made = headers();
  made.set(OPERATION, operation);
  return made;
}
