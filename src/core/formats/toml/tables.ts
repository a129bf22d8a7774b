/**
 * The value behind the statements: which table a header opens, where a dotted key leads. Refuses
 * what cannot be said twice, naming both places; other clashes are found by the library before.
 */
import { DEFAULT_LIMITS } from '../../capture/prescan.ts';
import { type Json, pointerOf } from '../../document.ts';
import { type Failure, FailureError, placeAt } from '../../failure.ts';

export const MAX_DEPTH = DEFAULT_LIMITS.depth;

/** A table that keys are being put into. */
export interface Table {
  readonly value: { [key: string]: Json };
  readonly pointer: string;
  /** Levels above it. */
  readonly depth: number;
}

/** One segment of a key: what it means, and its offset in the source. */
export interface Segment {
  readonly text: string;
  readonly offset: number;
}

/** Where a dotted key leads: the pointer of each of its segments, and the table of the last one. */
export interface Path {
  readonly pointers: readonly string[];
  readonly table: Table;
  readonly last: string;
  readonly pointer: string;
}

export class Tables {
  readonly root: Table = { value: {}, pointer: '', depth: 0 };
  readonly #text: string;
  readonly #file: string | undefined;
  /** Where the source gives a value or a header to a pointer. */
  readonly #given = new Map<string, number>();

  constructor(text: string, file: string | undefined) {
    this.#text = text;
    this.#file = file;
  }

  /** Follows a key from a table, making the tables on its way; `put` then gives it a value. */
  follow(from: Table, segments: readonly Segment[]): Path {
    const pointers: string[] = [];
    let table = from;
    segments.forEach((segment, index) => {
      this.#check(table, segment);
      pointers.push(pointerOf(table.pointer, segment.text));
      if (index < segments.length - 1) table = this.#step(table, segment);
    });
    const last = segments.at(-1)?.text ?? '';
    return { pointers, table, last, pointer: pointerOf(table.pointer, last) };
  }

  put(path: Path, value: Json): void {
    path.table.value[path.last] = value;
  }

  /** Notes that the source gives this pointer a value at `offset`; it must be the first time. */
  give(path: Path, offset: number): void {
    const before = this.#given.get(path.pointer);
    if (before !== undefined) this.#twice(path.last, offset, before);
    this.#given.set(path.pointer, offset);
  }

  /** The table that `[a.b]` opens. */
  open(segments: readonly Segment[]): { path: Path; table: Table } {
    const path = this.follow(this.root, segments);
    const segment = segments.at(-1) as Segment;
    this.give(path, segment.offset);
    return { path, table: this.#step(path.table, segment) };
  }

  /** The table that `[[a.b]]` adds to its list. */
  append(segments: readonly Segment[]): { path: Path; table: Table } {
    const path = this.follow(this.root, segments);
    const before = this.#given.get(path.pointer);
    const segment = segments.at(-1) as Segment;
    if (before !== undefined) this.#twice(path.last, segment.offset, before);
    if (!Object.hasOwn(path.table.value, path.last)) this.put(path, []);
    const list = path.table.value[path.last];
    if (Array.isArray(list)) list.push({});
    return { path, table: this.#step(path.table, segment) };
  }

  /** The table that a key names, or the newest one of its list. */
  #step(from: Table, segment: Segment): Table {
    const key = segment.text;
    const pointer = pointerOf(from.pointer, key);
    if (!Object.hasOwn(from.value, key)) from.value[key] = {};
    const found = from.value[key];
    if (Array.isArray(found)) {
      const last = found.length - 1;
      const table = { pointer: pointerOf(pointer, last), depth: from.depth + 2 };
      return { ...table, value: this.#table(found[last], segment, pointer) };
    }
    return { value: this.#table(found, segment, pointer), pointer, depth: from.depth + 1 };
  }

  #table(value: Json | undefined, segment: Segment, pointer: string): { [key: string]: Json } {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as { [key: string]: Json };
    }
    return this.#twice(segment.text, segment.offset, this.#given.get(pointer));
  }

  #check(table: Table, segment: Segment): void {
    if (segment.text === '__proto__') {
      this.#fail('forbidden-key', 'the key `__proto__` is not allowed', segment.offset);
    }
    if (table.depth >= MAX_DEPTH) {
      this.#fail('too-deep', `the file nests deeper than ${MAX_DEPTH} levels`, segment.offset);
    }
  }

  #twice(key: string, offset: number, before: number | undefined): never {
    const message = `the key ${JSON.stringify(key)} already has a value`;
    const also = before === undefined ? {} : { also: [placeAt(this.#text, before, this.#file)] };
    this.#fail('duplicate-key', message, offset, also);
  }

  #fail(failure: Failure['failure'], message: string, offset: number, more: Partial<Failure> = {}): never {
    throw new FailureError({ failure, message, at: placeAt(this.#text, offset, this.#file), ...more });
  }
}
