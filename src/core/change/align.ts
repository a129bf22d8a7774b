import type { Json } from '../document.ts';

/**
 * Which entries of two lists are the same entry.
 *
 * A list is aligned by a key where the key is unique in both versions, so that one inserted item is
 * one change. Without a key, equal entries are matched by a longest common subsequence, and what is
 * left between two matches is "changed in place" only where both sides have as many left. Equal twins
 * leave a choice; `bias` says which end is matched first, so that a caller can see whether the choice
 * matters by asking for both.
 */
export type Bias = 'first' | 'last';

/** Fields that name an item among its siblings, the better ones first. */
export const KEY_FIELDS: readonly string[] = [
  'name',
  'id',
  'uuid',
  'path',
  'wwn',
  'iqn',
  'nqn',
  'node_wwn',
  'nsid',
  'portid',
  'grpid',
  'tag',
  'index',
  'lun',
  'alias',
  'key',
  'host',
  'hostname',
  'address',
  'ip',
  'device',
  'dev',
  'port',
];

/** Above this many cells the exact subsequence gives way to a greedy one, which is linear. */
const CELLS_MAX = 4_000_000;

/** An entry, described by what it is called and what it says. */
export interface Entry {
  readonly label: string;
  readonly value: Json;
}

/** For each entry of `a` the index of its counterpart in `b`, or -1. */
export function align(
  a: readonly Entry[],
  b: readonly Entry[],
  bias: Bias = 'first',
  keys: readonly string[] = KEY_FIELDS,
): number[] {
  return alignBy(a, b, isName, bias, keys);
}

/** Items of a list have no name, and `[[record]]` is what every table of a TOML list is called. */
export function isName(label: string): boolean {
  return label !== '' && !label.startsWith('[[');
}

/**
 * The same for entries that are new on both sides: only what is surely one entry is matched, by a
 * label that never repeats, by key, or by content. `unique` says whether a label never repeats. What
 * says the same as an entry of `base` may be that one, moved, on one of the sides: it matches nothing.
 */
export function alignNew(
  base: readonly Entry[],
  a: readonly Entry[],
  b: readonly Entry[],
  unique: (label: string) => boolean,
  bias: Bias = 'first',
): number[] {
  const found = alignBy(a, b, unique, bias, KEY_FIELDS, false);
  if (found.every(j => j < 0)) return found;
  const told = ({ label, value }: Entry) => `${label} ${canonical(value)}`;
  const old = new Set(base.map(told));
  return found.map((j, i) => (j >= 0 && old.has(told(a[i]!)) ? -1 : j));
}

function alignBy(
  a: readonly Entry[],
  b: readonly Entry[],
  unique: (label: string) => boolean,
  bias: Bias,
  keys: readonly string[],
  inPlace = true,
): number[] {
  const found = new Array<number>(a.length).fill(-1);
  const groupsB = byLabel(b);
  for (const [label, left] of byLabel(a)) {
    const right = groupsB.get(label);
    if (right === undefined) continue;
    if (left.length === 1 && right.length === 1 && unique(label)) {
      found[left[0]!] = right[0]!;
      continue;
    }
    const pairs = alignGroup(
      left.map(i => a[i]!.value),
      right.map(j => b[j]!.value),
      bias,
      keys,
      inPlace,
    );
    pairs.forEach((j, i) => {
      if (j >= 0) found[left[i]!] = right[j]!;
    });
  }
  return found;
}

