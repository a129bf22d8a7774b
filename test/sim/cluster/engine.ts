import type { Outcome } from '../../../src/core/cluster/event.ts';
import type { Random } from '../random.ts';
import type { Agenda } from './agenda.ts';

/** One table of the simulated engine: linearizable, with everything that it ever held. */
export interface SimEntry {
  readonly key: string;
  readonly value: unknown;
  readonly revision: number;
}

/** Chances of what a network does to a message, and its delays in milliseconds. */
export interface Weather {
  readonly lost: number;
  readonly doubled: number;
  readonly delay: readonly [least: number, most: number];
}

export interface Listener {
  entry(table: string, entry: SimEntry): void;
  told(table: string, keys: readonly string[]): void;
  message(from: string, message: unknown): void;
  contact(isThere: boolean): void;
}

/** The revision that is to be replaced; `any`: whatever there is. */
export type Expected = number | undefined | 'any';

interface Client {
  readonly name: string;
  readonly listener: Listener;
  /** Cut off from the engine by a partition. */
  isCut: boolean;
  /** Hears nothing, and is heard. */
  isDeaf: boolean;
  epoch: number;
}

/** Tables, and messages between those who reach it. A write's answer may be lost although it was written. */
export class SimEngine {
  private tables = new Map<string, Map<string, SimEntry>>();
  private revision = 0;
  private readonly clients = new Map<string, Client>();
  /** Every value that was ever written, in order. */
  readonly written: { readonly table: string; readonly entry: SimEntry }[] = [];
  weather: Weather = { lost: 0, doubled: 0, delay: [1, 3] };
  isDown = false;

  constructor(
    private readonly agenda: Agenda,
    private readonly random: Random,
  ) {}

  join(name: string, listener: Listener): void {
    this.clients.set(name, { name, listener, isCut: false, isDeaf: false, epoch: 0 });
    this.tellContact(name);
  }

  /** The process is gone: nothing reaches it any more. */
  leave(name: string): void {
    this.clients.delete(name);
  }

  cut(name: string, isCut: boolean): void {
    const client = this.clients.get(name);
    if (client === undefined || client.isCut === isCut) return;
    client.isCut = isCut;
    this.tellContact(name);
  }

  deafen(name: string, isDeaf: boolean): void {
    const client = this.clients.get(name);
    if (client === undefined) return;
    client.isDeaf = isDeaf;
    if (!isDeaf) this.tellContact(name);
  }

  stop(isDown: boolean): void {
    this.isDown = isDown;
    for (const name of this.clients.keys()) this.tellContact(name);
  }

  /** The servers lost power, and what they had. */
  empty(): void {
    this.tables = new Map();
    this.revision = 0;
    for (const client of this.clients.values()) this.tellContact(client.name);
  }

  private tellContact(name: string): void {
    const client = this.clients.get(name)!;
    const epoch = ++client.epoch;
    this.later(
      client,
      () => {
        if (client.epoch !== epoch) return;
        const isThere = !client.isCut && !this.isDown;
        // Lost and found within a moment, it is lost first all the same.
        client.listener.contact(false);
        if (!isThere) return;
        client.listener.contact(true);
        for (const table of ['members', 'coordinator', 'rows', 'drained']) this.tell(client, table, epoch);
      },
      true,
    );
  }

  private tell(client: Client, table: string, epoch: number): void {
    const entries = [...(this.tables.get(table)?.values() ?? [])];
    for (const entry of entries)
      this.deliver(client, () => client.epoch === epoch && client.listener.entry(table, entry));
    this.deliver(client, () => {
      if (client.epoch === epoch)
        client.listener.told(
          table,
          entries.map(({ key }) => key),
        );
    });
  }

  private reaches(client: Client): boolean {
    return !client.isCut && !this.isDown && this.clients.get(client.name) === client;
  }

  /** In order for one client, as one connection is. */
  private readonly last = new Map<Client, number>();

  private deliver(client: Client, work: () => void): void {
    const { now } = this.agenda;
    const at = Math.max(now + this.delay(), this.last.get(client) ?? 0);
    this.last.set(client, at);
    this.agenda.at(at, () => {
      if (this.reaches(client) && !client.isDeaf) work();
    });
  }

  private later(client: Client, work: () => void, always = false): void {
    this.agenda.at(this.agenda.now + this.delay(), () => {
      if (always ? this.clients.get(client.name) === client : this.reaches(client)) work();
    });
  }

  private delay(): number {
    const [least, most] = this.weather.delay;
    return this.random.int(least, most);
  }

  put(
    by: string,
    table: string,
    key: string,
    value: unknown,
    expected: Expected,
    answer: (outcome: Outcome) => void,
  ): void {
    const client = this.clients.get(by);
    if (client === undefined) return;
    const ended = () => this.clients.get(by) === client;
    const giveUp = () => this.agenda.at(this.agenda.now + 1_000, () => ended() && answer({ is: 'unknown' }));
    if (!this.reaches(client) || this.random.chance(this.weather.lost)) return giveUp();
    this.agenda.at(this.agenda.now + this.delay(), () => {
      if (!this.reaches(client)) return giveUp();
      const outcome = this.apply(table, key, value, expected);
      if (this.random.chance(this.weather.lost) || client.isDeaf) return giveUp();
      this.later(client, () => answer(outcome));
    });
  }

  private apply(table: string, key: string, value: unknown, expected: Expected): Outcome {
    const entries = this.tables.get(table) ?? new Map<string, SimEntry>();
    this.tables.set(table, entries);
    if (expected !== 'any' && entries.get(key)?.revision !== expected) return { is: 'conflict' };
    const entry = { key, value, revision: ++this.revision };
    entries.set(key, entry);
    this.written.push({ table, entry });
    for (const each of this.clients.values()) this.deliver(each, () => each.listener.entry(table, entry));
    return { is: 'written', revision: entry.revision };
  }

  say(from: string, message: unknown): void {
    const client = this.clients.get(from);
    if (client === undefined || !this.reaches(client)) return;
    for (const each of this.clients.values()) {
      if (each.name === from || this.random.chance(this.weather.lost)) continue;
      const times = this.random.chance(this.weather.doubled) ? 2 : 1;
      for (let i = 0; i < times; i++) {
        this.later(each, () => {
          if (!each.isDeaf) each.listener.message(from, message);
        });
      }
    }
  }

  read(table: string, key: string): SimEntry | undefined {
    return this.tables.get(table)?.get(key);
  }

  entries(table: string): readonly SimEntry[] {
    return [...(this.tables.get(table)?.values() ?? [])];
  }
}
