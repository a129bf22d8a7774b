import { z } from 'zod';
import type { Plan } from '../core/apply/plan.ts';
import type { Failure } from '../core/failure.ts';
import { stringOf } from '../core/text.ts';

const schema = z.object({
  warmspare: z.literal('plan'),
  version: z.literal(1),
  plans: z.array(
    z.object({
      relationship: z.string(),
      direction: z.string(),
      hash: z.string(),
      files: z.array(
        z
          .object({
            path: z.string(),
            action: z.string(),
            held: z.array(z.object({ failure: z.string() }).loose()),
          })
          .loose(),
      ),
    }),
  ),
});

export type PlanFile = z.infer<typeof schema>;

/** A plan to be kept: everything that was decided, the new texts included (so for its owner alone). */
export function writePlanFile(plans: readonly Plan[]): string {
  const bare = plans.map(({ files, ...plan }) => ({
    ...plan,
    files: files.map(({ was, base, text, ...file }) => ({ ...file, text: stringOf(text) })),
  }));
  return `${JSON.stringify({ warmspare: 'plan', version: 1, plans: bare }, null, 2)}\n`;
}

export function readPlanFile(text: string, file: string): PlanFile | Failure {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch {
    // Not JSON at all: the same answer.
  }
  return {
    failure: 'usage',
    message: 'this is no plan file',
    at: { file },
    hint: 'make one with `warmspare diff --out plan.json`',
  };
}

/**
 * Whether the plans made now are exactly those of the file; a side that has moved since is a Failure, and
 * so is a change that a guard held then and lets go now. `isReleased`: what was held for this reason is
 * released by the command itself.
 */
export function matchPlanFile(
  kept: PlanFile,
  now: readonly Plan[],
  file: string,
  isReleased: (failure: string) => boolean,
): Failure | undefined {
  for (const plan of now) {
    const was = kept.plans.find(each => each.relationship === plan.relationship);
    if (was?.hash !== plan.hash) return moved(plan, was?.hash, file);
    const held = new Set(
      was.files.filter(each => each.held.some(({ failure }) => !isReleased(failure))).map(each => each.path),
    );
    const freed = plan.files.find(
      each => each.action !== 'keep' && each.held.length === 0 && held.has(each.path),
    );
    if (freed !== undefined) return noLongerHeld(plan, freed.path, file);
  }
  const known = new Set(now.map(plan => plan.relationship));
  const missing = kept.plans.find(plan => !known.has(plan.relationship));
  if (missing === undefined) return undefined;
  return {
    failure: 'plan-moved',
    message: `the plan is about ${missing.relationship}, which is not among the relationships now`,
    at: { file },
    hint: 'name the relationships that the plan was made for',
  };
}

function moved({ relationship, hash }: Plan, was: string | undefined, file: string): Failure {
  const why =
    was === undefined
      ? `the plan says nothing of ${relationship}`
      : `${relationship}: a side has changed since the plan was made (plan ${was.slice(0, 12)}, now ${hash.slice(0, 12)})`;
  const hint =
    was === undefined
      ? 'name the relationships that the plan was made for'
      : 'look at `warmspare diff` again, and keep a new plan';
  return { failure: 'plan-moved', message: why, at: { file }, hint };
}

function noLongerHeld({ relationship }: Plan, path: string, file: string): Failure {
  return {
    failure: 'plan-moved',
    message: `${relationship}: ${path} was held when the plan was made, and is not now`,
    at: { file },
    hint: 'look at `warmspare diff` again, and keep a new plan',
  };
}