function byLabel(entries: readonly Entry[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  entries.forEach((entry, index) => {
    const group = groups.get(entry.label);
    if (group === undefined) groups.set(entry.label, [index]);
    else group.push(index);
  });
  return groups;
}

/** Entries that share a label: by key, else by first word, else by content, else in place. */
function alignGroup(
  a: readonly Json[],
  b: readonly Json[],
  bias: Bias,
  keys: readonly string[],
  inPlace: boolean,
): number[] {
  const keyed = identities(a, b, keys);
  const found = new Array<number>(a.length).fill(-1);
  if (keyed !== undefined) {
    const at = new Map(keyed.b.map((identity, j) => [identity, j]));
    keyed.a.forEach((identity, i) => {
      found[i] = at.get(identity) ?? -1;
    });
    return found;
  }
  const [textsA, textsB] = [a.map(canonical), b.map(canonical)];
  for (const [i, j] of commonSubsequence(textsA, textsB, bias)) found[i] = j;
  const moved = movedBetween(textsA, textsB, found, bias);
  if (inPlace) changedInPlace(found, moved, b.length);
  for (const [i, j] of moved) found[i] = j;
  return found;
}

/** Equal entries that no subsequence holds, because they stand in another order: they only moved. */
function movedBetween(
  a: readonly string[],
  b: readonly string[],
  found: readonly number[],
  bias: Bias,
): Map<number, number> {
  const taken = new Set(found);
  const left = new Map<string, number[]>();
  for (const [j, text] of b.entries()) {
    if (taken.has(j)) continue;
    const places = left.get(text);
    if (places === undefined) left.set(text, [j]);
    else places.push(j);
  }
  const moved = new Map<number, number>();
  const indices = a.map((_, i) => i).filter(i => found[i] === -1);
  for (const i of bias === 'first' ? indices : indices.reverse()) {
    const places = left.get(a[i]!);
    const j = bias === 'first' ? places?.shift() : places?.pop();
    if (j !== undefined) moved.set(i, j);
  }
  return moved;
}

/** The identity of every value on both sides, if one kind of identity is unique on each side. */
function identities(
  a: readonly Json[],
  b: readonly Json[],
  keys: readonly string[],
): { a: string[]; b: string[] } | undefined {
  for (const read of identityReaders(keys)) {
    const left = uniqueBy(a, read);
    const right = left === undefined ? undefined : uniqueBy(b, read);
    if (left !== undefined && right !== undefined) return { a: left, b: right };
  }
  return undefined;
}

/** What may name an item of a list, the better ones first; the first that is unique on both sides does. */
export function identityReaders(
  keys: readonly string[] = KEY_FIELDS,
): ((value: Json) => string | undefined)[] {
  return [manifestName, ...keys.map(key => (value: Json) => scalarField(value, key)), firstWord];
}

/** Whether a field names every item on both sides, so that what they share is known without a past. */
export function isKeyedAlike(a: readonly Json[], b: readonly Json[]): boolean {
  const readers = [manifestName, ...KEY_FIELDS.map(key => (value: Json) => scalarField(value, key))];
  return readers.some(read => uniqueBy(a, read) !== undefined && uniqueBy(b, read) !== undefined);
}

function uniqueBy(values: readonly Json[], read: (value: Json) => string | undefined): string[] | undefined {
  const seen = new Set<string>();
  const all: string[] = [];
  for (const value of values) {
    const identity = read(value);
    if (identity === undefined || seen.has(identity)) return undefined;
    seen.add(identity);
    all.push(identity);
  }
  return all;
}

function field(value: Json, key: string): Json | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, key) ? (value as { readonly [key: string]: Json })[key] : undefined;
}

function scalarField(value: Json, key: string): string | undefined {
  const found = field(value, key);
  return found === undefined || found === null || typeof found === 'object'
    ? undefined
    : `${typeof found} ${found}`;
}

/** A Kubernetes manifest in a stream of several is named by its kind and metadata.name. */
function manifestName(value: Json): string | undefined {
  const kind = scalarField(value, 'kind');
  const metadata = field(value, 'metadata');
  const name = metadata === undefined ? undefined : scalarField(metadata, 'name');
  return kind === undefined || name === undefined
    ? undefined
    : `${kind} ${scalarField(metadata!, 'namespace') ?? ''} ${name}`;
}

/** A directive that repeats (`option X ...`, `server S ...`) is named by its first word. */
function firstWord(value: Json): string | undefined {
  return typeof value === 'string' || typeof value === 'number'
    ? /^\s*("[^"]*"|\S+)/.exec(String(value))?.[1]
    : undefined;
}

