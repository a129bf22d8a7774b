import { type Failure, inOneLine, isFailure } from '../../core/failure.ts';
import type { Tenure } from '../../core/fence/tenure.ts';
import type { Opened } from '../../replication/opened.ts';
import type { World } from '../world.ts';
import type { Charge } from './membership.ts';

/** What is done with a task, by whoever keeps the followers. */
export interface Handling {
  /** Undefined: it is not in the configuration any more. */
  open(task: string, tenure: Tenure): Promise<Opened | Failure | undefined>;
  follow(opened: Opened): void;
  /** Finishes what is under way; settles when nothing of it is left. */
  unfollow(task: string): Promise<void>;
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

  stop(): void {
    this.isStopped = true;
    for (const unset of this.alarms.values()) unset();
    this.tenures.clear();
  }

  private async open(task: string, tenure: Tenure): Promise<void> {
    const isOver = () => this.isStopped || this.tenures.get(task) !== tenure;
    if (isOver()) return;
    const opened = await this.handling.open(task, tenure);
    if (opened === undefined || isOver()) return;
    if (!isFailure(opened)) return this.handling.follow(opened);
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
