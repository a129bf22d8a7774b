import type { ClusterEffect, ClusterEvent, Outcome } from '../../core/cluster/event.ts';
import { holderOf, type Lease } from '../../core/cluster/lease.ts';
import { clusterStep, joining } from '../../core/cluster/machine.ts';
import type { Profile } from '../../core/cluster/member.ts';
import type { ClusterPace } from '../../core/cluster/pace.ts';
import type { Route } from '../../core/cluster/route.ts';
import type { ClusterState, Floor, Told } from '../../core/cluster/state.ts';
import { Awaited } from '../../daemon/awaited.ts';
import type { Clock } from '../../daemon/clock.ts';
import { type Engine, type Entry, type Stop, type Table, word } from '../engine.ts';
import { Board } from './board.ts';
import { Orders } from './orders.ts';
import {
  decodeAnswer,
  decodeBeat,
  decodeInquiry,
  decodeLease,
  decodeProfile,
  decodeRoute,
  encode,
  type Order,
  type Paused,
} from './wire.ts';

/** What a member does with the tasks that it is given, and what it keeps. */
export interface Duties {
  /** Keep this task in step, in this epoch; told of it by `Member.told`. */
  begin(task: string, epoch: number, configuration: string): void;
  /** Finish what is under way, and begin nothing; `Member.ended` when that is so. */
  end(task: string, epoch: number): void;
  /** It will be this member's soon: do all that can be done before; `Member.madeReady` when it is. */
  makeReady(task: string, epoch: number): void;
  /** It will not. */
  unready(task: string): void;
  /** Whether this member can reach the task's backup. */
  reaches(task: string): Promise<boolean>;
  /** A person's word, by whichever member: it holds wherever the task is. Told again at each contact. */
  paused(paused: Paused): void;
  /** Kept for the next start. */
  remember(floors: ReadonlyMap<string, Floor>, self: Profile): void;
}

export interface Joining {
  readonly engine: Engine;
  readonly profile: Profile;
  readonly floors: ReadonlyMap<string, Floor>;
  readonly pace: ClusterPace;
  readonly clock: Clock;
  readonly duties: Duties;
  say(level: 'info' | 'warn' | 'error', text: string): void;
}

/** An entry as it was read after a write that came to nothing; revision 0: there is none. */
interface Reread extends Pick<Entry, 'value' | 'revision'> {
  readonly refuted?: number;
}

type Happening = ClusterEvent extends infer E ? (E extends ClusterEvent ? Omit<E, 'at'> : never) : never;

/** Often enough that nothing which is due waits long, and that a gap tells that this process did not run. */
const TICK_MS = 50;

/** Between two attempts to tell of itself. */
const PROFILE_MS = 250;

/**
 * One member of a cluster: brings what the engine tells to the core's machine, and has its effects performed.
 * Nothing is decided here.
 */
export class Member {
  state: ClusterState;
  /** Settles when this member has left. */
  readonly left: Promise<void>;
  private hasLeft: () => void = () => {};
  private readonly queue: ClusterEvent[] = [];
  private isTaking = false;
  /** What tasks have told since the last tick, by task. */
  private readonly untold = new Map<string, { readonly epoch: number; readonly told: Told }>();
  private readonly stops: Stop[] = [];
  private untick: Stop = () => {};
  private unwrite: Stop = () => {};
  private readonly members: Table;
  private readonly coordinator: Table;
  private readonly routes: Table;
  private readonly orders: Orders;
  private readonly board: Board;
  private readonly awaited = new Awaited();
  private writing: Promise<unknown> = Promise.resolve();

  constructor(private readonly how: Joining) {
    const { engine, profile, clock } = how;
    this.members = engine.table('members');
    this.coordinator = engine.table('coordinator');
    this.routes = engine.table('routes');
    this.state = joining(profile, clock.now());
    this.left = new Promise(done => {
      this.hasLeft = done;
    });
    this.orders = new Orders(engine, this.members, {
      member: profile.member,
      coordinator: () => holderOf(this.state.lease),
      coordinates: () => this.state.coordinatesSince !== undefined,
      rebalance: () => this.happen({ is: 'rebalance' }),
      drained: (member, why) => this.happen({ is: 'drained', member, why }),
      paused: paused => this.how.duties.paused(paused),
    });
    this.board = new Board({
      members: this.members,
      coordinator: this.coordinator,
      routes: this.routes,
      entry: (table, entry) => this.entry(table, entry.key, entry.value, entry.revision),
      told: tasks => this.happen({ is: 'rows-told', tasks }),
    });
  }

