import type { Contact, Engine, Entry, Message, Table, Written } from '../../src/cluster/engine.ts';
import { bytes, Seen, text } from './seen.ts';

/** Where members meet: one hub, or one server. */
export interface World {
  /** Another member, with contact. */
  join(node: string): Promise<Engine>;
  /** All members lose contact, and have been told so. */
  lose(): Promise<void>;
  /** They find it again, and have been told so. */
  find(): Promise<void>;
  end(): Promise<void>;
}

/** Resolves when the member is told that its contact is so. */
export async function untilContact(engine: Engine, is: Contact['is']): Promise<void> {
  const seen = new Seen<Contact>();
  const stop = engine.contact(seen.add);
  await seen.until(all => all.at(-1)?.is === is);
  stop();
}

/** What a watch has told: entries as text, and `current`. */
export type Told =
  | { readonly key: string; readonly value: string | undefined; readonly revision: number }
  | 'current';

export class Watched extends Seen<Told> {
  readonly stop: () => void;

  constructor(table: Table) {
    super();
    this.stop = table.watch({
      entry: entry => this.add(told(entry)),
      current: () => this.add('current'),
    });
  }

  /** What somebody knows who believes what was told last. */
  get known(): Map<string, string> {
    const known = new Map<string, string>();
    for (const one of this.all) {
      if (one === 'current') continue;
      if (one.value === undefined) known.delete(one.key);
      else known.set(one.key, one.value);
    }
    return known;
  }

  current(times = 1): Promise<void> {
    return this.until(all => all.filter(one => one === 'current').length >= times);
  }
}

function told(entry: Entry): Told {
  return { key: entry.key, value: text(entry.value), revision: entry.revision };
}

export class Followed extends Seen<Message> {
  readonly stop: () => void;

  constructor(engine: Engine, relationship: string, from = 0) {
    super();
    this.stop = engine.log(relationship).follow(from, this.add);
  }

  get ids(): string[] {
    return this.all.map(message => message.id);
  }
}

/** Only where nobody else writes, and contact is there. */
export async function put(
  table: Table,
  key: string,
  value: string | undefined,
  expected?: number,
): Promise<number> {
  return revisionOf(await table.put(key, value === undefined ? undefined : bytes(value), expected));
}

export function revisionOf(written: Written): number {
  if (written.is !== 'written') throw new Error(JSON.stringify(written));
  return written.revision;
}

/** Publishes one message after the other, as the only publisher; the sequence of the last. */
export async function publishAll(
  engine: Engine,
  relationship: string,
  ids: readonly string[],
  after = 0,
): Promise<number> {
  let last = after;
  for (const id of ids)
    last = revisionOf(await engine.log(relationship).publish(id, bytes(`of ${id}`), last));
  return last;
}

/** A limit for hangs only. */
export const HANG_MS = 60_000;

/** Asks until somebody answers; in between everybody else has a turn. */
export async function asked(engine: Engine, topic: string): Promise<Uint8Array> {
  for (;;) {
    const answer = await engine.ask(topic, bytes('?'), HANG_MS);
    if (answer !== undefined) return answer;
    await new Promise(done => setImmediate(done));
  }
}

let names = 0;

/** A name that nothing else in this run has. */
export const fresh = (what: string): string => `${what}-${++names}`;
