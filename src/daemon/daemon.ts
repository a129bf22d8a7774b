import { bareText } from '../config/bare.ts';
import type { Config } from '../config/config.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { PACE, type Pace } from '../core/replicator/state.ts';
import { type Opened, openRelationship } from '../replication/opened.ts';
import { findOverlap } from '../replication/overlaps.ts';
import { openDirected } from '../replication/roles.ts';
import type { Standing } from '../replication/standing.ts';
import { Follower } from './follower.ts';
import type { Pause } from './journal/facts.ts';
import type { Journal } from './journal/journal.ts';
import { type Charge, type Clustered, Membership } from './membership/membership.ts';
import type { Standings } from './membership/standings.ts';
import { Tasks } from './membership/tasks.ts';
import { liveStanding } from './standing.ts';
import type { World } from './world.ts';

/** A daemon's parts that outlive its configuration. */
export interface Housing {
  readonly world: World;
  readonly journal: Journal;
  readonly pace?: Partial<Pace>;
  /** Absent: this process alone has every relationship. */
  readonly cluster?: Omit<Clustered, 'pace'>;
}

/** What a reload did, by relationship. */
export interface Reloaded {
  readonly begun: readonly string[];
  readonly ended: readonly string[];
  readonly changed: readonly string[];
}

/** The relationships of one member, kept in step until `stop`: all of them, or those that its cluster gives it. */
export class Daemon {
  readonly membership: Membership | undefined;
  private readonly followers = new Map<string, Follower>();
  private readonly tasks: Tasks;
  private readonly told: Standings | undefined;
  private reloading: Promise<unknown> = Promise.resolve();
  private isStopping = false;

  private constructor(
    private current: Config,
    private readonly housing: Housing,
  ) {
    const { cluster, world } = housing;
    this.tasks = new Tasks(world, {
      open: name => this.openTask(name),
      prepare: async opened => (await this.membership?.prepare(opened)) === true,
      discard: async opened => this.membership?.discard(opened),
      follow: opened => this.follow(opened),
      unfollow: name => this.unfollow(name),
      madeReady: (name, epoch) => this.membership?.madeReady(name, epoch),
      failed: (name, epoch) => this.membership?.failed(name, epoch),
      ended: (name, epoch) => this.membership?.ended(name, epoch),
    });
    this.membership =
      cluster === undefined
        ? undefined
        : new Membership(current, { ...cluster, pace: this.pace }, this.charge());
    this.told = this.membership?.standings({
      standing: name => this.standing(name),
      direction: name => this.directionOf(name),
    });
  }

  /**
   * Begins every relationship of the configuration, or joins the cluster, which says which; a Failure where the
   * configuration is wrong as a whole.
   */
  static async start(config: Config, housing: Housing): Promise<Daemon | Failure> {
    const daemon = new Daemon(config, housing);
    const opened = await daemon.judged(config);
    if (isFailure(opened)) return opened;
    if (daemon.membership === undefined) for (const one of opened) daemon.follow(one);
    else daemon.membership.start();
    return daemon;
  }

  /** Every relationship, opened as far as that is possible here; a Failure where anything is wrong. */
  private async judged(config: Config): Promise<Opened[] | Failure> {
    const isAlone = this.membership === undefined;
    const wrong = await findOverlap(config, []);
    if (wrong !== undefined) return wrong;
    const opened: Opened[] = [];
    for (const relationship of config.relationships) {
      const one = isAlone ? await openDirected(config, relationship) : openRelationship(config, relationship);
      if (isFailure(one)) return one;
      opened.push(one);
    }
    return opened;
  }

  private get pace(): Pace {
    return { ...PACE, ...this.housing.pace };
  }

  get config(): Config {
    return this.current;
  }

  /** In the order of the configuration. */
  get all(): readonly Follower[] {
    return this.current.relationships.flatMap(({ name }) => this.followers.get(name) ?? []);
  }

