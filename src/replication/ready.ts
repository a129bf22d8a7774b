import type { Ledger, StagedFile } from '../connectors/ledger.ts';
import { scopeTest } from '../core/capture/scope.ts';
import { type Opened, ruleOf } from './opened.ts';
import type { Prepared } from './prepare.ts';

/** Whether a file is kept ready until the backup serves: replication never puts it before. */
export function waitsForBreak(opened: Opened, path: string): boolean {
  return ruleOf(opened, path, 'apply') === 'on-break';
}

/** The same, of a path that may have left the relationship. */
export function isKeptReady(opened: Opened, path: string): boolean {
  return scopeTest(opened.scope)(path) === 'in' && waitsForBreak(opened, path);
}

/** What a break finds ready to be installed: what the rules of today keep for it, and no text of an earlier rule. */
export function readyToInstall(opened: Opened, { onBreak = {} }: Ledger): [string, StagedFile][] {
  return Object.entries(onBreak).filter(([path, { file }]) => file !== null && isKeptReady(opened, path));
}

/**
 * Why the backup would not serve as it should after a failover although every byte is in step; empty:
 * ready. Whatever a rule asks for and this version does not do is said here rather than passed over.
 */
export function notReady({ opened, plan }: Pick<Prepared, 'opened' | 'plan'>): string[] {
  return reasonsNotReady(
    opened,
    plan.files.map(({ path }) => path),
  );
}

/** The same for the paths that are replicated or kept ready. */
export function reasonsNotReady(opened: Opened, paths: readonly string[]): string[] {
  const reasons: string[] = [];
  for (const path of paths) {
    // Of what waits for a break `activate` runs the reload.
    const keys = waitsForBreak(opened, path) ? (['validate'] as const) : (['validate', 'reload'] as const);
    const hooks = keys.filter(key => ruleOf(opened, path, key) !== undefined);
    if (hooks.length > 0) reasons.push(`${path}: ${hooks.join(' and ')} is not run by this version`);
  }
  return reasons;
}
