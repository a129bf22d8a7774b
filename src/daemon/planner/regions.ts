import type { FileInput, FileRules } from '../../core/apply/file-input.ts';
import type { FilePlan } from '../../core/apply/plan.ts';
import { concluded } from '../../core/apply/plan-region.ts';
import type { Mapping } from '../../core/rewrite/identity.ts';
import { type BoundedPlan, bounded } from './bounded.ts';
import { keyOf, type PlanJob } from './job.ts';
import { ProvenCache } from './proven-cache.ts';

/**
 * Plans a change at the cost of what changed. `Proven` is what is known of a file from the pass before:
 * what the region pass may go by without looking at the whole file again.
 */
export interface RegionPass<Proven = unknown> {
  /** Undefined: only a whole pass can tell. Yields on the way what the backup's text will probably be. */
  planRegion(
    input: FileInput,
    rules: FileRules,
    proven: Proven,
  ): Generator<string, { readonly plan: FilePlan<string>; readonly proven: Proven } | undefined, void>;
  /** Undefined: nothing of use can be kept of this file. */
  prove(input: FileInput, rules: FileRules, plan: FilePlan<string>): Proven | undefined;
  /** Bytes that it keeps in memory, about. */
  weigh(proven: Proven): number;
  /**
   * Few bytes, and off the heap: for a file that nobody works on just now, or on the way from the process that
   * proved it. Undefined: reading it back would take too long.
   */
  fold(proven: Proven): Uint8Array | undefined;
  /** undefined: the backup's file is gone. */
  unfold(folded: Uint8Array, job: PlanJob): Proven | undefined;
}

/** Takes the text that a backup's file will probably have; never rejects. */
export type Foretell = (text: string) => Promise<void>;

/** Memory that may be kept so that the next change is quick: a file of 20 MB must find room. */
const PROVEN_BYTES = 128 * 1024 * 1024;

/**
 * Files that are kept as they came: those that somebody works on just now. What is known of a file is tens of
 * thousands of objects, and the collector of garbage looks at all of them: with a thousand files it would
 * stop the loop for longer than any plan does.
 */
const OPEN_KEPT = 32;

interface Known {
  readonly kept: { readonly proven: unknown } | { readonly folded: Uint8Array };
  readonly mapping: Mapping;
  readonly rules: string;
}

/** The region pass with its memory. A file that it was wrong about is never again planned by it. */
export class Regions {
  readonly #pass: RegionPass;
  readonly #cache = new ProvenCache<Known>(PROVEN_BYTES);
  readonly #distrusted = new Set<string>();
  /** Keys of those that are not folded yet, oldest first. */
  readonly #open = new Set<string>();

  constructor(pass: RegionPass) {
    this.#pass = pass;
  }

  /**
   * The plan, where the region pass can tell. What it throws counts as "cannot tell". `foretell` is told once,
   * as soon as it is known, what the backup's text will probably be, and may keep it waiting.
   */
  async plan(job: PlanJob, foretell?: Foretell): Promise<BoundedPlan | undefined> {
    const key = keyOf(job);
    const known = this.#cache.get(key);
    if (known === undefined) return undefined;
    // It is put back only by the pass that takes its place.
    this.#cache.delete(key);
    if (known.mapping !== job.rules.mapping || known.rules !== plainRules(job.rules)) return undefined;
    try {
      const { kept } = known;
      const proven = 'folded' in kept ? this.#pass.unfold(kept.folded, job) : kept.proven;
      if (proven === undefined) return undefined;
      const steps = this.#pass.planRegion(job.input, job.rules, proven);
      const first = steps.next();
      if (first.done !== true && foretell !== undefined) await foretell(first.value);
      // It may have been found to be wrong while it waited.
      if (this.#distrusted.has(key)) return undefined;
      const found = first.done === true ? first.value : concluded(steps);
      if (found === undefined) return undefined;
      this.#remember(job, found.proven);
      return bounded(found.plan);
    } catch {
      this.#distrusted.add(key);
      return undefined;
    }
  }

  /** Proves a file after a whole pass, here and now. */
  learn(job: PlanJob, plan: FilePlan<string>): void {
    try {
      const proven = this.#pass.prove(job.input, job.rules, plan);
      if (proven !== undefined) this.#remember(job, proven);
    } catch {
      this.#distrusted.add(keyOf(job));
    }
  }

  /** Takes what was proven in another process; it is read when the next change needs it. */
  take(job: PlanJob, folded: Uint8Array): void {
    const key = keyOf(job);
    if (this.#distrusted.has(key)) return;
    this.#open.delete(key);
    // A copy: what it came in may be larger.
    this.#cache.set(key, knownOf(job, { folded: new Uint8Array(folded) }), folded.length);
  }

  distrust(job: { readonly relationship: string; readonly path: string }): void {
    const key = JSON.stringify([job.relationship, job.path]);
    this.#distrusted.add(key);
    this.#cache.delete(key);
  }

  #remember(job: PlanJob, proven: unknown): void {
    const key = keyOf(job);
    if (this.#distrusted.has(key)) return;
    this.#cache.set(key, knownOf(job, { proven }), this.#pass.weigh(proven));
    this.#open.delete(key);
    this.#open.add(key);
    // Not on the way of the change.
    if (this.#open.size > OPEN_KEPT) setImmediate(() => this.#foldOldest());
  }

  #foldOldest(): void {
    const [oldest] = this.#open;
    if (oldest === undefined || this.#open.size <= OPEN_KEPT) return;
    this.#open.delete(oldest);
    // One that is planned just now is not there, and is remembered anew.
    const known = this.#cache.peek(oldest);
    if (known === undefined || 'folded' in known.kept) return;
    const folded = this.#pass.fold(known.kept.proven);
    if (folded !== undefined) this.#cache.change(oldest, { ...known, kept: { folded } }, folded.length);
  }
}

function knownOf({ rules }: PlanJob, kept: Known['kept']): Known {
  return { kept, mapping: rules.mapping, rules: plainRules(rules) };
}

/** What holds for a file, apart from its mapping, to see whether it still does. */
function plainRules(rules: FileRules): string {
  const { mapping: _, digest: __, ...plain } = rules;
  return JSON.stringify(plain);
}