  start(): void {
    const { engine, floors } = this.how;
    this.happen({ is: 'remembered', floors });
    this.stops.push(
      engine.hear('heartbeat.*', bytes => this.heard(bytes)),
      engine.hear('inquire.*', bytes => void this.inquired(bytes)),
      engine.hear('progress.*', bytes => this.answered(bytes)),
      this.orders.listen(),
      engine.contact(contact => {
        this.board.anew();
        if (contact.is === 'lost') return this.happen({ is: 'contact-lost', why: contact.why });
        this.happen({ is: 'contact' });
        this.writeProfile(this.state.self);
      }),
      this.board.watch(),
    );
    this.tick();
  }

  /** Leaves in good order: its tasks are given to others first. */
  stop(): Promise<void> {
    this.happen({ is: 'stop' });
    return this.left;
  }

  /** News of its state go at once. How it goes on is heard with the next beat at the earliest, and waits for a tick. */
  told(task: string, epoch: number, told: Told): void {
    const before = this.state.duties.get(task)?.told;
    if (before?.state === told.state) {
      this.untold.set(task, { epoch, told });
      return;
    }
    this.untold.delete(task);
    this.happen({ is: 'told', task, epoch, told });
  }

  ended(task: string, epoch: number): void {
    this.happen({ is: 'ended', task, epoch });
  }

  /** What it takes to begin a task of somebody else's is at hand; the epoch is the one that it was asked for with. */
  madeReady(task: string, epoch: number): void {
    this.happen({ is: 'made-ready', task, epoch });
  }

  configured(self: Profile): void {
    this.happen({ is: 'configured', self });
  }

  /** A person's word, carried out by whoever coordinates; undefined: it was, else why not. */
  order(order: Order): Promise<string | undefined> {
    return this.orders.give(order);
  }

  /** Resolves as soon as the state answers; looks again after every event. */
  until(isSo: (state: ClusterState) => boolean): Promise<void> {
    return this.awaited.until(() => isSo(this.state));
  }

  private tick(): void {
    const { clock } = this.how;
    this.untick = clock.at(clock.now() + TICK_MS, () => {
      const untold = [...this.untold];
      this.untold.clear();
      for (const [task, one] of untold) this.happen({ is: 'told', task, ...one });
      this.happen({ is: 'clock' });
      if (this.state.stage !== 'left') this.tick();
    });
  }

  private happen(happening: Happening): void {
    const { clock, pace, duties } = this.how;
    this.queue.push({ ...happening, at: clock.now() } as ClusterEvent);
    if (this.isTaking) return;
    this.isTaking = true;
    const { floors } = this.state;
    try {
      for (let event = this.queue.shift(); event !== undefined; event = this.queue.shift()) {
        const { state, effects } = clusterStep(this.state, event, pace);
        this.state = state;
        for (const effect of effects) this.perform(effect);
      }
    } finally {
      this.isTaking = false;
    }
    if (this.state.floors !== floors) duties.remember(this.state.floors, this.state.self);
    this.awaited.changed();
  }

  private perform(effect: ClusterEffect): void {
    const { engine, duties, say } = this.how;
    switch (effect.is) {
      case 'beat':
        return engine.say(`heartbeat.${word(effect.beat.member)}`, encode(effect.beat));
      case 'write-profile':
        duties.remember(this.state.floors, effect.profile);
        return this.writeProfile(effect.profile);
      case 'write-lease':
        return void this.writeLease(encode(effect.lease), effect.expected, effect.sent);
      case 'write-row':
        return void this.writeRow(effect.route, effect.expected);
      case 'begin':
        return duties.begin(effect.task, effect.epoch, effect.configuration);
      case 'end':
        return duties.end(effect.task, effect.epoch);
      case 'make-ready':
        return duties.makeReady(effect.task, effect.epoch);
      case 'unready':
        return duties.unready(effect.task);
      case 'inquire':
        return engine.say(
          `inquire.${word(this.state.self.member)}`,
          encode({ task: effect.task, from: this.state.self.member }),
        );
      case 'say':
        return say(effect.level, effect.text);
      case 'left':
        return this.leave();
    }
  }

  private leave(): void {
    this.untick();
    this.unwrite();
    for (const stop of this.stops) stop();
    // The lease that was laid down is on its way.
    void this.writing.finally(() => this.hasLeft());
  }

