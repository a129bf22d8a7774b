import { setImmediate as nextTurn } from 'node:timers/promises';
import { sha256InTurns } from '../../connectors/file/digest.ts';
import { turn } from '../../connectors/file/turn.ts';
import type { Failure } from '../../core/failure.ts';
import { entryOf } from '../../installation.ts';
import { heapForLarge } from '../../replication/heap.ts';
import { costly, hashesOf, internal, wholePass } from '../../replication/whole-pass.ts';
import { type AuditReport, Audits } from './audits.ts';
import { type BoundedPlan, bounded } from './bounded.ts';
import { costOf, INLINE_MS, isLarge, slowLimitMs } from './cost.ts';
import { keyOf, type PlanJob } from './job.ts';
import { Lane } from './lane.ts';
import { type Death, isDeath } from './process.ts';
import { type Foretell, type RegionPass, Regions } from './regions.ts';
import { refused } from './whole.ts';

/**
 * Decides what one file of a backup would get, without ever blocking or endangering the daemon: what
 * is small is planned here and now, everything else in a process of its own with limits on time and
 * memory.
 */
export interface Planner {
  /**
   * Never rejects, and never keeps the loop for long. A file that cannot be planned within the limits
   * comes back as a plan that keeps the backup and is held by `too-costly`; one that was not planned
   * because the planner was closed, because no process could be started, or because of a mistake in the
   * program, by `internal`. `foretell` may be told before what the backup's text will probably be.
   */
  plan(job: PlanJob, foretell?: Foretell): Promise<BoundedPlan>;
  /** Ends its processes at once; what is still under way comes back held by `internal`. */
  close(): Promise<void>;
}

export interface PlannerOptions {
  /** The built module that runs in a process of its own; default: `child.js` beside this module. */
  readonly entry?: URL;
  readonly limits?: Partial<PlannerLimits>;
  /** Plans at the cost of what changed; absent: every plan is a whole pass. */
  readonly regions?: RegionPass;
  /** Told of each region plan that was compared with the whole pass: loud where they differ. */
  readonly audit?: (report: AuditReport) => void;
}

export interface PlannerLimits {
  /** Files that should take less than this are planned in the daemon itself. */
  readonly inlineMs: number;
  /** A file may not keep the others waiting longer than this; then it is planned apart from them. */
  readonly quickMs: number;
  /** When a file that is planned apart is given up, for its size in bytes; in time that its process works. */
  readonly slowMs: (bytes: number) => number;
  /** Heap of a process in megabytes. */
  readonly quickHeapMb: number;
  readonly slowHeapMb: number;
}

export function openPlanner(options: PlannerOptions = {}): Planner {
  return new LanePlanner(options);
}

/** Files remembered as slow; beyond, the first are forgotten. */
const SLOW_KEPT = 1000;
const CLOSED = 'the planner was closed';
/** Nobody waits behind the slow lane but other large files. */
const PATIENCE = 10;

/**
 * Two lanes with at most one process each: the quick one, and one for files that are large or have
 * proved slow, so that nobody waits long behind a hostile file.
 */
class LanePlanner implements Planner {
  readonly #limits: PlannerLimits;
  readonly #quick: Lane;
  readonly #slow: Lane;
  readonly #regions: Regions | undefined;
  readonly #audits: Audits;
  /** What took longer than its size promised. */
  readonly #proveSlow = new Set<string>();
  #isClosed = false;

