import { isHeld } from '../../../src/core/cluster/duties.ts';
import type { ClusterEffect, ClusterEvent, Outcome } from '../../../src/core/cluster/event.ts';
import type { Lease } from '../../../src/core/cluster/lease.ts';
import { type clusterStep, joining } from '../../../src/core/cluster/machine.ts';
import type { Beat, Offer, Profile } from '../../../src/core/cluster/member.ts';
import { CLUSTER_PACE, type ClusterPace } from '../../../src/core/cluster/pace.ts';
import type { Route } from '../../../src/core/cluster/route.ts';
import type { ClusterState, Floor, Told } from '../../../src/core/cluster/state.ts';
import type { Random } from '../random.ts';
import type { Agenda } from './agenda.ts';
import type { SimBackup } from './backup.ts';
import type { Expected, SimEngine, SimEntry } from './engine.ts';

export type Step = typeof clusterStep;

/** All that a process of a member shares with the others. */
export interface Surroundings {
  readonly agenda: Agenda;
  readonly engine: SimEngine;
  readonly random: Random;
  readonly backups: ReadonlyMap<string, SimBackup>;
  readonly step: Step;
  said(text: string): void;
}

/** Kept over restarts, as on the member's disk. */
export interface Disk {
  floors: Map<string, Floor>;
}

export interface Setting {
  readonly member: string;
  readonly incarnation: string;
  /** Its clock goes by `rate` and began at `offset`. */
  readonly offset: number;
  readonly rate: number;
  readonly offers: Readonly<Record<string, Offer>>;
  readonly weight: number;
}

type Happening = ClusterEvent extends infer E ? (E extends ClusterEvent ? Omit<E, 'at'> : never) : never;

interface Work {
  readonly epoch: number;
  readonly configuration: string;
  isEnding: boolean;
  progress: number;
}

const TICK_MS = 50;

/** What waits for people and backups goes quicker than in truth: a story is to come to its end. */
export const SIM_PACE: ClusterPace = {
  ...CLUSTER_PACE,
  hold: 1_500,
  margin: 500,
  ready: 600,
  release: 2_000,
  stuck: 3_000,
  unreachable: 1_000,
  again: 1_500,
  calm: 500,
  calmMost: 4_000,
  forgive: 6_000,
};

/** One process of a member: the real machine, with its effects performed on the simulated engine and backups. */
export class SimNode {
  state: ClusterState;
  isGone = false;
  isStopped = false;
  /** An operation never comes to an end: the backup hangs. */
  readonly hung = new Set<string>();
  private missed: (() => void)[] = [];
  private readonly work = new Map<string, Work>();
  /** Tasks that it makes ready, by the epoch that they were asked for with. */
  private readonly making = new Map<string, number>();

  constructor(
    readonly setting: Setting,
    private readonly around: Surroundings,
    private readonly disk: Disk,
  ) {
    const { member, incarnation, offers, weight } = setting;
    const self: Profile = { member, incarnation, weight, labels: [], tasks: offers };
    this.state = joining(self, this.clock());
    around.engine.join(this.id, {
      entry: (table, entry) => this.run(() => this.entry(table, entry)),
      told: (table, keys) =>
        this.run(() => table === 'rows' && this.happen({ is: 'rows-told', tasks: keys })),
      message: (from, message) => this.run(() => this.message(from, message)),
      contact: isThere => this.run(() => this.contact(isThere)),
    });
    this.happen({ is: 'remembered', floors: disk.floors });
    this.tick();
  }

  get id(): string {
    return this.setting.incarnation;
  }

  clock(): number {
    return this.setting.offset + this.around.agenda.now * this.setting.rate;
  }

  kill(): void {
    this.isGone = true;
    this.around.engine.leave(this.id);
  }

  stop(): void {
    this.isStopped = true;
  }

  goOn(): void {
    this.isStopped = false;
    const { missed } = this;
    this.missed = [];
    for (const work of missed) this.run(work);
  }