  /** How relationships stand; in a cluster those of other members as they tell it. */
  async standings(names: readonly string[]): Promise<readonly Standing[]> {
    return this.told?.of(names) ?? names.flatMap(name => this.standing(name) ?? []);
  }

  private standing(name: string): Standing | undefined {
    const follower = this.named(name);
    return follower === undefined ? undefined : liveStanding(follower, this.paused(name));
  }

  private directionOf(name: string): string {
    const relationship = this.current.relationships.find(each => each.name === name);
    const opened = relationship === undefined ? undefined : openRelationship(this.current, relationship);
    return opened === undefined || isFailure(opened) ? '' : opened.direction;
  }

  named(name: string): Follower | undefined {
    return this.followers.get(name);
  }

  private charge(): Charge {
    return {
      begin: (task, tenure) => this.tasks.begin(task, tenure),
      end: (task, epoch) => this.tasks.end(task, epoch),
      makeReady: (task, epoch) => this.tasks.makeReady(task, epoch),
      unready: task => this.tasks.unready(task),
      // Kept here as well: the next owner may be this one, and the engine may have lost it by then.
      paused: ({ task, pause }) => void this.setPaused(task, pause ?? undefined),
    };
  }

  private async openTask(name: string): Promise<Opened | Failure | undefined> {
    const relationship = this.current.relationships.find(each => each.name === name);
    return relationship === undefined ? undefined : this.membership!.open(relationship);
  }

  private async unfollow(name: string): Promise<void> {
    const follower = this.named(name);
    if (follower !== undefined) await end(follower);
    this.followers.delete(name);
    await this.membership?.close(name);
  }

  private follow(opened: Opened): void {
    const { journal, world } = this.housing;
    const { pace } = this;
    const follower = new Follower(opened, world, { pace }, one => this.membership?.told(one));
    this.followers.set(opened.name, follower);
    void follower.until(isTurned).then(() => this.turn(follower));
    const { paused, held } = journal.facts(opened.name);
    const { clock } = world;
    const ago = (since: number) => clock.now() - Math.max(0, clock.wall() - since);
    follower.happen({
      is: 'started',
      held: new Map([...held].map(([path, { since }]) => [path, ago(since)])),
      ...(paused === undefined ? {} : { pause: this.monotonic(paused) }),
    });
  }

  /** The roles were exchanged, by whomever: the relationship begins anew in its new direction. */
  private turn(turned: Follower): Promise<void> {
    const { name, tenure } = turned.opened;
    if (tenure !== undefined) return this.tasks.again(name, tenure);
    const done = this.reloading.then(async () => {
      const relationship = this.current.relationships.find(each => each.name === name);
      if (this.isStopping || relationship === undefined || this.named(name) !== turned) return;
      await end(turned);
      const opened = await openDirected(this.current, relationship);
      if (this.isStopping) return;
      this.followers.delete(name);
      // What cannot be opened now could be a moment ago, by the same configuration.
      if (!isFailure(opened)) this.follow(opened);
    });
    this.reloading = done;
    return done;
  }

  /** A pause that ends at a time of the wall clock, by the monotonic one. */
  private monotonic({ until }: Pause): { until?: number } {
    const { clock } = this.housing.world;
    return until === undefined ? {} : { until: clock.now() + Math.max(0, until - clock.wall()) };
  }

  /** A person's word: nothing is replicated until it ends. It outlives a restart, and holds for the next owner. */
  async pause(name: string, pause: Pause): Promise<Failure | undefined> {
    const failure = (await this.setPaused(name, pause)) ?? (await this.tellPaused(name, pause));
    if (failure !== undefined) return failure;
    // What is being committed is finished: after the answer nothing is written any more.
    await this.named(name)?.until(({ batch }) => batch === undefined);
    return undefined;
  }

  async resume(name: string): Promise<Failure | undefined> {
    return (await this.tellPaused(name, undefined)) ?? this.setPaused(name, undefined);
  }

