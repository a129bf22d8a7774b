/**
 * What the change of some entries is as a patch of the whole value. Made by the same diff as that of whole
 * values: what did not change is in both by a stand-in.
 */
import { canonical } from '../../change/align.ts';
import { diff } from '../../change/diff.ts';
import type { Operation } from '../../change/patch.ts';
import type { FormatName, Item, Json } from '../../document.ts';
import { countDeletions, type Deletions } from '../guard.ts';
import { valueAt } from '../merge/entities.ts';
import type { Part } from './alone.ts';
import { type Group, MARK, readerOf, regrouped, standIn } from './groups.ts';
import { countOf, type Level } from './locate.ts';
import type { Branch } from './outline.ts';

export interface Change {
  readonly patch: readonly Operation[];
  readonly deletions: Deletions;
  /** By how much the number of settings grows. */
  readonly growth: number;
  readonly groups: ReadonlyMap<string, Group>;
}

/** The two versions of some entries of a branch, from item `from` on. */
export interface Versions {
  readonly format: FormatName;
  readonly levels: readonly Level[];
  readonly depth: number;
  readonly from: number;
  readonly before: Part;
  readonly after: Part;
}

/** undefined where only the whole values tell which entry is which. */
export function changeOf(versions: Versions): Change | undefined {
  const { branch, place } = versions.levels[versions.depth]!;
  const sides = branch.sort === 'list' ? listSides(versions) : mapSides(versions, branch);
  if (sides === undefined || touchesName(versions, sides)) return undefined;
  const operations = diff(sides.before, sides.after);
  const deletions = countDeletions(sides.before, operations);
  const now = countDeletions(sides.after, []).settingsBefore;
  const patch = operations.map(operation => placed(operation, place.replicated, sides.shifts));
  return { patch, deletions, growth: now - deletions.settingsBefore, groups: sides.groups };
}

/** Both values, with stand-ins; how far the items of a list (by label; '' of the list itself) are off. */
interface Sides {
  readonly before: Json;
  readonly after: Json;
  readonly shifts: ReadonlyMap<string, number>;
  readonly groups: ReadonlyMap<string, Group>;
}

function valuesOf({ document, items }: Part): Json[] {
  return items.map(item => valueAt(document.value, item.pointer));
}

function listSides({ levels, depth, from, before, after }: Versions): Sides | undefined {
  const { groups } = levels[depth]!.branch.items;
  const group = groups.get('');
  if (group === undefined) return undefined;
  const [old, next] = [valuesOf(before), valuesOf(after)];
  const renamed = withGroup(groups, '', regrouped(group, from, old, next));
  if (renamed === undefined) return undefined;
  const rest = standIn(group);
  return { before: [...old, rest], after: [...next, rest], shifts: new Map([['', from]]), groups: renamed };
}

/** The groups with one of them new; undefined where the diff would be another one. */
function withGroup(
  groups: ReadonlyMap<string, Group>,
  label: string,
  next: ReturnType<typeof regrouped>,
): ReadonlyMap<string, Group> | undefined {
  if (next === 'unlike') return undefined;
  const changed = new Map(groups);
  if (next === 'unknown') changed.delete(label);
  else changed.set(label, next);
  return changed;
}

