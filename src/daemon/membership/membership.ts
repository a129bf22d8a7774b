import { randomUUID } from 'node:crypto';
import { type CaptureWorld, Publisher } from '../../cluster/capture/publisher.ts';
import type { Engine } from '../../cluster/engine.ts';
import { Member } from '../../cluster/member/member.ts';
import type { Order, Paused } from '../../cluster/member/wire.ts';
import { primaryIn } from '../../cluster/spool/primary.ts';
import { Spool } from '../../cluster/spool/spool.ts';
import type { Config, Relationship } from '../../config/config.ts';
import type { Profile } from '../../core/cluster/member.ts';
import { CLUSTER_PACE, type ClusterPace } from '../../core/cluster/pace.ts';
import { ownerOf } from '../../core/cluster/route.ts';
import type { ClusterState } from '../../core/cluster/state.ts';
import { type Failure, inOneLine, isFailure } from '../../core/failure.ts';
import type { Tenure } from '../../core/fence/tenure.ts';
import type { Pace } from '../../core/replicator/state.ts';
import { openElsewhere } from '../../replication/elsewhere.ts';
import { isHere, notNear } from '../../replication/near.ts';
import { type Opened, openRelationship } from '../../replication/opened.ts';
import { openDirected } from '../../replication/roles.ts';
import type { Follower } from '../follower.ts';
import { Timeline } from '../timeline.ts';
import { ClusterMemory } from './memory.ts';
import { offersOf } from './offers.ts';
import { type Own, Standings } from './standings.ts';
import { toldOf } from './told.ts';
import { type ClusterView, clusterView } from './view.ts';

/** What a member of a cluster needs beside its configuration. */
export interface Clustered {
  readonly engine: Engine;
  readonly world: CaptureWorld;
  readonly pace: Pace;
  readonly clusterPace?: Partial<ClusterPace>;
}

/** What the daemon does with the tasks that it is given. */
export interface Charge {
  begin(task: string, tenure: Tenure): void;
  /** Finish what is under way, and begin nothing; then `Membership.ended`. */
  end(task: string, epoch: number): void;
  /** It will be this member's: open it, and make ready; then `Membership.madeReady`. */
  makeReady(task: string, epoch: number): void;
  /** It will not. */
  unready(task: string): void;
  /** A person's word, wherever the task is. */
  paused(paused: Paused): void;
}

/**
 * A daemon's part in its cluster: which of its relationships are its tasks, where their primaries are read, and what
 * it tells the others, of its tasks and of the primaries beside it.
 */
export class Membership {
  readonly member: Member;
  private readonly pace: ClusterPace;
  private readonly publishers = new Map<string, { publisher: Publisher; configuration: string }>();
  private readonly spools = new Map<string, Spool>();
  private readonly memory: ClusterMemory;
  private isStopping = false;

  constructor(
    private config: Config,
    private readonly clustered: Clustered,
    charge: Charge,
  ) {
    const { engine, world, clusterPace } = clustered;
    this.pace = { ...CLUSTER_PACE, ...clusterPace };
    this.memory = ClusterMemory.read(config.state, failure => this.complain(failure));
    if (this.memory.damage !== undefined) this.complain(this.memory.damage);
    const { memory } = this;
    this.member = new Member({
      engine,
      profile: this.profile(config, randomUUID()),
      floors: memory.floors,
      pace: this.pace,
      clock: world.clock,
      say: (level, text) => world.log.say(level, `cluster: ${text}`),
      duties: {
        begin: (task, epoch) => charge.begin(task, this.tenure(task, epoch)),
        end: (task, epoch) => charge.end(task, epoch),
        makeReady: (task, epoch) => charge.makeReady(task, epoch),
        unready: task => charge.unready(task),
        paused: paused => charge.paused(paused),
        reaches: task => this.reaches(task),
        remember: (floors, self) => memory.remember(floors, self),
      },
    });
  }

  get state(): ClusterState {
    return this.member.state;
  }

