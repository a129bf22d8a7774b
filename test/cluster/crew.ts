import { randomUUID } from 'node:crypto';
import type { Engine } from '../../src/cluster/engine.ts';
import { Member } from '../../src/cluster/member/member.ts';
import type { Order } from '../../src/cluster/member/wire.ts';
import type { Offer, Profile } from '../../src/core/cluster/member.ts';
import { CLUSTER_PACE } from '../../src/core/cluster/pace.ts';
import type { Floor, Told } from '../../src/core/cluster/state.ts';
import { realClock } from '../../src/daemon/clock.ts';

/** The backup of a task, with a fence: what counts is that a lower epoch has no effect after a higher one. */
export class FencedBackup {
  epoch = 0;
  readonly effects: { readonly epoch: number; readonly member: string; readonly at: number }[] = [];
  readonly refused: { readonly epoch: number; readonly member: string }[] = [];
  readonly unreachable = new Set<string>();

  takeOver(epoch: number): boolean {
    if (epoch < this.epoch) return false;
    this.epoch = epoch;
    return true;
  }

  write(epoch: number, member: string): boolean {
    if (epoch < this.epoch) {
      this.refused.push({ epoch, member });
      return false;
    }
    this.effects.push({ epoch, member, at: performance.now() });
    return true;
  }
}

export type Backups = ReadonlyMap<string, FencedBackup>;

export function backupsOf(count: number): Backups {
  return new Map(Array.from({ length: count }, (_, i) => [`t${i}`, new FencedBackup()]));
}

const PROGRESS: Told = { state: 'following', progress: 0, busy: false, cost: 1 };

/** A member whose tasks write to backups of the test whenever they are asked to. */
export class Hand {
  readonly member: Member;
  readonly said: string[] = [];
  readonly tasks = new Map<string, number>();
  private readonly progress = new Map<string, number>();
  private isDead = false;

  constructor(
    readonly name: string,
    readonly engine: Engine,
    readonly backups: Backups,
    offers: Readonly<Record<string, Offer>> = offersOf(backups),
    floors: ReadonlyMap<string, Floor> = new Map(),
  ) {
    const profile: Profile = {
      member: name,
      incarnation: randomUUID(),
      weight: 1,
      labels: [],
      tasks: offers,
    };
    this.member = new Member({
      engine,
      profile,
      floors,
      pace: CLUSTER_PACE,
      clock: {
        ...realClock,
        // A process that was killed has no timers any more.
        at: (time, call) => realClock.at(time, () => this.isDead || call()),
      },
      say: (_, text) => this.said.push(`${name}: ${text}`),
      duties: {
        begin: (task, epoch) => this.begin(task, epoch),
        end: (task, epoch) => {
          if (this.tasks.get(task) === epoch) this.tasks.delete(task);
          setImmediate(() => this.isDead || this.member.ended(task, epoch));
        },
        makeReady: (task, epoch) => {
          setImmediate(() => this.isDead || this.member.madeReady(task, epoch));
        },
        unready: () => {},
        reaches: async task => !backups.get(task)!.unreachable.has(name),
        paused: () => {},
        remember: () => {},
      },
    });
    this.member.start();
  }

  private begin(task: string, epoch: number): void {
    setImmediate(() => {
      if (this.isDead) return;
      const backup = this.backups.get(task)!;
      if (backup.unreachable.has(this.name))
        return this.member.told(task, epoch, { ...PROGRESS, state: 'unreachable' });
      if (!backup.takeOver(epoch)) {
        return this.member.told(task, epoch, { ...PROGRESS, state: 'fenced', seen: backup.epoch });
      }
      this.tasks.set(task, epoch);
      this.write(task);
    });
  }

  /** An effect on the backup, as the owner that it takes itself for. */
  write(task: string): boolean {
    const epoch = this.tasks.get(task)!;
    const wrote = this.backups.get(task)!.write(epoch, this.name);
    const progress = (this.progress.get(task) ?? 0) + 1;
    this.progress.set(task, progress);
    if (!this.isDead) this.member.told(task, epoch, { ...PROGRESS, progress });
    return wrote;
  }

  order(order: Order): Promise<string | undefined> {
    return this.member.order(order);
  }

  /** As kill -9 does: nothing is said any more, by nobody. */
  async kill(): Promise<void> {
    this.isDead = true;
    await this.engine.close();
  }

  async leave(): Promise<void> {
    await this.member.stop();
    this.isDead = true;
    await this.engine.close();
  }
}

export function offersOf(backups: Backups, change: Partial<Offer> = {}): Record<string, Offer> {
  const offer: Offer = {
    configuration: 'c1',
    edition: 1,
    fields: {},
    mayOwn: true,
    kind: 'fenced',
    ...change,
  };
  return Object.fromEntries([...backups.keys()].map(task => [task, offer]));
}

/** Resolves when every task is at work at exactly these members, and each of them knows it. */
export async function settled(hands: readonly Hand[], backups: Backups): Promise<void> {
  const isSo = () =>
    [...backups.keys()].every(task => {
      const owners = hands.filter(hand => hand.tasks.has(task));
      if (owners.length !== 1) return false;
      const epoch = owners[0]!.tasks.get(task);
      return hands.every(({ member }) => {
        const route = member.state.rows.get(task)?.route;
        return route?.epoch === epoch && route?.state.is === 'owned' && route.state.owner === owners[0]!.name;
      });
    });
  await Promise.all(hands.map(({ member }) => member.until(isSo)));
  // Each told the last one's news: looked at once more together.
  if (!isSo()) await settled(hands, backups);
}

export function counts(hands: readonly Hand[]): number[] {
  return hands.map(({ tasks }) => tasks.size);
}
