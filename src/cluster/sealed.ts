import { sha256InTurns } from '../connectors/file/digest.ts';
import {
  type Engine,
  type Log,
  MESSAGE_MOST,
  type Message,
  type Table,
  type TableName,
  type Texts,
  tooLarge,
} from './engine.ts';
import { nonceOf, type SealPlace, seal, unseal } from './seal.ts';

/** Places that were told; whoever floods us with more is told of already. */
const TOLD_MOST = 1000;

/**
 * An engine whose messages, values and texts only members with the same key can read or make, whoever has the
 * server. Names of topics, keys, relationships and ids stay readable, and a server can still drop, delay,
 * delete, or show an old value of the same key: what is written is decided by revisions, and by the fence at
 * the backup.
 *
 * What does not open is dropped: a message was never there, a value is as deleted. `unopened` is told the place,
 * once for each.
 */
export function sealed(engine: Engine, key: Uint8Array, unopened: (place: string) => void): Engine {
  const box = new Box(key, unopened);
  return {
    get title() {
      return engine.title;
    },
    contact: listener => engine.contact(listener),
    table: name => sealedTable(engine.table(name), name, box),
    log: relationship => sealedLog(engine.log(relationship), relationship, box),
    texts: sealedTexts(engine.texts, box),
    say: (topic, bytes) => engine.say(topic, box.close(['said', topic], bytes)),
    hear: (topic, listener) =>
      engine.hear(topic, (bytes, on) => {
        const opened = box.open(['said', on], bytes);
        if (opened !== undefined) listener(opened, on);
      }),
    ask: async (topic, bytes, withinMs) => {
      const question = box.close(['asked', topic], bytes);
      const answer = await engine.ask(topic, question, withinMs);
      return answer === undefined ? undefined : box.open(['answered', topic, nonceOf(question)], answer);
    },
    answer: (topic, handler) =>
      engine.answer(topic, async question => {
        const opened = box.open(['asked', topic], question);
        if (opened === undefined) throw new Error('what was asked does not open');
        return box.close(['answered', topic, nonceOf(question)], await handler(opened));
      }),
    close: () => engine.close(),
  };
}

class Box {
  private readonly key: Uint8Array;
  private readonly unopened: (place: string) => void;
  private readonly told = new Set<string>();

  constructor(key: Uint8Array, unopened: (place: string) => void) {
    this.key = key;
    this.unopened = unopened;
  }

  close(place: SealPlace, bytes: Uint8Array): Uint8Array {
    return seal(this.key, place, bytes);
  }

  open(place: SealPlace, bytes: Uint8Array): Uint8Array | undefined {
    const opened = unseal(this.key, place, bytes);
    if (opened === undefined) this.tell(place.slice(0, 3).join(' '));
    return opened;
  }

  private tell(place: string): void {
    if (this.told.has(place) || this.told.size >= TOLD_MOST) return;
    this.told.add(place);
    this.unopened(place);
  }
}

function sealedTable(table: Table, name: TableName, box: Box): Table {
  const open = <E extends { readonly key: string; readonly value: Uint8Array | undefined }>(entry: E): E => ({
    ...entry,
    value: entry.value === undefined ? undefined : box.open(['table', name, entry.key], entry.value),
  });
  const get: Table['get'] = async key => {
    const entry = await table.get(key);
    return entry === undefined ? undefined : open(entry);
  };
  return {
    get,
    put: async (key, value, expected) => {
      const closed = value === undefined ? undefined : box.close(['table', name, key], value);
      const written = await table.put(key, closed, expected);
      if (written.is !== 'conflict' || expected !== undefined) return written;
      // What does not open is as deleted, or nobody could ever write there again.
      const present = await get(key).catch(() => undefined);
      if (present === undefined || present.value !== undefined) return written;
      return table.put(key, closed, present.revision);
    },
    watch: listener =>
      table.watch({ entry: entry => listener.entry(open(entry)), current: () => listener.current() }),
  };
}

function sealedLog(log: Log, relationship: string, box: Box): Log {
  const place = (id: string): SealPlace => ['log', relationship, id];
  const open = (message: Message): Message | undefined => {
    const bytes = box.open(place(message.id), message.bytes);
    return bytes === undefined ? undefined : { ...message, bytes };
  };
  return {
    publish: async (id, bytes, last, withinMs) => {
      if (bytes.length > MESSAGE_MOST) throw tooLarge(bytes.length);
      const closed = box.close(place(id), bytes);
      const written = await log.publish(id, closed, last, withinMs);
      if (written.is !== 'conflict' || last !== 0) return written;
      // A newest message that does not open is as none, or nobody could ever publish behind it.
      const newest = await log.last().catch(() => undefined);
      if (newest === undefined || open(newest) !== undefined) return written;
      return log.publish(id, closed, newest.sequence, withinMs);
    },
    last: async () => {
      const newest = await log.last();
      return newest === undefined ? undefined : open(newest);
    },
    follow: (from, listener) =>
      log.follow(from, message => {
        const opened = open(message);
        if (opened !== undefined) listener(opened);
      }),
  };
}

function sealedTexts(texts: Texts, box: Box): Texts {
  return {
    put: (hash, bytes) => texts.put(hash, box.close(['text', hash], bytes)),
    get: async hash => {
      const stored = await texts.stored(hash);
      const bytes = stored === undefined ? undefined : box.open(['text', hash], stored);
      return bytes !== undefined && (await sha256InTurns(bytes)) === hash ? bytes : undefined;
    },
    stored: hash => texts.stored(hash),
  };
}
