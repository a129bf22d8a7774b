/**
 * What names the items of a list among each other. The diff of a whole list asks every item; for a change
 * of some it is enough to know what named them before, and that it still does.
 */
import { identityReaders, KEY_FIELDS } from '../../change/align.ts';
import type { Json } from '../../document.ts';

export interface Group {
  /** Index of the reader that names every item differently, the first of all that do; -1: none does. */
  readonly reader: number;
  /** By reader, how many items have no name. */
  readonly unnamed: readonly number[];
  /** The items' names by `reader`, in order. Empty where there is none. */
  readonly names: readonly string[];
}

const READERS = identityReaders();
const LAST = READERS.length - 1;

/** No text of a configuration file has this character of private use. */
export const MARK = '\ue000';

export function groupOf(values: readonly Json[]): Group {
  const unnamed = READERS.map(read => values.filter(value => read(value) === undefined).length);
  const reader = READERS.findIndex(
    (read, index) => unnamed[index] === 0 && new Set(values.map(read)).size === values.length,
  );
  const names = reader === -1 ? [] : values.map(value => READERS[reader]!(value)!);
  return { reader, unnamed, names };
}

/**
 * A value that stands for all items that did not change: with it in both lists, the diff of the changed
 * items alone is made by the same reader as the diff of all.
 */
export function standIn({ reader }: Group): Json {
  if (reader === -1) return [[MARK]];
  if (reader === 0) return { kind: MARK, metadata: { name: MARK } };
  return reader === LAST ? MARK : { [KEY_FIELDS[reader - 1]!]: MARK };
}

/**
 * The group after the items from `from` to `to` became others. 'unlike': another reader names the items
 * now, so that a diff of some says something else than one of all. 'unknown': this diff is right, and what
 * names the items for the next one is not known.
 */
export function regrouped(
  group: Group,
  from: number,
  before: readonly Json[],
  after: readonly Json[],
): Group | 'unlike' | 'unknown' {
  const { reader } = group;
  const to = from + before.length;
  let { names } = group;
  if (reader !== -1) {
    const put = after.map(READERS[reader]!);
    const isSame = put.length === before.length && put.every((name, n) => name === names[from + n]);
    if (!isSame) {
      const rest = [...names.slice(0, from), ...names.slice(to)];
      const taken = new Set(put);
      if (taken.has(undefined) || taken.size < put.length || rest.some(name => taken.has(name))) {
        return 'unlike';
      }
      names = [...names.slice(0, from), ...(put as string[]), ...names.slice(to)];
    }
  }
  const unnamed = group.unnamed.map(
    (count, index) => count - countUnnamed(before, index) + countUnnamed(after, index),
  );
  const better = reader === -1 ? READERS.length : reader;
  for (let index = 0; index < better; index++) {
    if (unnamed[index] === 0 && !isNamedAlike(before, after, index)) return 'unknown';
  }
  return { reader, unnamed, names };
}

function countUnnamed(values: readonly Json[], reader: number): number {
  return values.filter(value => READERS[reader]!(value) === undefined).length;
}

/** Whether the same names stand on both sides: then twins are still twins. */
function isNamedAlike(before: readonly Json[], after: readonly Json[], reader: number): boolean {
  const [a, b] = [before, after].map(values => values.map(value => `${READERS[reader]!(value)}`).sort());
  return a!.length === b!.length && a!.every((name, n) => name === b![n]);
}

/** The reader that a field of an item speaks for; undefined for a field that never names an item. */
export function readerOf(field: string): number | undefined {
  if (field === 'kind' || field === 'metadata') return 0;
  const index = KEY_FIELDS.indexOf(field);
  return index === -1 ? undefined : index + 1;
}
