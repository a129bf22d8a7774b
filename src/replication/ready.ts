import { type Opened, ruleOf } from './opened.ts';
import type { Prepared } from './prepare.ts';

/** Whether a file is kept back until the backup serves: replication never writes it before. */
export function waitsForBreak(opened: Opened, path: string): boolean {
  return ruleOf(opened, path, 'apply') === 'on-break';
}

/**
 * Why the backup would not serve as it should after a failover although every byte is in step; empty:
 * ready. Whatever a rule asks for and this version does not do is said here rather than passed over.
 */
export function notReady({ opened, plan, waiting }: Pick<Prepared, 'opened' | 'plan' | 'waiting'>): string[] {
  return reasonsNotReady(
    opened,
    plan.files.map(({ path }) => path),
    waiting,
  );
}

/** The same for the paths that are replicated, and those that wait for a break. */
export function reasonsNotReady(
  opened: Opened,
  paths: readonly string[],
  waiting: readonly string[],
): string[] {
  const reasons = waiting.map(path => `${path} waits for break (apply: on-break)`);
  for (const path of paths) {
    const hooks = (['validate', 'reload'] as const).filter(key => ruleOf(opened, path, key) !== undefined);
    if (hooks.length > 0) reasons.push(`${path}: ${hooks.join(' and ')} is not run by this version`);
  }
  return reasons;
}