  constructor({ entry = entryOf('planner-child'), limits, regions, audit }: PlannerOptions) {
    this.#limits = {
      inlineMs: INLINE_MS,
      quickMs: 5000,
      slowMs: slowLimitMs,
      quickHeapMb: 1024,
      slowHeapMb: heapForLarge(),
      ...limits,
    };
    const { quickMs, slowMs, quickHeapMb, slowHeapMb } = this.#limits;
    const quick = { heapMb: quickHeapMb, timeMs: () => quickMs, isBackground: false, patience: 1 };
    this.#quick = new Lane({ entry, ...quick });
    const slow = { heapMb: slowHeapMb, timeMs: slowMs, isBackground: true, patience: PATIENCE };
    this.#slow = new Lane({ entry, ...slow });
    this.#regions = regions === undefined ? undefined : new Regions(regions);
    this.#audits = new Audits(
      job => this.#slow.audit(job),
      report => {
        if (report.differs.length > 0) this.#regions?.distrust(report);
        if (!this.#isClosed) audit?.(report);
      },
    );
  }

  async plan(job: PlanJob, foretell?: Foretell): Promise<BoundedPlan> {
    const { input, rules } = job;
    if (this.#isClosed) return refused(input, rules, internal(input.path, CLOSED));
    await turn();
    const region = (await this.#region(job, foretell)) ?? (await this.#regionWhenProven(job, foretell));
    return region ?? this.#whole(job);
  }

  async #region(job: PlanJob, foretell?: Foretell): Promise<BoundedPlan | undefined> {
    const region = await this.#regions?.plan(job, foretell);
    if (region !== undefined) this.#audits.add(job, region);
    return region;
  }

  /**
   * A file that is saved again while it is being proven waits for the proof: that is quicker than another
   * whole pass, and a file that is saved all the time would never be proven otherwise.
   */
  async #regionWhenProven(job: PlanJob, foretell?: Foretell): Promise<BoundedPlan | undefined> {
    const proving = this.#quick.proving(job) ?? this.#slow.proving(job);
    if (proving === undefined || this.#regions === undefined) return undefined;
    await proving;
    return this.#region(job, foretell);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#audits.close();
    await Promise.all([this.#quick.close(CLOSED), this.#slow.close(CLOSED)]);
  }

  async #whole(job: PlanJob): Promise<BoundedPlan> {
    const { input, rules } = job;
    const key = keyOf(job);
    const isSlow = this.#proveSlow.has(key);
    if (!isSlow && costOf(input, rules) <= this.#limits.inlineMs) {
      await turn();
      return this.#inline(job);
    }
    if (this.#laneOf(job) === this.#quick) {
      const outcome = await this.#quick.plan(job, this.#learning(job));
      if (!isDeath(outcome)) return hashed(outcome);
      if (outcome.death === 'time' || outcome.death === 'aborted') this.#rememberSlow(key);
    }
    return this.#apart(job);
  }

  /** The last attempt, with all that a file may take. */
  async #apart(job: PlanJob): Promise<BoundedPlan> {
    const learn = this.#learning(job);
    let outcome = await this.#slow.plan(job, learn);
    // Perhaps it was none of its fault: out of memory, the kernel ends whom it likes.
    if (isDeath(outcome) && outcome.death === 'ended') outcome = await this.#slow.plan(job, learn);
    return isDeath(outcome) ? refusedLarge(job, failureOf(outcome, job.input.path)) : hashed(outcome);
  }

  #laneOf(job: PlanJob): Lane {
    return this.#proveSlow.has(keyOf(job)) || isLarge(job.input, job.rules) ? this.#slow : this.#quick;
  }

  #rememberSlow(key: string): void {
    this.#proveSlow.add(key);
    const [oldest] = this.#proveSlow;
    if (this.#proveSlow.size > SLOW_KEPT) this.#proveSlow.delete(oldest!);
  }

  #inline(job: PlanJob): BoundedPlan {
    const plan = wholePass(job.input, job.rules);
    // After it was handed out: proving is no part of the way of the change.
    if (this.#regions !== undefined) setImmediate(() => this.#regions?.learn(job, plan));
    return bounded(plan);
  }

  #learning(job: PlanJob): ((proven: Uint8Array) => void) | undefined {
    const regions = this.#regions;
    return regions === undefined ? undefined : proven => regions.take(job, proven);
  }
}

/** Its texts hashed in turns, and now: whoever asks for the hash of a large one later has it at once. */
async function hashed(plan: BoundedPlan): Promise<BoundedPlan> {
  for (const text of [plan.text, plan.base]) if (typeof text === 'object') await sha256InTurns(text);
  return plan;
}

/** A file that may be of 64 MB on either side: each is hashed in a turn of its own. */
async function refusedLarge({ input, rules }: PlanJob, failure: Failure): Promise<BoundedPlan> {
  const primary = hashesOf({ primary: input.primary, local: undefined }, rules);
  await nextTurn();
  const before = hashesOf({ primary: undefined, local: input.local }, rules);
  return refused(input, rules, failure, { ...primary, ...before });
}

function failureOf({ death, why }: Death, path: string): Failure {
  return death === 'stopped' || death === 'broken' ? internal(path, why) : costly(path, why);
}