  /** How all relationships stand, by the words of their owners; from now on this member answers for its own. */
  standings(own: Own): Standings {
    const { member, pace } = this;
    const { engine, world } = this.clustered;
    const isConfirmed = () =>
      member.state.contact !== undefined && world.clock.now() - member.state.confirmed < pace.failed;
    const standings = new Standings(engine, member.state.self.member, () => member.state, isConfirmed, own);
    standings.listen();
    return standings;
  }

  view(): ClusterView {
    return clusterView(this.state, this.clustered.world.clock.now());
  }

  order(order: Order): Promise<string | undefined> {
    return this.member.order(order);
  }

  /** Why no command may change anything here now. */
  cutOff(): Failure | undefined {
    if (this.state.contact !== undefined) return undefined;
    return {
      failure: 'not-owner',
      message: `${this.state.self.member} is cut off from the cluster: whether its tasks are still its own is not known`,
      hint: 'see that the servers of `cluster:` are reached from here; `break --at` on the backup works without any of it',
    };
  }

  /** Why no command may change this relationship from here. */
  notOwner(task: string): Failure {
    const cutOff = this.cutOff();
    if (cutOff !== undefined) return cutOff;
    const route = this.state.rows.get(task)?.route;
    const owner = route === undefined ? undefined : ownerOf(route)?.owner;
    if (owner === undefined || owner === this.state.self.member) {
      return {
        failure: 'not-owner',
        message: `nobody keeps ${task} in step just now: ${route?.why ?? 'it is not in the routing table yet'}`,
        hint: 'see `warmspare cluster routes`',
      };
    }
    return {
      failure: 'not-owner',
      message: `${task} is kept in step by ${owner} (epoch ${route!.epoch}), not by ${this.state.self.member}`,
      hint: `run the command on ${owner}`,
    };
  }

  start(): void {
    this.publish();
    this.member.start();
  }

  /** A new configuration is in force here; what differs from the cluster's is given a higher edition. */
  async configured(config: Config): Promise<void> {
    this.config = config;
    const offers = offersOf(config);
    await this.unpublish(({ configuration }, name) => offers.get(name)?.configuration !== configuration);
    this.publish();
    this.member.configured(this.profile(config, this.state.self.incarnation));
  }

  /**
   * Opens a relationship that is this member's task, or will be. Its primary is read beside this member, or else as it
   * comes through the cluster; then `close` ends that.
   */
  async open(relationship: Relationship): Promise<Opened | Failure> {
    const { config } = this;
    const isNear = notNear(config, relationship) === undefined;
    const opened = isNear ? await openDirected(config, relationship) : await this.openElsewhere(relationship);
    return isFailure(opened) ? opened : { ...opened, ...(isNear ? this.timed(relationship) : {}) };
  }

  /** Of a primary that is beside this member alone, whose states go to others too: when each was read. */
  private timed({ primary }: Relationship): Pick<Opened, 'asOf' | 'lags'> {
    if (primary.kind !== 'path' || primary.node !== this.config.node) return {};
    const timeline = Timeline.of(this.clustered.world.clock);
    return {
      asOf: () => timeline.next(),
      lags: ledger => {
        timeline.after(ledger?.asOf ?? 0);
        return undefined;
      },
    };
  }

  /**
   * Does for a task that was opened, and is not this member's yet, all that can be done before it is, without any
   * effect on its backup; false where that could not be.
   */
  async prepare({ name, source, target }: Opened): Promise<boolean> {
    const spool = this.spools.get(name);
    if (spool !== undefined && !(await spool.isServed())) return false;
    const away = await Promise.all([source.reachable(), target.reachable()]);
    if (away.some(failure => failure !== undefined)) return false;
    const ledger = await target.ledger(name);
    if (isFailure(ledger)) return false;
    // Where nothing was replicated yet nothing is made: no backup may be mounted there.
    return (
      ledger === undefined || (await target.prepareTakeOver(name, { follows: ledger.backup })) === undefined
    );
  }

