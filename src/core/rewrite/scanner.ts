import type { Compiled } from './compile.ts';
import { endOfQualifiedRun, isAfterHexMark } from './kinds/boundary.ts';
import { isAsciiWord } from './kinds/characters.ts';
import { type Scope, type Verdict, verdictOf } from './scope.ts';
import { subnetAt } from './subnets.ts';
import { type Entry, HASH_START, hashStep, isEmpty, mixed, type SubnetEntry, type Table } from './table.ts';

/** An identifier that stands in a text as a whole token. */
export interface Match {
  readonly start: number;
  readonly end: number;
  /** What is put in its place; for `ask` and `keep` the same as is found. */
  readonly put: string;
  readonly by: Entry | SubnetEntry;
  /** A rule of the same place that says otherwise. */
  readonly rival?: Entry | SubnetEntry;
}

/** The stretch that is scanned, and how far its neighbours can be seen; in units of `text`. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly low: number;
  readonly high: number;
}

/** Counts the work, so that a test can tell linear from not without a clock. */
export interface Meter {
  steps: number;
  lookups: number;
}

/** What the scanner must know beside the text: where in the configuration set it is. */
export class ScanContext {
  readonly compiled: Compiled;
  readonly meter: Meter | undefined;
  readonly #file: string | undefined;
  readonly #verdicts = new Map<Scope, Verdict>();
  /** The pointer of what stands at an offset; undefined in a comment. */
  pointerAt: (offset: number) => string | undefined = nowhere;

  /** Without a file, pairs with a limit do not apply at all. */
  constructor(compiled: Compiled, file: string | undefined, meter?: Meter) {
    this.compiled = compiled;
    this.#file = file;
    this.meter = meter;
  }

