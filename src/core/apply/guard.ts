import type { Operation } from '../change/patch.ts';
import type { Json } from '../document.ts';
import type { Failure } from '../failure.ts';
import { valueAt } from './merge/entities.ts';

export interface DeletionGuard {
  readonly max: number;
  readonly percent: number;
}

/** What a change takes away: entries at the top of what vanishes, and settings in all. */
export interface Deletions {
  readonly entries: number;
  readonly settings: number;
  readonly settingsBefore: number;
}

/**
 * Counts what a patch removes from a value. A removed share counts as one entry however many settings
 * it has; a value replaced by one with fewer items counts the difference.
 */
export function countDeletions(before: Json, patch: readonly Operation[]): Deletions {
  let entries = 0;
  let settings = 0;
  for (const operation of patch) {
    if (operation.op === 'remove') {
      // The path holds in the value as the patch stands at that step; removals come last first, so
      // that it holds in the value before, too.
      entries++;
      settings += leaves(valueAt(before, operation.path));
    } else if (operation.op === 'replace') {
      const lost = leaves(valueAt(before, operation.path)) - leaves(operation.value);
      if (lost > 0) {
        settings += lost;
        entries += sizeOf(valueAt(before, operation.path)) - sizeOf(operation.value);
      }
    }
  }
  return { entries: Math.max(0, entries), settings, settingsBefore: leaves(before) };
}

function leaves(value: Json): number {
  if (value === null || typeof value !== 'object') return 1;
  const items = Array.isArray(value) ? (value as readonly Json[]) : Object.values(value);
  return Math.max(
    1,
    items.reduce<number>((sum, item) => sum + leaves(item), 0),
  );
}

function sizeOf(value: Json): number {
  if (value === null || typeof value !== 'object') return 1;
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}

/**
 * Holds a mass deletion: more than one entry, and over `max` entries or over `percent` of the file's
 * settings. `earlier` is what changes within the window before this one deleted: it counts as if all
 * had been one change.
 */
export function guardDeletions(
  path: string,
  deletions: Deletions,
  earlier: { readonly entries: number; readonly settings: number },
  guard: DeletionGuard,
): Failure | undefined {
  const entries = deletions.entries + earlier.entries;
  if (deletions.entries === 0 || entries <= 1) return undefined;
  const before = Math.max(1, deletions.settingsBefore + earlier.settings);
  const share = (100 * (deletions.settings + earlier.settings)) / before;
  if (entries <= guard.max && share <= guard.percent) return undefined;
  const inWindow = earlier.entries > 0 ? `, ${earlier.entries} of them shortly before` : '';
  return {
    failure: 'mass-deletion',
    message: `${path}: the change deletes ${entries} entries${inWindow} (${share.toFixed(0)} % of the file's settings)`,
    at: { file: path },
    hint: 'look at the diff; approve if it is meant',
  };
}