  configure(offers: Readonly<Record<string, Offer>>): void {
    this.run(() => this.happen({ is: 'configured', self: { ...this.state.self, tasks: offers } }));
  }

  leave(): void {
    this.run(() => this.happen({ is: 'stop' }));
  }

  /** Whatever comes to a stopped process waits in its sockets, and to one that is gone never. */
  private run(work: () => void): void {
    if (this.isGone) return;
    if (this.isStopped) this.missed.push(work);
    else work();
  }

  private after(delay: number, work: () => void): void {
    const { agenda } = this.around;
    agenda.at(agenda.now + delay / this.setting.rate, () => this.run(work));
  }

  private tick(): void {
    this.after(TICK_MS, () => {
      this.happen({ is: 'clock' });
      if (this.state.stage !== 'left') this.tick();
    });
  }

  private happen(happening: Happening): void {
    const event = { ...happening, at: this.clock() } as ClusterEvent;
    const { state, effects } = this.around.step(this.state, event, SIM_PACE);
    this.state = state;
    this.disk.floors = new Map(state.floors);
    for (const effect of effects) this.perform(effect);
  }

  private perform(effect: ClusterEffect): void {
    const { engine, said } = this.around;
    switch (effect.is) {
      case 'beat':
        engine.say(this.id, { beat: effect.beat });
        return;
      case 'write-profile':
        this.write('members', this.setting.member, effect.profile, 'any', () => {});
        return;
      case 'write-lease':
        this.write('coordinator', 'lease', effect.lease, effect.expected, outcome =>
          this.happen({ is: 'lease-written', sent: effect.sent, outcome }),
        );
        return;
      case 'write-row':
        this.writeRow(effect.route, effect.expected);
        return;
      case 'begin':
        this.begin(effect.task, effect.epoch, effect.configuration);
        return;
      case 'end':
        this.end(effect.task);
        return;
      case 'make-ready':
        this.makeReady(effect.task, effect.epoch);
        return;
      case 'unready':
        this.making.delete(effect.task);
        return;
      case 'inquire':
        engine.say(this.id, { inquire: effect.task });
        return;
      case 'say':
        said(`${this.id}: ${effect.text}`);
        return;
      case 'left':
        this.after(5, () => this.kill());
        return;
    }
  }

  private write(
    table: string,
    key: string,
    value: unknown,
    expected: Expected,
    answer: (outcome: Outcome) => void,
  ): void {
    this.around.engine.put(this.id, table, key, value, expected, outcome => this.run(() => answer(outcome)));
  }

  private writeRow(route: Route, expected: number | undefined): void {
    const { task, mark } = route;
    this.write('rows', task, route, expected, outcome => {
      if (outcome.is !== 'unknown') return this.happen({ is: 'row-written', task, mark, outcome });
      // Whoever does not know reads again.
      const found = this.around.engine.read('rows', task);
      if (found !== undefined) this.row(found);
      this.happen({ is: 'row-written', task, mark, outcome });
    });
  }

  private contact(isThere: boolean): void {
    if (!isThere) return this.happen({ is: 'contact-lost', why: 'no server answers' });
    this.happen({ is: 'contact' });
    this.write('members', this.setting.member, this.state.self, 'any', () => {});
  }

  private entry(table: string, entry: SimEntry): void {
    const { key, value, revision } = entry;
    if (table === 'members') this.happen({ is: 'profile', member: key, profile: value as Profile });
    else if (table === 'coordinator') this.happen({ is: 'lease', lease: value as Lease, revision });
    else if (table === 'drained')
      this.happen({ is: 'drained', member: key, why: value as string | undefined });
    else this.row(entry);
  }

  private row({ key, value, revision }: SimEntry): void {
    this.happen({ is: 'row', task: key, route: value as Route | undefined, revision });
  }

