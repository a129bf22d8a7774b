import { align, alignNew, type Entry, isKeyedAlike } from '../../change/align.ts';
import { type Json, pointerOf } from '../../document.ts';
import type { MergePolicy } from './policy.ts';

/**
 * What an entry that may repeat is in a format's value. `labels` (ini, block, lines): a list under its
 * label, so that one occurrence and a list of one mean the same. `tables` (TOML): always a list. In
 * both, no occurrence is no list at all.
 */
export type Repeats = 'labels' | 'tables' | 'none';

/**
 * The three-way merge of values: the second, independent way by which a merge of texts is proven. It
 * knows nothing of spans, comments or layout. The result must equal the value of the merged text.
 */
export function mergeValues(
  base: Json | undefined,
  next: Json,
  local: Json,
  policy: MergePolicy,
  repeats: Repeats,
): Json {
  return merge(base, next, local, '', policy, repeats)!;
}

type Map = { readonly [key: string]: Json };

function merge(
  base: Json | undefined,
  next: Json | undefined,
  local: Json | undefined,
  pointer: string,
  policy: MergePolicy,
  repeats: Repeats,
): Json | undefined {
  if (policy.preserved(pointer) && !(typeof next === 'string' && policy.shared(next))) return local;
  if (!policy.preservedBelow(pointer)) {
    if (equal(local, base) || equal(local, next)) return next;
    if (equal(next, base)) return local;
  }
  if (next !== undefined && local !== undefined) {
    if (isMap(next) && isMap(local)) {
      return mergeMaps(isMap(base) ? base : undefined, next, local, pointer, policy, repeats);
    }
  }
  const lists = pointer === '' && repeats !== 'none' ? undefined : asLists(base, next, local, repeats);
  if (lists !== undefined) return mergeLists(lists, pointer, policy, repeats);
  if (policy.conflict === 'primary' || policy.rejected(pointer, '')) return next;
  return local;
}

function mergeMaps(
  base: Map | undefined,
  next: Map,
  local: Map,
  pointer: string,
  policy: MergePolicy,
  repeats: Repeats,
): Json {
  const out: Record<string, Json> = {};
  for (const key of new Set([...Object.keys(next), ...Object.keys(local)])) {
    const value = merge(
      own(base, key),
      own(next, key),
      own(local, key),
      pointerOf(pointer, key),
      policy,
      repeats,
    );
    if (value !== undefined)
      Object.defineProperty(out, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return out;
}

interface Lists {
  readonly base: readonly Json[] | undefined;
  readonly next: readonly Json[];
  readonly local: readonly Json[];
  /** The list stands for entries that repeat: a list of one is written as its one entry. */
  readonly folded: boolean;
  /** A list of none is not there at all. */
  readonly vanishes: boolean;
  /** Whether the side has a list, and not its one entry. */
  readonly isList: { readonly next: boolean; readonly local: boolean };
}

type MaybeJson = Json | undefined;

function asLists(base: MaybeJson, next: MaybeJson, local: MaybeJson, repeats: Repeats): Lists | undefined {
  const sides = [base, next, local].filter(side => side !== undefined);
  const isList = { next: Array.isArray(next), local: Array.isArray(local) };
  if (repeats === 'labels') {
    if (!sides.some(side => Array.isArray(side))) return undefined;
    const list = (value: MaybeJson): readonly Json[] =>
      value === undefined ? [] : Array.isArray(value) ? value : [value];
    const was = base === undefined ? undefined : list(base);
    return { base: was, next: list(next), local: list(local), folded: true, vanishes: true, isList };
  }
  const was: readonly Json[] | undefined = Array.isArray(base) ? base : undefined;
  if (Array.isArray(next) && Array.isArray(local)) {
    return {
      base: was,
      next,
      local,
      folded: false,
      vanishes: repeats === 'tables' && sides.every(areTables),
      isList,
    };
  }
  if (repeats !== 'tables' || !sides.every(areTables)) return undefined;
  const list = (value: MaybeJson) => (value ?? []) as readonly Json[];
  return { base: was, next: list(next), local: list(local), folded: false, vanishes: true, isList };
}

function areTables(value: Json): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isMap);
}

/** Which items the merged list has, in no particular order: order is proven by comparing as multisets. */
function mergeLists(lists: Lists, pointer: string, policy: MergePolicy, repeats: Repeats): Json | undefined {
  const { next, local, folded, vanishes } = lists;
  const past = lists.base !== undefined || folded || vanishes;
  if (!past && policy.conflict === 'local' && !isKeyedAlike(next, local)) return local;
  const base = lists.base ?? [];
  const toNext = align(base.map(entry), next.map(entry));
  const toLocal = align(base.map(entry), local.map(entry));
  const out: Json[] = [];
  const usedNext = new Set(toNext);
  const usedLocal = new Set(toLocal);
  // As in the merge of texts, an entry is where the backup has it; one that is gone there, where the primary has it.
  const place = (j: number, k: number) => {
    const [side, index] = k >= 0 ? (['local', k] as const) : (['next', j] as const);
    return lists.isList[side] ? pointerOf(pointer, index) : pointer;
  };
  base.forEach((value, i) => {
    const [j, k] = [toNext[i]!, toLocal[i]!];
    const merged = merge(value, next[j], local[k], place(j, k), policy, repeats);
    if (merged !== undefined) out.push(merged);
  });
  const newNext = [...next.keys()].filter(j => !usedNext.has(j));
  const newLocal = [...local.keys()].filter(k => !usedLocal.has(k));
  const entries = (side: readonly Json[], indexes: readonly number[]) => indexes.map(at => entry(side[at]!));
  const both = alignNew(base.map(entry), entries(next, newNext), entries(local, newLocal), () => false);
  newNext.forEach((j, at) => {
    const k = newLocal[both[at]!] ?? -1;
    const merged = merge(undefined, next[j], local[k], place(j, k), policy, repeats);
    if (merged !== undefined) out.push(merged);
  });
  const matched = new Set(both);
  out.push(...newLocal.filter((_, at) => !matched.has(at)).map(k => local[k]!));
  if (vanishes && out.length === 0) return undefined;
  return folded && out.length === 1 ? out[0]! : out;
}

/** Equal but for the order of list items: order is a matter of text, proven by the bytes that stayed. */
export function equalAsSets(a: Json, b: Json): boolean {
  return sorted(a) === sorted(b);
}

function sorted(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(sorted).sort().join(',')}]`;
  const map = value as Map;
  return `{${Object.keys(map)
    .sort()
    .map(key => `${JSON.stringify(key)}:${sorted(map[key]!)}`)
    .join(',')}}`;
}

function equal(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && sorted(a) === sorted(b));
}

function entry(value: Json): Entry {
  return { label: '', value };
}

function own(map: Map | undefined, key: string): Json | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}

function isMap(value: Json | undefined): value is Map {
  return value !== undefined && value !== null && typeof value === 'object' && !Array.isArray(value);
}