  private async setPaused(name: string, pause: Pause | undefined): Promise<Failure | undefined> {
    const failure = await this.housing.journal.setPaused(name, pause);
    if (failure !== undefined) return failure;
    const follower = this.named(name);
    if (pause === undefined) follower?.happen({ is: 'resumed' });
    else follower?.happen({ is: 'paused', pause: this.monotonic(pause) });
    return undefined;
  }

  /** All members keep it, so that whoever has the task next does. */
  private async tellPaused(task: string, pause: Pause | undefined): Promise<Failure | undefined> {
    const why = await this.membership?.order({ order: 'pause', task, pause: pause ?? null });
    if (why === undefined) return undefined;
    return {
      failure: 'not-owner',
      message:
        pause === undefined
          ? `${task} stays paused, the other members could not be told: ${why}`
          : `the other members do not know of it, it holds on this one only: ${why}`,
      hint: 'run the command again',
    };
  }

  /** The pause of a relationship as it was set. */
  paused(name: string): Pause | undefined {
    return this.named(name)?.state.pause === undefined ? undefined : this.housing.journal.facts(name).paused;
  }

  /**
   * Runs a person's command while it has these relationships to itself: one after the other in the order
   * of their names, so that two commands never wait for each other.
   */
  async alone<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    const [first, ...rest] = [...names].sort();
    const follower = first === undefined ? undefined : this.named(first);
    if (follower === undefined) return rest.length > 0 ? this.alone(rest, work) : work();
    return follower.alone(() => this.alone(rest, work));
  }

  /** Lets the process have been asleep: everything is looked at again. */
  gap(): void {
    for (const follower of this.followers.values()) follower.happen({ is: 'gap' });
  }

  /**
   * Takes a new configuration: what is not in it any more ends, what changed begins anew with what it has
   * become (its new mapping is then a change like any other, and guarded like one). Where anything is
   * wrong nothing changes.
   */
  reload(config: Config): Promise<Reloaded | Failure> {
    // One after the other: two at once would each begin what the other one ends.
    const done = this.reloading.then(() => this.reloadNow(config));
    this.reloading = done.catch(() => undefined);
    return done;
  }

  private async reloadNow(config: Config): Promise<Reloaded | Failure> {
    const opened = await this.judged(config);
    if (isFailure(opened)) return opened;
    const before = new Map(this.current.relationships.map(each => [each.name, bareText(each)]));
    const after = new Map(config.relationships.map(each => [each.name, bareText(each)]));
    const ended = [...before.keys()].filter(name => !after.has(name));
    const begun = [...after.keys()].filter(name => !before.has(name));
    const changed = [...after.keys()].filter(
      name => before.has(name) && before.get(name) !== after.get(name),
    );
    if (this.membership !== undefined) {
      // What it has as a task ends and begins by the routing table, which knows what the others have.
      this.current = config;
      // By the old one.
      this.tasks.unreadyAll();
      await this.membership.configured(config);
      return { begun, ended, changed };
    }
    const leaving = [...ended, ...changed].flatMap(name => this.named(name) ?? []);
    await Promise.all(leaving.map(end));
    for (const { opened: left } of leaving) this.followers.delete(left.name);
    if (this.isStopping) return { begun: [], ended, changed: [] };
    this.current = config;
    for (const one of opened) if (!this.followers.has(one.name)) this.follow(one);
    return { begun, ended, changed };
  }

  /** Every commit that runs is finished, no other is begun. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.reloading;
    await this.membership?.stop();
    await this.tasks.stop();
    await Promise.all([...this.followers.values()].map(end));
  }
}

function isTurned({ phase }: Follower['state']): boolean {
  return 'obstacle' in phase && phase.obstacle?.failure.failure === 'direction';
}

function end(follower: Follower): Promise<void> {
  follower.happen({ is: 'stop' });
  return follower.stopped;
}
