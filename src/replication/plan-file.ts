import { z } from 'zod';
import type { Plan } from '../core/apply/plan.ts';
import type { Failure } from '../core/failure.ts';

const schema = z.object({
  warmspare: z.literal('plan'),
  version: z.literal(1),
  plans: z.array(
    z.object({
      relationship: z.string(),
      direction: z.string(),
      hash: z.string(),
      files: z.array(z.object({ path: z.string(), action: z.string() }).loose()),
    }),
  ),
});

export type PlanFile = z.infer<typeof schema>;

/** A plan to be kept: everything that was decided, the new texts included (so for its owner alone). */
export function writePlanFile(plans: readonly Plan[]): string {
  const bare = plans.map(({ files, ...plan }) => ({
    ...plan,
    files: files.map(({ was, base, ...file }) => file),
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

/** Whether the plans made now are exactly those of the file; a side that has moved since is a Failure. */
export function matchPlanFile(kept: PlanFile, now: readonly Plan[], file: string): Failure | undefined {
  for (const plan of now) {
    const was = kept.plans.find(each => each.relationship === plan.relationship);
    if (was === undefined || was.hash === plan.hash) continue;
    return {
      failure: 'plan-moved',
      message: `${plan.relationship}: a side has changed since the plan was made (plan ${was.hash.slice(0, 12)}, now ${plan.hash.slice(0, 12)})`,
      at: { file },
      hint: 'look at `warmspare diff` again, and keep a new plan',
    };
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