/** A text that two values share exactly when they are equal. */
export function canonical(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const object = value as { readonly [key: string]: Json };
  const keys = Object.keys(object).sort();
  return `{${keys.map(key => `${JSON.stringify(key)}:${canonical(object[key]!)}`).join(',')}}`;
}

/** Index pairs of a longest common subsequence; ties are decided at the end that `bias` names. */
export function commonSubsequence(
  a: readonly string[],
  b: readonly string[],
  bias: Bias = 'first',
): [number, number][] {
  if (bias === 'first') return subsequence(a, b);
  const mirrored = subsequence(a.toReversed(), b.toReversed());
  return mirrored.map(([i, j]): [number, number] => [a.length - 1 - i, b.length - 1 - j]).reverse();
}

function subsequence(a: readonly string[], b: readonly string[]): [number, number][] {
  const pairs: [number, number][] = [];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) {
    pairs.push([start, start]);
    start++;
  }
  let endA = a.length;
  let endB = b.length;
  const tail: [number, number][] = [];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) tail.push([--endA, --endB]);
  const middle =
    (endA - start) * (endB - start) <= CELLS_MAX
      ? exact(a, b, start, endA, endB)
      : greedy(a, b, start, endA, endB);
  return [...pairs, ...middle, ...tail.reverse()];
}

function exact(
  a: readonly string[],
  b: readonly string[],
  start: number,
  endA: number,
  endB: number,
): [number, number][] {
  const rows = endA - start;
  const columns = endB - start;
  const lengths = new Uint32Array((rows + 1) * (columns + 1));
  const cell = (i: number, j: number) => i * (columns + 1) + j;
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      lengths[cell(i, j)] =
        a[start + i] === b[start + j]
          ? lengths[cell(i + 1, j + 1)]! + 1
          : Math.max(lengths[cell(i + 1, j)]!, lengths[cell(i, j + 1)]!);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < rows && j < columns; ) {
    if (a[start + i] === b[start + j]) pairs.push([start + i++, start + j++]);
    else if (lengths[cell(i + 1, j)]! >= lengths[cell(i, j + 1)]!) i++;
    else j++;
  }
  return pairs;
}

/** A common subsequence, perhaps not the longest: each entry takes the next equal one. */
function greedy(
  a: readonly string[],
  b: readonly string[],
  start: number,
  endA: number,
  endB: number,
): [number, number][] {
  const places = new Map<string, number[]>();
  for (let j = endB - 1; j >= start; j--) {
    const list = places.get(b[j]!);
    if (list === undefined) places.set(b[j]!, [j]);
    else list.push(j);
  }
  const pairs: [number, number][] = [];
  let last = start - 1;
  for (let i = start; i < endA; i++) {
    const list = places.get(a[i]!);
    while (list !== undefined && list.length > 0 && list.at(-1)! <= last) list.pop();
    const j = list?.pop();
    if (j === undefined) continue;
    pairs.push([i, j]);
    last = j;
  }
  return pairs;
}

/** Pairs what is left between two matches, where both sides have as many left there. */
function changedInPlace(found: number[], moved: ReadonlyMap<number, number>, lengthB: number): void {
  const taken = new Set([...found.filter(j => j >= 0), ...moved.values()]);
  let gapA: number[] = [];
  let from = 0;
  const close = (to: number) => {
    const gapB: number[] = [];
    for (let j = from; j < to; j++) if (!taken.has(j)) gapB.push(j);
    if (gapA.length === gapB.length)
      gapA.forEach((i, n) => {
        found[i] = gapB[n]!;
      });
    gapA = [];
  };
  const original = [...found];
  original.forEach((j, i) => {
    if (j < 0) {
      if (!moved.has(i)) gapA.push(i);
      return;
    }
    close(j);
    from = j + 1;
  });
  close(lengthB);
}