  /**
   * What the table says of this member is written by this member alone: the revision is read, not guessed. Tried until
   * it is there, for as long as there is contact: a table without a leader answers nobody, and whoever has the record
   * of an earlier process believes none of this one's beats. Contact that is found again has it written again.
   */
  private writeProfile(profile: Profile): void {
    const { clock } = this.how;
    this.unwrite();
    let isOver = false;
    this.unwrite = () => {
      isOver = true;
    };
    const attempt = async () => {
      const isWritten = await this.profileWritten(profile).catch(() => false);
      if (isWritten || isOver || this.state.contact === undefined) return;
      const unset = clock.at(clock.now() + PROFILE_MS, () => void attempt());
      this.unwrite = () => {
        isOver = true;
        unset();
      };
    };
    void attempt();
  }

  private async profileWritten(profile: Profile): Promise<boolean> {
    const key = word(profile.member);
    const found = await this.members.get(key);
    const expected = found?.value === undefined ? undefined : found.revision;
    return (await this.members.put(key, encode(profile), expected)).is === 'written';
  }

  private async writeLease(value: Uint8Array, expected: number | undefined, sent: number): Promise<void> {
    const outcome = await this.put(this.coordinator, 'lease', value, expected);
    const found = await this.readAgain(this.coordinator, 'lease', outcome, expected);
    if (found !== undefined) this.happen({ is: 'lease', lease: leaseIn(found), ...placeOf(found) });
    this.happen({ is: 'lease-written', sent, outcome });
  }

  private async writeRow(route: Route, expected: number | undefined): Promise<void> {
    const { task, mark } = route;
    const outcome = await this.put(this.routes, word(task), encode(route), expected);
    const found = await this.readAgain(this.routes, word(task), outcome, expected);
    if (found !== undefined) this.happen({ is: 'row', task, route: routeIn(found), ...placeOf(found) });
    this.happen({ is: 'row-written', task, mark, outcome });
  }

  private put(table: Table, key: string, value: Uint8Array, expected: number | undefined): Promise<Outcome> {
    const put = table.put(key, value, expected).then(
      (written): Outcome => (written.is === 'unknown' ? { is: 'unknown' } : written),
      (): Outcome => ({ is: 'unknown' }),
    );
    this.writing = Promise.all([this.writing, put]);
    return put;
  }

  /** Whoever does not know what came of a write, or was too late with it, reads what stands there. */
  private async readAgain(
    table: Table,
    key: string,
    outcome: Outcome,
    expected: number | undefined,
  ): Promise<Reread | undefined> {
    if (outcome.is === 'written') return undefined;
    const found = await table.get(key).catch(() => 'unread' as const);
    if (found === 'unread') return undefined;
    if (outcome.is !== 'conflict' || expected === undefined) return found;
    return { value: found?.value, revision: found?.revision ?? 0, refuted: expected };
  }

  private entry(
    table: 'members' | 'coordinator' | 'routes',
    key: string,
    value: Uint8Array | undefined,
    revision: number,
  ): void {
    if (table === 'coordinator') return this.happen({ is: 'lease', lease: leaseIn({ value }), revision });
    if (table === 'routes') {
      const route = routeIn({ value });
      if (route === undefined) return;
      return this.happen({ is: 'row', task: route.task, route, revision });
    }
    if (this.orders.seen(key, value, revision)) return;
    const profile = value === undefined ? undefined : decodeProfile(value);
    if (profile !== undefined) this.happen({ is: 'profile', member: profile.member, profile });
  }

  private heard(bytes: Uint8Array): void {
    const beat = decodeBeat(bytes);
    if (beat !== undefined && beat.incarnation !== this.state.self.incarnation)
      this.happen({ is: 'heard', beat });
  }

  private async inquired(bytes: Uint8Array): Promise<void> {
    const inquiry = decodeInquiry(bytes);
    const { member } = this.state.self;
    if (inquiry === undefined || inquiry.from === member) return;
    const { task } = inquiry;
    const reaches = await this.how.duties.reaches(task);
    this.how.engine.say(`progress.${word(member)}`, encode({ task, member, reaches }));
  }

  private answered(bytes: Uint8Array): void {
    const answer = decodeAnswer(bytes);
    if (answer !== undefined) this.happen({ is: 'answered', ...answer });
  }
}

function leaseIn({ value }: Pick<Entry, 'value'>): Lease | undefined {
  return value === undefined ? undefined : decodeLease(value);
}

function routeIn({ value }: Pick<Entry, 'value'>): Route | undefined {
  return value === undefined ? undefined : decodeRoute(value);
}

function placeOf({ revision, refuted }: Reread): Omit<Reread, 'value'> {
  return refuted === undefined ? { revision } : { revision, refuted };
}
