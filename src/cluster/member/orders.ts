import { type Engine, type Stop, type Table, word } from '../engine.ts';
import { type Done, type Drain, decodeDone, decodeDrain, decodeOrder, encode, type Order } from './wire.ts';

export interface OrdersOptions {
  readonly member: string;
  coordinates(): boolean;
  /** Who coordinates, as far as this member knows. */
  coordinator(): string | undefined;
  rebalance(): void;
  drained(member: string, why: string | undefined): void;
}

/** What a person says to the cluster by any of its members: whoever coordinates carries it out. */
export class Orders {
  /** Revisions of the entries that say who is drained, by key. */
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

  /** Whether an entry of the table of members is about who is drained. */
  seen(key: string, value: Uint8Array | undefined, revision: number): boolean {
    if (!key.startsWith(PREFIX)) return false;
    if (revision > (this.revisions.get(key) ?? 0)) this.revisions.set(key, revision);
    const drain = value === undefined ? undefined : decodeDrain(value);
    if (drain !== undefined) this.options.drained(drain.member, drain.why ?? undefined);
    return true;
  }

  private async carryOut(order: Order): Promise<Done> {
    if (order.order === 'rebalance') {
      this.options.rebalance();
      return { done: true };
    }
    const why = order.order === 'drain' ? order.why : null;
    const key = `${PREFIX}${word(order.member)}`;
    const drain: Drain = { member: order.member, why };
    const found = await this.members.get(key).catch(() => undefined);
    const written = await this.members.put(key, encode(drain), found?.revision);
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

const PREFIX = 'drained.';
/** For the answer of whoever coordinates, in milliseconds. */
const WITHIN_MS = 3_000;