  private message(from: string, message: unknown): void {
    const { beat, inquire, answer } = message as {
      beat?: Beat;
      inquire?: string;
      answer?: { task: string; member: string; reaches: boolean };
    };
    if (beat !== undefined) this.happen({ is: 'heard', beat });
    if (answer !== undefined) this.happen({ is: 'answered', ...answer });
    if (inquire === undefined || from === this.id) return;
    const { member } = this.setting;
    const reaches = !this.around.backups.get(inquire)!.unreachable.has(member);
    this.after(2, () => this.around.engine.say(this.id, { answer: { task: inquire, member, reaches } }));
  }

  private begin(task: string, epoch: number, configuration: string): void {
    const work: Work = { epoch, configuration, isEnding: false, progress: 0 };
    this.work.set(task, work);
    this.after(this.around.random.int(1, 20), () => this.takeOver(task, work));
  }

  /** Quicker or slower than an owner waits for; never where the backup is not reached from here. */
  private makeReady(task: string, epoch: number): void {
    this.making.set(task, epoch);
    const isVain = this.around.backups.get(task)!.unreachable.has(this.setting.member);
    this.after(this.around.random.int(1, 900), () => {
      if (!isVain && this.making.get(task) === epoch) this.happen({ is: 'made-ready', task, epoch });
    });
  }

  private takeOver(task: string, work: Work): void {
    if (this.finished(task, work)) return;
    const backup = this.around.backups.get(task)!;
    if (backup.unreachable.has(this.setting.member)) {
      this.tell(task, work, { state: 'unreachable' });
      return this.after(200, () => this.takeOver(task, work));
    }
    const seen = backup.takeOver(work.epoch, this.editionOf(task, work), this.id);
    if (seen !== undefined) {
      this.tell(task, work, { state: 'fenced', ...seen });
      return this.after(500, () => this.finished(task, work));
    }
    this.tell(task, work, { state: 'following' });
    this.operate(task, work);
  }

  /** Of the row that gave the work. */
  private editionOf(task: string, { epoch }: Work): number {
    const route = this.state.rows.get(task)?.route;
    return route?.epoch === epoch ? route.edition : this.state.self.tasks[task]!.edition;
  }

  /** Plans, and some time later writes: in between anything may have happened. */
  private operate(task: string, work: Work): void {
    const { random } = this.around;
    this.after(random.int(20, 400), () => {
      if (this.finished(task, work)) return;
      this.tell(task, work, { state: 'following', busy: true });
      this.after(random.int(1, 30), () => this.commit(task, work));
    });
  }

  private commit(task: string, work: Work): void {
    if (this.hung.has(task)) return this.after(500, () => this.commit(task, work));
    if (this.finished(task, work)) return;
    const { agenda, backups } = this.around;
    const backup = backups.get(task)!;
    const { epoch, configuration } = work;
    if (!isHeld(this.state, task, this.clock(), SIM_PACE)) return this.happen({ is: 'clock' });
    if (backup.unreachable.has(this.setting.member)) {
      this.tell(task, work, { state: 'unreachable' });
    } else if (!backup.write({ at: agenda.now, task, epoch, configuration, member: this.id })) {
      this.tell(task, work, { state: 'fenced', seen: backup.epoch });
    } else {
      work.progress++;
      this.tell(task, work, { state: 'following' });
    }
    this.operate(task, work);
  }

  private tell(task: string, { epoch, progress }: Work, told: Partial<Told>): void {
    this.happen({
      is: 'told',
      task,
      epoch,
      told: { state: 'following', progress, busy: false, cost: 1, ...told },
    });
  }

  private end(task: string): void {
    const work = this.work.get(task);
    if (work !== undefined) work.isEnding = true;
    // What is idle ends soon, what is under way when it comes to its end.
    if (!this.hung.has(task)) this.after(30, () => this.finished(task, work));
  }

  /** Whether this work is not to go on; where it was asked to end, it has. */
  private finished(task: string, work: Work | undefined): boolean {
    if (work === undefined || this.work.get(task) !== work) return true;
    if (!work.isEnding) return false;
    this.work.delete(task);
    this.happen({ is: 'ended', task, epoch: work.epoch });
    return true;
  }
}
