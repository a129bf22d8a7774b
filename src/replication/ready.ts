import type { FileRule } from '../config/config.ts';
import { pathTest } from '../core/capture/scope.ts';
import type { Opened } from './opened.ts';
import type { Prepared } from './prepare.ts';

/** The rules that match a file, with the later one's keys before the earlier one's. */
function ruleOf<K extends keyof FileRule>(opened: Opened, path: string, key: K): FileRule[K] | undefined {
  const matching = opened.relationship.files.filter(rule => pathTest(rule.pattern)(path));
  return matching.findLast(rule => rule[key] !== undefined)?.[key];
}

/** Whether a file is kept back until the backup serves: replication never writes it before. */
export function waitsForBreak(opened: Opened, path: string): boolean {
  return ruleOf(opened, path, 'apply') === 'on-break';
}

/**
 * Why the backup would not serve as it should after a failover although every byte is in step; empty:
 * ready. Whatever a rule asks for and this version does not do is said here rather than passed over.
 */
export function notReady({ opened, plan, waiting }: Prepared): string[] {
  const reasons = waiting.map(path => `${path} waits for break (apply: on-break)`);
  for (const { path } of plan.files) {
    const hooks = (['validate', 'reload'] as const).filter(key => ruleOf(opened, path, key) !== undefined);
    if (hooks.length > 0) reasons.push(`${path}: ${hooks.join(' and ')} is not run by this version`);
  }
  return reasons;
}