  admits(scope: Scope | undefined, offset: number): boolean {
    if (scope === undefined) return true;
    if (this.#file === undefined) return false;
    let verdict = this.#verdicts.get(scope);
    if (verdict === undefined) {
      verdict = verdictOf(scope, this.#file);
      this.#verdicts.set(scope, verdict);
    }
    return typeof verdict === 'boolean' ? verdict : verdict(this.pointerAt(offset));
  }
}

/**
 * The identifiers of a mapping that stand in a window of `text`, sorted, not overlapping. Shared values
 * protect their span; placed pairs come before pairs; among pairs leftmost, then longest. One pass per
 * rank, whatever the number of pairs.
 */
export function scan(text: string, window: Window, context: ScanContext): readonly Match[] {
  const { sharedTable, placedTable, pairTable } = context.compiled;
  if (isEmpty(sharedTable) && isEmpty(placedTable)) return pass(text, window, pairTable, context, NONE);
  const shared = sharedSpans(text, window, context);
  const placed = isEmpty(placedTable) ? NONE : pass(text, window, placedTable, context, shared);
  const taken = placed.length === 0 ? shared : merged(shared, placed);
  const plain = pass(text, window, pairTable, context, taken);
  return placed.length === 0 ? plain : (merged(placed, plain) as Match[]);
}

/** Where shared values stand: every one of them, also where two overlap. */
export function sharedSpans(text: string, window: Window, context: ScanContext): readonly Taken[] {
  const table = context.compiled.sharedTable;
  if (isEmpty(table)) return NONE;
  const spans: { start: number; end: number }[] = [];
  for (const { start, end } of pass(text, window, table, context, NONE, true)) {
    const last = spans.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else spans.push({ start, end });
  }
  return spans;
}

/** Scans a whole text by itself, with the pairs that hold everywhere. */
export function scanPlain(text: string, compiled: Compiled): readonly Match[] {
  return scan(text, wholeOf(text), new ScanContext(compiled, undefined));
}

export function wholeOf(text: string): Window {
  return { from: 0, to: text.length, low: 0, high: text.length };
}

export interface Taken {
  readonly start: number;
  readonly end: number;
}

const NONE: readonly never[] = [];
const nowhere = () => undefined;

function merged(one: readonly Taken[], other: readonly Taken[]): Taken[] {
  return [...one, ...other].sort((a, b) => a.start - b.start);
}

/** One rank. `taken` spans are sorted and do not overlap; no match touches one. */
function pass(
  text: string,
  window: Window,
  table: Table,
  context: ScanContext,
  taken: readonly Taken[],
  overlapping = false,
): readonly Match[] {
  if (isEmpty(table)) return NONE;
  const { from, to, low } = window;
  const prober = new Prober(text, window, table, context);
  const matches: Match[] = [];
  let blocked = 0;
  let i = from;
  let before = i > low ? text.charCodeAt(i - 1) : -1;
  while (i < to) {
    const unit = text.charCodeAt(i);
    // No identifier begins right after a letter or digit, but for the `0x` before a WWN.
    const mayBegin =
      before === -1 || !isAsciiWord(before) || (before === 120 && isAfterHexMark(text, i, low));
    if (mayBegin && prober.mayBeginWith(unit)) {
      while (blocked < taken.length && taken[blocked]!.end <= i) blocked++;
      const limit = blocked < taken.length ? Math.min(to, taken[blocked]!.start) : to;
      const match = limit > i ? prober.longestAt(i, limit) : undefined;
      if (match !== undefined) {
        matches.push(match);
        if (!overlapping) {
          i = match.end;
          before = text.charCodeAt(i - 1);
          continue;
        }
      }
    }
    before = unit;
    i++;
  }
  if (context.meter !== undefined) context.meter.steps += to - from;
  return matches;
}

/** Asks the table what stands at a place. */
class Prober {
  readonly #text: string;
  readonly #window: Window;
  readonly #table: Table;
  readonly #context: ScanContext;
  #best: Match | undefined;

  constructor(text: string, window: Window, table: Table, context: ScanContext) {
    this.#text = text;
    this.#window = window;
    this.#table = table;
    this.#context = context;
  }

  mayBeginWith(unit: number): boolean {
    if (this.#table.reach[Math.min(unit, 255)] !== 0) return true;
    return (this.#table.ipv4.length > 0 || this.#table.ipv6.length > 0) && unit < 103;
  }

  /** The longest identifier that begins at `at` and ends at `limit` or before. */
  longestAt(at: number, limit: number): Match | undefined {
    const text = this.#text;
    const { reach, filter, mask, hasPrefixes, ipv4, ipv6 } = this.#table;
    const { high } = this.#window;
    const first = text.charCodeAt(at);
    const last = Math.min(limit, at + reach[Math.min(first, 255)]!);
    this.#best = undefined;
    let hash = HASH_START;
    for (let i = at; i < last; i++) {
      const unit = text.charCodeAt(i);
      hash = hashStep(hash, unit);
      const mayEnd =
        i + 1 === high || !isAsciiWord(text.charCodeAt(i + 1)) || (hasPrefixes && !isAsciiWord(unit));
      if (!mayEnd) continue;
      const key = mixed(hash);
      if (filter[key & mask] !== 0) this.#lookUp(key, at, i + 1, limit);
    }
    if (ipv4.length > 0) this.#subnet(ipv4, at, limit);
    if (ipv6.length > 0) this.#subnet(ipv6, at, limit);
    if (this.#context.meter !== undefined) this.#context.meter.steps += Math.max(0, last - at);
    return this.#best;
  }

  #lookUp(key: number, start: number, end: number, limit: number): void {
    if (this.#context.meter !== undefined) this.#context.meter.lookups++;
    for (const entry of this.#table.byHash.get(key) ?? []) {
      if (entry.found.length !== end - start || !this.#text.startsWith(entry.found, start)) continue;
      const until = entry.isPrefix ? endOfQualifiedRun(this.#text, end, this.#window.high) : end;
      if (until > limit) continue;
      const tail = entry.isPrefix ? this.#text.slice(end, until) : '';
      this.#offer(entry, start, until, entry.put + tail);
    }
  }

  #subnet(entries: readonly SubnetEntry[], start: number, limit: number): void {
    const found = subnetAt(
      this.#text,
      start,
      Math.min(limit, this.#window.to),
      entries[0]!.from.sort === 'ipv6',
    );
    if (found === undefined) return;
    for (const entry of entries) {
      const put = found.moved(entry.from, entry.to);
      if (put !== undefined) this.#offer(entry, start, found.end, put);
    }
  }

  #offer(by: Entry | SubnetEntry, start: number, end: number, put: string): void {
    const best = this.#best;
    if (best !== undefined && (end < best.end || (end === best.end && isSettled(best, by, put)))) return;
    const { low, high } = this.#window;
    if (!by.boundary(this.#text, start, end, low, high)) return;
    if (!this.#context.admits(by.scope, start)) return;
    if (best !== undefined && best.end === end && best.by.order <= by.order) {
      this.#best = { ...best, rival: by };
    } else {
      this.#best = { start, end, put, by };
    }
  }
}

/** Whether what is offered for a place adds nothing to what stands there already. */
function isSettled(best: Match, by: Entry | SubnetEntry, put: string): boolean {
  if (best.by.order > by.order) return false;
  // Two limited pairs whose limits overlap after all; anything else was proven not to contradict.
  return best.put === put || best.rival !== undefined || by.action !== 'swap' || !isForTheSame(best.by, by);
}

function isForTheSame(one: Entry | SubnetEntry, other: Entry | SubnetEntry): boolean {
  if ('found' in one) return 'found' in other && one.found === other.found;
  return 'from' in other && one.from.head === other.from.head;
}
