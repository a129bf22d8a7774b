import { sha256 } from '../../connectors/file/digest.ts';
import { encoded } from '../../replication/encoded.ts';
import type { BoundedPlan } from './bounded.ts';
import { bytesOf } from './cost.ts';
import { keyOf, type PlanJob } from './job.ts';
import { type Death, isDeath } from './process.ts';

/** What came of planning a whole file once more, after its region plan was handed out. */
export interface AuditReport {
  readonly relationship: string;
  readonly path: string;
  /** What differs; empty: the region pass was right. `unfinished`: the whole pass gave no plan. */
  readonly differs: readonly Aspect[];
  readonly unfinished?: string;
  readonly region: BoundedPlan;
  readonly whole?: BoundedPlan;
}

/** What decides in a plan. Lists that only explain are not compared. */
const ASPECTS = ['id', 'action', 'text', 'base', 'held', 'local', 'deletions', 'settingsDeleted'] as const;
export type Aspect = (typeof ASPECTS)[number];

/** Bytes of files that wait for their audit; beyond, the oldest is passed over. */
const WAITING_BYTES = 128 * 1024 * 1024;

type Later = (begin: () => void) => () => void;

/** From the first region plan that waits for its audit to the audit, in milliseconds. */
const AFTER_MS = 1000;

const afterAWhile: Later = begin => {
  const timer = setTimeout(begin, AFTER_MS);
  timer.unref();
  return () => clearTimeout(timer);
};

interface Audit {
  readonly job: PlanJob;
  readonly region: BoundedPlan;
  readonly bytes: number;
}

/**
 * The law on the whole document, off the hot path: each region plan is compared with the whole pass over
 * the same bytes, one after the other, of a file that changes often only the last.
 */
export class Audits {
  readonly #plan: (job: PlanJob) => Promise<BoundedPlan | Death>;
  readonly #report: (report: AuditReport) => void;
  readonly #waiting = new Map<string, Audit>();
  #isRunning = false;
  readonly #later: Later;
  #pending: (() => void) | undefined;
  #bytes = 0;
  #passedOver = 0;

  /** `later`: puts off the first audit after a pause; the answer calls it off. */
  constructor(
    plan: (job: PlanJob) => Promise<BoundedPlan | Death>,
    report: (report: AuditReport) => void,
    later: Later = afterAWhile,
  ) {
    this.#later = later;
    this.#plan = plan;
    this.#report = report;
  }

  /** Region plans that were never audited, because others came before their turn did. */
  get passedOver(): number {
    return this.#passedOver;
  }

  add(job: PlanJob, region: BoundedPlan): void {
    const key = keyOf(job);
    if (this.#take(key) !== undefined) this.#passedOver++;
    const bytes = 3 * bytesOf(job.input);
    this.#waiting.set(key, { job, region, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#waiting.keys()) {
      if (this.#bytes <= WAITING_BYTES || this.#waiting.size === 1) break;
      this.#take(oldest);
      this.#passedOver++;
    }
    this.#begin();
  }

  /** A burst of saves is over first: the audit must not take the processor that they need. */
  #begin(): void {
    if (this.#isRunning || this.#pending !== undefined) return;
    let hasBegun = false;
    const callOff = this.#later(() => {
      hasBegun = true;
      this.#pending = undefined;
      void this.#run();
    });
    if (!hasBegun) this.#pending = callOff;
  }

  close(): void {
    this.#pending?.();
    this.#waiting.clear();
  }

  #take(key: string): Audit | undefined {
    const audit = this.#waiting.get(key);
    this.#waiting.delete(key);
    this.#bytes -= audit?.bytes ?? 0;
    return audit;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let key = this.#next(); key !== undefined; key = this.#next()) {
      const { job, region } = this.#take(key)!;
      const whole = await this.#plan(job);
      const { relationship } = job.rules;
      const about = { relationship, path: job.input.path, region };
      if (isDeath(whole)) this.#report({ ...about, differs: [], unfinished: whole.why });
      else this.#report({ ...about, whole, differs: await differences(region, whole) });
    }
    this.#isRunning = false;
  }

  #next(): string | undefined {
    return this.#waiting.keys().next().value;
  }
}

async function differences(one: BoundedPlan, other: BoundedPlan): Promise<Aspect[]> {
  const differing: Aspect[] = [];
  for (const aspect of ASPECTS) {
    const [mine, its] = [await aspectOf(one, aspect), await aspectOf(other, aspect)];
    if (JSON.stringify(mine) !== JSON.stringify(its)) differing.push(aspect);
  }
  return differing;
}

async function aspectOf(plan: BoundedPlan, aspect: Aspect): Promise<unknown> {
  if (aspect === 'held') return [...new Set(plan.held.map(({ failure }) => failure))].sort();
  if (aspect === 'settingsDeleted') return plan.settingsDeleted ?? 0;
  if (aspect !== 'text' && aspect !== 'base') return plan[aspect];
  const text = plan[aspect];
  // It may be large, and bytes on one side only.
  return text === undefined ? text : sha256(await encoded(text));
}
