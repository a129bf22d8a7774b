import { type Engine, type Stop, type Table, word } from '../engine.ts';
import {
  type Done,
  type Drain,
  decodeDone,
  decodeDrain,
  decodeOrder,
  decodePaused,
  encode,
  type Order,
  type Paused,
} from './wire.ts';

export interface OrdersOptions {
  readonly member: string;
  coordinates(): boolean;
  /** Who coordinates, as far as this member knows. */
  coordinator(): string | undefined;
  rebalance(): void;
  drained(member: string, why: string | undefined): void;
  paused(paused: Paused): void;
}

/** What a person says to the cluster by any of its members: whoever coordinates carries it out. */
export class Orders {
  /** Revisions of the entries that say what a person said, by key. */
  private readonly revisions = new Map<string, number>();

  constructor(
    private readonly engine: Engine,
    private readonly members: Table,
    private readonly options: OrdersOptions,
  ) {}

  listen(): Stop {
    const { member, coordinates } = this.options;
    return this.engine.answer(topicOf(member), async bytes => {
      const order = decodeOrder(bytes);
      if (order === undefined)
        return encode({ done: false, why: 'the order has another form' } satisfies Done);
      if (!coordinates())
        return encode({ done: false, why: `${member} does not coordinate any more` } satisfies Done);
      return encode(await this.carryOut(order));
    });
  }

  /** Undefined: it was carried out. */
  async give(order: Order): Promise<string | undefined> {
    const { coordinates, coordinator } = this.options;
    const holder = coordinator();
    if (holder === undefined) return 'nobody coordinates just now';
    const asked = () => this.engine.ask(topicOf(holder), encode(order), WITHIN_MS);
    const done = coordinates() ? await this.carryOut(order) : decodeDone((await asked()) ?? new Uint8Array());
    if (done === undefined) return `${holder}, which coordinates, did not answer`;
    return done.done ? undefined : (done.why ?? 'it was not done');
  }

  /**
   * Whether an entry of the table of members is what a person said. That it is gone says nothing: the engine has lost
   * it, and whoever heard of it goes on with it.
   */
  seen(key: string, value: Uint8Array | undefined, revision: number): boolean {
    if (!key.startsWith(DRAINED) && !key.startsWith(PAUSED)) return false;
    if (revision > (this.revisions.get(key) ?? 0)) this.revisions.set(key, revision);
    if (value === undefined) return true;
    const drain = key.startsWith(DRAINED) ? decodeDrain(value) : undefined;
    if (drain !== undefined) this.options.drained(drain.member, drain.why ?? undefined);
    const paused = key.startsWith(PAUSED) ? decodePaused(value) : undefined;
    if (paused !== undefined) this.options.paused(paused);
    return true;
  }

  private async carryOut(order: Order): Promise<Done> {
    if (order.order === 'rebalance') {
      this.options.rebalance();
      return { done: true };
    }
    const { key, value } = entryOf(order);
    const found = await this.members.get(key).catch(() => undefined);
    const written = await this.members.put(key, encode(value), found?.revision);
    if (written.is === 'written') return { done: true };
    return {
      done: false,
      why: written.is === 'conflict' ? 'somebody else said otherwise at the same time' : written.why,
    };
  }
}

function topicOf(member: string): string {
  return `order.${word(member)}`;
}

function entryOf(order: Exclude<Order, { order: 'rebalance' }>): { key: string; value: Drain | Paused } {
  if (order.order === 'pause') {
    const { task, pause } = order;
    return { key: `${PAUSED}${word(task)}`, value: { task, pause } };
  }
  const { member } = order;
  return {
    key: `${DRAINED}${word(member)}`,
    value: { member, why: order.order === 'drain' ? order.why : null },
  };
}

const DRAINED = 'drained.';
const PAUSED = 'paused.';
/** For the answer of whoever coordinates, in milliseconds. */
const WITHIN_MS = 3_000;
