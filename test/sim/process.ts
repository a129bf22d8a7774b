import './mount.ts';
import type { Taken, TakeOver, Transaction } from '../../src/connectors/connector.ts';
import { sha256 } from '../../src/connectors/file/digest.ts';
import { FileTarget } from '../../src/connectors/file/target.ts';
import { planFile } from '../../src/core/apply/plan-file.ts';
import { type Failure, isFailure } from '../../src/core/failure.ts';
import { PACE } from '../../src/core/replicator/state.ts';
import type { Clock } from '../../src/daemon/clock.ts';
import type { Eyes } from '../../src/daemon/eyes.ts';
import { Follower } from '../../src/daemon/follower.ts';
import { liveStanding } from '../../src/daemon/standing.ts';
import type { World } from '../../src/daemon/world.ts';
import type { Opened } from '../../src/replication/opened.ts';
import type { PlanOne } from '../../src/replication/prepare-files.ts';
import type { Owner } from './agenda.ts';
import { openedAt } from './config.ts';
import { disorder, type Inode, type SimulatedDisk } from './disk.ts';
import { SimulatedEyes } from './eyes.ts';
import { type Call, type Mounts, mount } from './mount.ts';
import type { SimulatedWorld } from './world.ts';

/** Calls that only look: mostly answered at once, so that a story takes no longer than it must. */
const LOOKS: ReadonlySet<Call> = new Set<Call>(['stat', 'list', 'open', 'read']);

/** The real connector, with the story told what it is asked for and what it answers. */
class WatchedTarget extends FileTarget {
  constructor(
    root: string,
    private readonly process: SimulatedProcess,
  ) {
    super(root);
  }

  override async commit(transaction: Transaction): Promise<Failure | undefined> {
    const { process } = this;
    process.world.checker.begins(process, transaction);
    process.transaction = transaction;
    const failure = await process.world.breaks.commit(transaction, one => super.commit(one));
    if (failure === undefined) process.world.checker.acknowledged(process, transaction);
    return failure;
  }

  override async foresee(...[relationship, put]: Parameters<FileTarget['foresee']>): Promise<void> {
    if (put !== undefined) this.process.world.checker.counts.foretold += 1;
    return super.foresee(relationship, put);
  }

  override async takeOver(relationship: string, how?: TakeOver): Promise<Taken | Failure> {
    const { process } = this;
    process.isTaking = true;
    const taken = await super.takeOver(relationship, how);
    process.isTaking = false;
    if (!isFailure(taken)) process.world.checker.taken(process, taken.epoch);
    return taken;
  }
}

/**
 * A process of warmspare in the simulated world: the real follower, core, planner and connector, with a
 * clock, eyes and a disk that are not real. When it is killed, whatever it waits for never comes.
 */
export class SimulatedProcess implements Owner, Mounts, World {
  isGone = false;
  isStopped = false;
  /** Whether it is taking the backup over, and settles what another one left. */
  isTaking = false;
  /** Whether a person's command has the relationship to itself. */
  isServing = false;
  readonly follower: Follower;
  readonly opened: Opened;
  readonly clock: Clock;
  /** What the connector was asked to commit last. */
  transaction: Transaction | undefined;
  /** As this process read them last, by path on the backup. */
  readonly lastRead = new Map<string, Uint8Array>();
  readonly log: World['log'];
  sight: SimulatedEyes | undefined;

  constructor(
    readonly number: number,
    readonly world: SimulatedWorld,
    readonly state: SimulatedDisk,
  ) {
    const { agenda } = world;
    // Each process counts from its own beginning.
    const began = agenda.now - number * 1_000;
    this.clock = {
      now: () => agenda.now - began,
      wall: () => world.wall(),
      // Never a rounding too early: that would ring for nothing, again and again.
      at: (time, call) => agenda.at(time + began + 0.001, call, this),
    };
    this.log = { say: (level, text) => world.tell(`  ${level === 'info' ? '' : `${level}: `}${text}`) };
    const root = mount(`${world.name}-${number}`, this);
    const opened = openedAt(root, world.setup);
    const target = new WatchedTarget(`${root}/backup`, this);
    const tenure = world.breaks.tenure({ epoch: number, edition: 1, owner: `member-${number}` });
    this.opened = { ...opened, target, ...(world.setup.isCluster ? { tenure } : {}) };
    this.follower = new Follower(this.opened, this, { pace: PACE });
    world.breaks.follower(this.follower, this);
  }

  /** What a person would be told of it just now. */
  standing(): string {
    return this.world.breaks.standing(this, () => liveStanding(this.follower, undefined).state);
  }

  // What the follower asks of its world.

  eyes(opened: Opened, sights: Parameters<World['eyes']>[1]): Eyes {
    this.sight = new SimulatedEyes(this, opened, sights);
    return this.world.breaks.eyes(this.sight);
  }

  plan(): PlanOne {
    return this.world.breaks.plan(async (input, rules, foretell) => {
      const plan = planFile(input, rules);
      // By the bytes and not by chance: what is foretold may be right, or come to nothing.
      const [sort = 0] = Buffer.from(sha256(input.primary ?? ''), 'hex');
      if (plan.text !== undefined && sort % 4 > 0)
        await foretell?.(sort % 4 === 1 ? `${plan.text}#` : plan.text);
      return plan;
    });
  }

  record(): void {}

  rememberHeld(_: string, path: string, held: { since: number; id: string } | undefined): void {
    if (held === undefined) this.world.heldBefore.delete(path);
    else this.world.heldBefore.set(path, held.since);
  }

  broken(_: string, error: unknown): void {
    this.world.checker.fails(0, `a mistake of ours: ${(error as Error).stack ?? String(error)}`);
  }

  // What the disks ask of it.

  disk(name: string): SimulatedDisk | undefined {
    return name === 'state' ? this.state : this.world.diskOf(name);
  }

  admit(call: Call, disk: string, path: string): Promise<void> | undefined {
    const { random, agenda } = this.world;
    if (this.isGone) return new Promise(() => {});
    if (LOOKS.has(call) && !this.isStopped && random.chance(0.8)) {
      this.oppose(call, disk);
      return undefined;
    }
    const delay = call.startsWith('sync') ? random.next() * 20 : random.next() * 2;
    return agenda.pause(delay * this.world.setup.slowness, this).then(() => {
      if (!LOOKS.has(call) && this.world.counts(this, call, path)) return new Promise<void>(() => {});
      this.oppose(call, disk);
      return undefined;
    });
  }

  private oppose(call: Call, disk: string): void {
    const code = this.world.faultOf(call, disk);
    if (code !== undefined) throw disorder(code);
  }

  renamed(disk: string, path: string, before: Inode | undefined, after: Inode | undefined): void {
    if (disk === 'backup') this.world.checker.effect(this, path, before?.bytes, after?.bytes);
  }

  read(disk: string, path: string, bytes: Uint8Array): void {
    if (disk === 'backup') this.lastRead.set(path, bytes);
  }

  isSynced(isFolder: boolean): boolean {
    return this.world.breaks.isSynced(isFolder);
  }

  isLeftOut(path: string): boolean {
    return this.world.breaks.isLeftOut(path);
  }

  portion(_: 'read' | 'write', length: number): number {
    const { random, setup } = this.world;
    return setup.isShort && length > 1 && random.chance(0.1) ? random.int(1, length - 1) : length;
  }
}
