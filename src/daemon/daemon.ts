import type { Config, Relationship } from '../config/config.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { PACE, type Pace } from '../core/replicator/state.ts';
import type { Opened } from '../replication/opened.ts';
import { findOverlap } from '../replication/overlaps.ts';
import { openDirected } from '../replication/roles.ts';
import { Follower } from './follower.ts';
import type { Pause } from './journal/facts.ts';
import type { Journal } from './journal/journal.ts';
import type { World } from './world.ts';

/** A daemon's parts that outlive its configuration. */
export interface Housing {
  readonly world: World;
  readonly journal: Journal;
  readonly pace?: Partial<Pace>;
}

/** What a reload did, by relationship. */
export interface Reloaded {
  readonly begun: readonly string[];
  readonly ended: readonly string[];
  readonly changed: readonly string[];
}

/** All relationships of one member, kept in step until `stop`. */
export class Daemon {
  private readonly followers = new Map<string, Follower>();
  private reloading: Promise<unknown> = Promise.resolve();
  private isStopping = false;

  private constructor(
    private current: Config,
    private readonly housing: Housing,
  ) {}

  /** Begins every relationship of the configuration; a Failure where that is wrong as a whole. */
  static async start(config: Config, housing: Housing): Promise<Daemon | Failure> {
    const wrong = await findOverlap(config, []);
    if (wrong !== undefined) return wrong;
    const opened = await openAll(config);
    if (isFailure(opened)) return opened;
    const daemon = new Daemon(config, housing);
    for (const one of opened) daemon.follow(one);
    return daemon;
  }

  get config(): Config {
    return this.current;
  }

  /** In the order of the configuration. */
  get all(): readonly Follower[] {
    return this.current.relationships.flatMap(({ name }) => this.followers.get(name) ?? []);
  }

  named(name: string): Follower | undefined {
    return this.followers.get(name);
  }

  private follow(opened: Opened): void {
    const { journal, world, pace } = this.housing;
    const follower = new Follower(opened, world, { pace: { ...PACE, ...pace } });
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
    const { name } = turned.opened;
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

  /** A person's word: nothing is replicated until it ends. It outlives a restart. */
  async pause(name: string, pause: Pause): Promise<Failure | undefined> {
    const failure = await this.housing.journal.setPaused(name, pause);
    if (failure !== undefined) return failure;
    const follower = this.named(name);
    follower?.happen({ is: 'paused', pause: this.monotonic(pause) });
    // What is being committed is finished: after the answer nothing is written any more.
    await follower?.until(({ batch }) => batch === undefined);
    return undefined;
  }

  async resume(name: string): Promise<Failure | undefined> {
    const failure = await this.housing.journal.setPaused(name, undefined);
    if (failure !== undefined) return failure;
    this.named(name)?.happen({ is: 'resumed' });
    return undefined;
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
    const wrong = await findOverlap(config, []);
    if (wrong !== undefined) return wrong;
    const opened = await openAll(config);
    if (isFailure(opened)) return opened;
    const before = new Map(this.current.relationships.map(each => [each.name, bare(each)]));
    const after = new Map(config.relationships.map(each => [each.name, bare(each)]));
    const ended = [...before.keys()].filter(name => !after.has(name));
    const begun = [...after.keys()].filter(name => !before.has(name));
    const changed = [...after.keys()].filter(
      name => before.has(name) && before.get(name) !== after.get(name),
    );
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

async function openAll(config: Config): Promise<Opened[] | Failure> {
  const opened: Opened[] = [];
  for (const relationship of config.relationships) {
    const one = await openDirected(config, relationship);
    if (isFailure(one)) return one;
    opened.push(one);
  }
  return opened;
}

/** A relationship without the places in the file that its parts stand at. */
function bare(relationship: Relationship): string {
  return JSON.stringify(relationship, (key, value) => (key === 'source' ? undefined : value));
}
