import type { BoundedPlan } from './bounded.ts';
import { bytesOf } from './cost.ts';
import { keyOf, type PlanJob } from './job.ts';
import { type Death, isDeath, PlanningProcess, type ProcessOptions } from './process.ts';

export interface LaneOptions extends ProcessOptions {
  /** How long a file of so many bytes may take, in milliseconds. */
  readonly timeMs: (bytes: number) => number;
}

interface Task {
  readonly job: PlanJob;
  readonly isAudit: boolean;
  /** Takes what was proven of the file, for the region pass. */
  readonly learn?: ((proven: Uint8Array) => void) | undefined;
  readonly settle: (outcome: BoundedPlan | Death) => void;
}

/**
 * Files that wait for one process. It is started for the first of them, kept for the next, and replaced
 * when it dies; the death is the outcome of the file that it worked on, and of no other.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #waiting: Task[] = [];
  /** Of no hurry: only when nothing else waits, and given up when something comes. */
  readonly #audits: Task[] = [];
  #process: PlanningProcess | undefined;
  #current: Task | undefined;
  #proving: { readonly key: string; readonly done: Promise<void> } | undefined;
  #closed: Death | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** The process now, for tests that end it. */
  get pid(): number | undefined {
    return this.#process?.isAlive ? this.#process.pid : undefined;
  }

  /** With `learn` the file is also proven, unless others wait. */
  plan(job: PlanJob, learn?: Task['learn']): Promise<BoundedPlan | Death> {
    return this.#add(job, false, learn);
  }

  /** Plans when there is nothing else to do. A file that comes meanwhile is not kept waiting. */
  audit(job: PlanJob): Promise<BoundedPlan | Death> {
    return this.#add(job, true);
  }

  /** Resolves when the proof of this file that is under way has ended; undefined: none is. */
  proving(job: PlanJob): Promise<void> | undefined {
    return this.#proving?.key === keyOf(job) ? this.#proving.done : undefined;
  }

  /** Ends the process and whatever it works on or would have. */
  async close(why: string): Promise<void> {
    this.#closed = { death: 'stopped', why };
    await this.#process?.stop(why);
    for (const task of [...this.#waiting.splice(0), ...this.#audits.splice(0)]) task.settle(this.#closed);
  }

  #add(job: PlanJob, isAudit: boolean, learn?: Task['learn']): Promise<BoundedPlan | Death> {
    if (this.#closed !== undefined) return Promise.resolve(this.#closed);
    return new Promise(settle => {
      (isAudit ? this.#audits : this.#waiting).push({ job, isAudit, learn, settle });
      if (!isAudit && this.#current?.isAudit) void this.#process?.stop('another file came first');
      void this.#work();
    });
  }

  async #work(): Promise<void> {
    if (this.#current !== undefined || this.#closed !== undefined) return;
    const task = this.#waiting.shift() ?? this.#audits.shift();
    if (task === undefined) return;
    this.#current = task;
    const outcome = await this.#run(task.job);
    const isInterrupted = task.isAudit && isDeath(outcome) && outcome.death === 'stopped';
    if (isInterrupted && this.#closed === undefined) this.#audits.unshift(task);
    else task.settle(outcome);
    if (!isDeath(outcome)) {
      this.#proving = { key: keyOf(task.job), done: this.#prove(task) };
      await this.#proving.done;
      this.#proving = undefined;
    }
    this.#current = undefined;
    void this.#work();
  }

  async #prove({ learn, job }: Task): Promise<void> {
    if (learn === undefined || this.#waiting.length > 0 || this.#closed !== undefined) return;
    const proven = await this.#process?.prove(this.#options.timeMs(bytesOf(job.input)));
    if (proven !== undefined) learn(proven);
  }

  async #run({ input, rules }: PlanJob): Promise<BoundedPlan | Death> {
    try {
      if (!this.#process?.isAlive) this.#process = new PlanningProcess(this.#options);
      return await this.#process.plan(input, rules, this.#options.timeMs(bytesOf(input)));
    } catch (error) {
      return { death: 'broken', why: `no process can be started for it (${(error as Error).message})` };
    }
  }
}