  /** Nothing comes of a task that was opened before it was this member's. */
  async discard({ name, target }: Opened): Promise<void> {
    await target.dropTakeOver(name);
    await this.close(name);
  }

  private async openElsewhere(relationship: Relationship): Promise<Opened | Failure> {
    const { engine, world } = this.clustered;
    const { name, primary } = relationship;
    await this.close(name);
    const spooling = {
      engine,
      relationship: name,
      title: primary.kind === 'path' ? `${primary.node}:${primary.path}` : name,
      state: this.config.state,
      clock: world.clock,
      log: world.log,
    };
    const spool = await Spool.open(spooling);
    this.spools.set(name, spool);
    return openElsewhere(this.config, relationship, primaryIn(spool, spooling));
  }

  /** The task is not kept in step here any more. */
  async close(task: string): Promise<void> {
    const spool = this.spools.get(task);
    this.spools.delete(task);
    await spool?.close();
  }

  told(follower: Follower): void {
    const { tenure } = follower.opened;
    if (tenure !== undefined) this.member.told(follower.opened.name, tenure.epoch, toldOf(follower));
  }

  /** A task that could not even be opened. */
  failed(task: string, epoch: number): void {
    this.member.told(task, epoch, { state: 'unreachable', progress: 0, busy: false, cost: 1 });
  }

  madeReady(task: string, epoch: number): void {
    this.member.madeReady(task, epoch);
  }

  ended(task: string, epoch: number): void {
    this.member.ended(task, epoch);
  }

  /** The others are given the tasks first; then nothing more is told of the primaries here. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.member.stop();
    await this.unpublish(() => true);
    await Promise.all([...this.spools.keys()].map(task => this.close(task)));
    await this.memory.settled();
  }

  private tenure(task: string, epoch: number): Tenure {
    const { rows, self } = this.state;
    return { epoch, edition: rows.get(task)?.route.edition ?? 0, owner: self.member };
  }

  private profile(config: Config, incarnation: string): Profile {
    const { cluster, node } = config;
    const offers = [...offersOf(config)].map(([task, plain]) => {
      const edition = this.memory.edition(task, plain.configuration);
      return [task, { ...plain, edition }] as const;
    });
    return {
      member: node,
      incarnation,
      weight: cluster?.weight ?? 1,
      labels: cluster?.labels ?? [],
      tasks: Object.fromEntries(offers),
    };
  }

  private async reaches(task: string): Promise<boolean> {
    const relationship = this.config.relationships.find(({ name }) => name === task);
    if (relationship === undefined || !isHere(relationship.backup, this.config.node)) return false;
    const opened = openRelationship(this.config, relationship);
    return !isFailure(opened) && (await opened.target.reachable()) === undefined;
  }

  /** Whoever is beside a primary tells what it sees there, also of a task that is its own: the next owner needs it. */
  private publish(): void {
    const { config, clustered } = this;
    const offers = offersOf(config);
    for (const relationship of config.relationships) {
      const { name, primary } = relationship;
      const isBeside = primary.kind === 'path' && primary.node === config.node;
      if (this.isStopping || !isBeside || this.publishers.has(name)) continue;
      const opened = openRelationship(config, relationship);
      if (isFailure(opened)) continue;
      const publisher = new Publisher(opened, clustered.world, clustered.engine, clustered.pace);
      this.publishers.set(name, { publisher, configuration: offers.get(name)!.configuration });
      publisher.start();
    }
  }

  private async unpublish(
    isOver: (one: { readonly configuration: string }, name: string) => boolean,
  ): Promise<void> {
    const over = [...this.publishers].filter(([name, one]) => isOver(one, name));
    await Promise.all(
      over.map(async ([name, { publisher }]) => {
        publisher.happen({ is: 'stop' });
        await publisher.stopped;
        this.publishers.delete(name);
      }),
    );
  }

  private complain(failure: Failure): void {
    this.clustered.world.log.say('warn', inOneLine(failure));
  }
}