function mapSides(versions: Versions, branch: Branch): Sides | undefined {
  const { format, from, before, after } = versions;
  const old = byLabel(before);
  const next = byLabel(after);
  const { labels } = branch.items;
  if (format === 'toml') {
    // The keys of a table may have dots, so that an entry is a value within a value.
    const [a, b] = [before, after].map(
      ({ document }) => ({ ...(document.value as object), [MARK]: 0 }) as Json,
    );
    return { before: a!, after: b!, shifts: new Map(), groups: branch.items.groups };
  }
  if (branch.sort === 'map') {
    const sides = [old, next].map(all => ({
      ...Object.fromEntries([...all].map(([label, [value]]) => [label, value!])),
      [MARK]: 0,
    }));
    return { before: sides[0]!, after: sides[1]!, shifts: new Map(), groups: branch.items.groups };
  }
  const sides: { [label: string]: Json }[] = [{ [MARK]: 0 }, { [MARK]: 0 }];
  const shifts = new Map<string, number>();
  let groups: ReadonlyMap<string, Group> = branch.items.groups;
  for (const label of new Set([...old.keys(), ...next.keys()])) {
    const [one, other] = [old.get(label) ?? [], next.get(label) ?? []];
    const count = countOf(labels, label);
    const left = count - one.length + other.length;
    if (count > 1 !== left > 1) return undefined;
    if (count <= 1) {
      if (one.length > 0) sides[0]![label] = one[0]!;
      if (other.length > 0) sides[1]![label] = other[0]!;
      continue;
    }
    const group = groups.get(label);
    const shift = countOf(labels, label, from);
    if (group === undefined) return undefined;
    const renamed = withGroup(groups, label, regrouped(group, shift, one, other));
    if (renamed === undefined) return undefined;
    groups = renamed;
    sides[0]![label] = [...one, standIn(group)];
    sides[1]![label] = [...other, standIn(group)];
    shifts.set(label, shift);
  }
  return { before: sides[0]!, after: sides[1]!, shifts, groups };
}

function byLabel(part: Part): Map<string, Json[]> {
  const all = new Map<string, Json[]>();
  const values = valuesOf(part);
  part.items.forEach(({ label }: Item, n) => {
    all.set(label, [...(all.get(label) ?? []), values[n]!]);
  });
  return all;
}

/**
 * Whether the change may give another name to the list item that it stands in: then the item is another
 * one, or the list is told apart by something else.
 */
function touchesName({ format, levels, depth }: Versions, { before, after, shifts }: Sides): boolean {
  const { branch, place } = levels[depth]!;
  if (branch.sort === 'list' || depth === 0) return false;
  const changed = changedLabels(before, after);
  // A manifest within a list is named by its metadata, too.
  const isMetadata =
    depth > 1 && place.replicated.endsWith('/metadata') && namedBy(format, levels, depth - 1) !== undefined;
  if (isMetadata && changed.some(label => label === 'name' || label === 'namespace')) return true;
  const reader = namedBy(format, levels, depth);
  if (reader === undefined) return false;
  const fields = changed.map(label => (shifts.has(label) ? undefined : readerOf(label)));
  return fields.some(field => field !== undefined && (reader === -1 || field <= reader));
}

function changedLabels(before: Json, after: Json): string[] {
  const [a, b] = [before, after] as [{ readonly [label: string]: Json }, { readonly [label: string]: Json }];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(label => {
    const [one, other] = [a[label], b[label]];
    return one === undefined || other === undefined || canonical(one) !== canonical(other);
  });
}

/** What names the items of the list that the branch is an item of: a reader, -1 for none or one that is not known. */
function namedBy(format: FormatName, levels: readonly Level[], depth: number): number | undefined {
  if (format === 'toml') return /\/\d+(?:\/|$)/.test(levels[depth]!.place.replicated) ? -1 : undefined;
  const { branch, child } = levels[depth - 1]!;
  if (branch.sort === 'map') return undefined;
  const label = branch.items.labels[child]!;
  if (branch.sort === 'repeating' && countOf(branch.items.labels, label) === 1) return undefined;
  return branch.items.groups.get(label)?.reader ?? -1;
}

/** An operation on the entries alone as one on the whole value. */
function placed(operation: Operation, place: string, shifts: ReadonlyMap<string, number>): Operation {
  const moved = (path: string): string => {
    const [, first = '', second, ...rest] = path.split('/');
    const all = shifts.get('');
    if (all !== undefined)
      return [place, Number(first) + all, ...(second === undefined ? [] : [second]), ...rest].join('/');
    const shift = shifts.get(first.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (shift === undefined || second === undefined) return place + path;
    return [place, first, Number(second) + shift, ...rest].join('/');
  };
  if ('from' in operation) return { ...operation, from: moved(operation.from), path: moved(operation.path) };
  return { ...operation, path: moved(operation.path) };
}
