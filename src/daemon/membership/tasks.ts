import { type Failure, inOneLine, isFailure } from '../../core/failure.ts';
import type { Tenure } from '../../core/fence/tenure.ts';
import type { Opened } from '../../replication/opened.ts';
import type { World } from '../world.ts';
import type { Charge } from './membership.ts';

/** What is done with a task, by whoever keeps the followers. */
export interface Handling {
  /** Undefined: it is not in the configuration any more. */
  open(task: string): Promise<Opened | Failure | undefined>;
  /** Does what can be done before a task that was opened is begun; false where that could not be. */
  prepare(opened: Opened): Promise<boolean>;
  /** Nothing comes of what was opened and prepared. */
  discard(opened: Opened): Promise<void>;
  follow(opened: Opened): void;
  /** Finishes what is under way; settles when nothing of it is left. */
  unfollow(task: string): Promise<void>;
  madeReady(task: string, epoch: number): void;
  failed(task: string, epoch: number): void;
  ended(task: string, epoch: number): void;
}

/** Between two attempts to open a task, in milliseconds. */
const AGAIN_MS = 2_000;

/**
 * The tasks that the cluster gives this member, each begun and ended in the order that it was told, one step after
 * the other: an owner that comes back begins only after what it had before has ended.
 */
export class Tasks implements Omit<Charge, 'paused'> {
  /** The last step of each task. */
  private readonly steps = new Map<string, Promise<void>>();
  /** As what each is to be kept in step now. */
  private readonly tenures = new Map<string, Tenure>();
  /** What was opened before its task is this member's. */
  private readonly made = new Map<string, Opened>();
  private readonly alarms = new Map<string, () => void>();
  private isStopped = false;

  constructor(
    private readonly world: Pick<World, 'clock' | 'log' | 'broken'>,
    private readonly handling: Handling,
  ) {}

  begin(task: string, tenure: Tenure): void {
    this.tenures.set(task, tenure);
    this.step(task, () => this.open(task, tenure));
  }

  /** The task will be this member's: it is opened, and waits. */
  makeReady(task: string, epoch: number): void {
    this.step(task, async () => {
      await this.drop(task);
      if (this.isStopped) return;
      const opened = await this.handling.open(task);
      // Who cannot even open it says so when the task is its own.
      if (opened === undefined || isFailure(opened)) return;
      this.made.set(task, opened);
      // Whoever is given the task meanwhile does not wait for what makes it only quicker.
      void this.prepared(task, epoch, opened).catch(error => this.world.broken(task, error));
    });
  }

  unready(task: string): void {
    this.step(task, () => this.drop(task));
  }

  /** What was made ready was so by a configuration that is in force no more. */
  unreadyAll(): void {
    for (const task of this.made.keys()) this.unready(task);
  }

  end(task: string, epoch: number): void {
    this.tenures.delete(task);
    this.alarms.get(task)?.();
    this.step(task, async () => {
      await this.handling.unfollow(task);
      this.handling.ended(task, epoch);
    });
  }

  /** Opens it anew, in the same tenure: what it was opened as does not hold any more. */
  async again(task: string, tenure: Tenure): Promise<void> {
    this.step(task, async () => {
      if (this.tenures.get(task) !== tenure) return;
      await this.handling.unfollow(task);
      await this.open(task, tenure);
    });
    await this.steps.get(task);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    for (const unset of this.alarms.values()) unset();
    this.tenures.clear();
    this.unreadyAll();
    await Promise.all(this.steps.values());
  }

  private async prepared(task: string, epoch: number, opened: Opened): Promise<void> {
    const isPrepared = await this.handling.prepare(opened);
    if (isPrepared && this.made.get(task) === opened) this.handling.madeReady(task, epoch);
  }

  private async drop(task: string): Promise<void> {
    const opened = this.made.get(task);
    if (opened === undefined) return;
    this.made.delete(task);
    await this.handling.discard(opened);
  }

  private async open(task: string, tenure: Tenure): Promise<void> {
    const isOver = () => this.isStopped || this.tenures.get(task) !== tenure;
    if (isOver()) return;
    const opened = this.made.get(task) ?? (await this.handling.open(task));
    this.made.delete(task);
    if (opened === undefined || isOver()) return;
    if (!isFailure(opened)) return this.handling.follow({ ...opened, tenure });
    this.world.log.say('error', inOneLine(opened), { relationship: task });
    this.handling.failed(task, tenure.epoch);
    const { clock } = this.world;
    const alarm = clock.at(clock.now() + AGAIN_MS, () => this.step(task, () => this.open(task, tenure)));
    this.alarms.set(task, alarm);
  }

  private step(task: string, work: () => Promise<void>): void {
    const before = this.steps.get(task) ?? Promise.resolve();
    const step = before.then(work).catch(error => this.world.broken(task, error));
    this.steps.set(task, step);
    void step.then(() => {
      if (this.steps.get(task) === step) this.steps.delete(task);
    });
  }
}
