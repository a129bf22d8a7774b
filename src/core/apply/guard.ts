import type { Operation } from '../change/patch.ts';
import { type Json, segmentsOf } from '../document.ts';
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
  // A path holds in the value as it stands at that step: an item added further up has moved the others.
  const now = { '': copyOf(before) };
  for (const operation of patch) {
    const was = operation.op === 'add' ? null : valueAt(now[''], operation.path);
    if (operation.op === 'remove') {
      entries++;
      settings += leaves(was);
    } else if (operation.op === 'replace') {
      const lost = leaves(was) - leaves(operation.value);
      if (lost > 0) {
        settings += lost;
        entries += sizeOf(was) - sizeOf(operation.value);
      }
    }
    step(now, operation);
  }
  return { entries: Math.max(0, entries), settings, settingsBefore: leaves(before) };
}

type Mutable = null | boolean | number | string | Mutable[] | { [key: string]: Mutable };

function copyOf(value: Json): Mutable {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(copyOf);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyOf(item)]));
}

/** Carries out one operation of a patch that fits. `root` holds the value under ''. */
function step(root: { '': Mutable }, operation: Operation): void {
  if (operation.op === 'move') {
    put(root, operation.path, take(root, operation.from) ?? null);
  } else if (operation.op === 'remove') {
    take(root, operation.path);
  } else if (operation.op === 'add' || operation.op === 'replace') {
    if (operation.op === 'replace' && operation.path !== '') take(root, operation.path);
    put(root, operation.path, copyOf(operation.value));
  }
}

function take(root: { '': Mutable }, path: string): Mutable | undefined {
  const { parent, key } = placeOf(root, path);
  if (Array.isArray(parent)) return parent.splice(Number(key), 1)[0];
  const old = parent[key];
  delete parent[key];
  return old;
}

function put(root: { '': Mutable }, path: string, value: Mutable): void {
  const { parent, key } = placeOf(root, path);
  if (Array.isArray(parent)) parent.splice(Number(key), 0, value);
  else parent[key] = value;
}

function placeOf(
  root: { [key: string]: Mutable },
  path: string,
): { parent: Mutable[] | { [key: string]: Mutable }; key: string } {
  const segments = ['', ...segmentsOf(path)];
  const key = segments.pop()!;
  let parent: Mutable[] | { [key: string]: Mutable } = root;
  for (const segment of segments) {
    const below: Mutable | undefined = Array.isArray(parent) ? parent[Number(segment)] : parent[segment];
    if (below === undefined || below === null || typeof below !== 'object') return { parent: [], key };
    parent = below;
  }
  return { parent, key };
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
