import { align, commonSubsequence } from '../change/align.ts';
import {
  type Document,
  type Item,
  type Json,
  type Node,
  pointerOf,
  type Span,
  segmentsOf,
} from '../document.ts';
import type { Swap } from '../rewrite/identity.ts';
import { isWithin } from './local.ts';
import { valueAt } from './merge/entities.ts';

/**
 * Why a setting of the backup is not the primary's. `rejected`: a person rejected that, or took it back;
 * `preserved`: by the configuration; `local`: kept at the baseline, merged or accepted; `changed`: nobody has
 * decided on it yet; `own`: the primary has no such setting.
 */
export type Why = 'rejected' | 'preserved' | 'local' | 'changed' | 'own';

/** Why one line of the backup reads as it does. Lines count from 1. */
export interface Explanation {
  readonly line: number;
  readonly text: string;
  /** The setting that the line bears, as a pointer into the backup's value. */
  readonly pointer?: string;
  /** `replicated`: made from the primary's line. `local`: the backup's own. */
  readonly origin: 'replicated' | 'local';
  /** Of a local one that bears a setting. */
  readonly why?: Why;
  /** The line that it was made from; of a local one the line of the primary's setting of that name. */
  readonly primary?: PrimaryLine;
  readonly swaps: readonly Swap[];
}

/** A setting of the primary that the backup has not. */
export interface Absence {
  readonly pointer: string;
  readonly why: Why;
  readonly primary: PrimaryLine;
}

interface PrimaryLine {
  readonly line: number;
  readonly text: string;
}

export interface ExplainInput {
  /** The primary's text and rewrite(primary): the same lines, identifiers swapped. */
  readonly primary: string;
  readonly base: string;
  /** rewrite(primary), where it can be read. */
  readonly replicated: Document | undefined;
  readonly swaps: readonly Swap[];
  readonly local: Document;
  /** Places that are the backup's, and why. */
  readonly places: Readonly<Record<'rejected' | 'preserved' | 'local', readonly string[]>>;
}

/**
 * Explains lines of the backup: the line of the primary that each was made from, and each swap on it.
 * Rewriting never adds or removes a line, so that line n of rewrite(primary) is line n of the primary.
 */
export class Explainer {
  readonly #input: ExplainInput;
  readonly #base: readonly string[];
  readonly #local: readonly string[];
  readonly #leading: readonly string[];
  /** Lines of the backup (from 0) with the lines of rewrite(primary) that they are. */
  readonly #same: ReadonlyMap<number, number>;

  constructor(input: ExplainInput) {
    this.#input = input;
    this.#base = input.base.split('\n');
    this.#local = input.local.text.split('\n');
    this.#leading = input.primary.split('\n');
    this.#same = new Map(commonSubsequence(this.#local, this.#base));
  }

  /** Undefined where the backup has no such line. */
  line(line: number): Explanation | undefined {
    const text = this.#local[line - 1];
    if (text === undefined) return undefined;
    const { local, swaps } = this.#input;
    const pointer = pointerOfLine(local, line);
    const common = { line, text, ...(pointer === undefined ? {} : { pointer }) };
    const at = this.#same.get(line - 1);
    if (at === undefined) return { ...common, origin: 'local', ...this.#ofPrimary(pointer), swaps: [] };
    const start = this.#base.slice(0, at).reduce((sum, each) => sum + each.length + 1, 0);
    const end = start + this.#base[at]!.length;
    return {
      ...common,
      origin: 'replicated',
      primary: { line: at + 1, text: this.#leading[at] ?? '' },
      swaps: swaps.filter(({ to }) => to.start >= start && to.end <= end),
    };
  }

  /** All lines of what stands at a pointer: undefined where the backup has nothing there. */
  lines(pointer: string): Explanation[] | undefined {
    const spans = spansOf(this.#input.local, pointer);
    if (spans.length === 0) return undefined;
    return spans.flatMap(([from, to]) =>
      Array.from({ length: to - from + 1 }, (_, index) => this.line(from + index)!),
    );
  }

  /** Every line of the backup. */
  all(): Explanation[] {
    return this.#local.map((_, index) => this.line(index + 1)!);
  }

  /** Of a setting that the backup has not: undefined where the primary has none of that name either. */
  absent(pointer: string): Absence | undefined {
    const primary = this.#lineAt(pointer);
    return primary === undefined ? undefined : { pointer, why: this.#why(pointer) ?? 'changed', primary };
  }

  #ofPrimary(pointer: string | undefined): { readonly why?: Why; readonly primary?: PrimaryLine } {
    if (pointer === undefined) return {};
    const { replicated, local } = this.#input;
    const there = replicated === undefined ? undefined : counterpart(local.value, replicated.value, pointer);
    const primary = there === undefined ? undefined : this.#lineAt(there);
    const why = this.#why(pointer);
    if (primary === undefined) return { why: why === undefined || why === 'local' ? 'own' : why };
    return { why: why ?? 'changed', primary };
  }

  #why(pointer: string): Why | undefined {
    const { places } = this.#input;
    return (['preserved', 'rejected', 'local'] as const).find(why => isWithin(places[why], pointer));
  }

  #lineAt(pointer: string): PrimaryLine | undefined {
    const { replicated } = this.#input;
    const [span] = replicated === undefined ? [] : spansOf(replicated, pointer);
    return span === undefined ? undefined : { line: span[0], text: this.#leading[span[0] - 1] ?? '' };
  }
}

/** The lines of an entry, from its first own byte to its last; of one that repeats those of each. */
function spansOf(document: Document, pointer: string): [from: number, to: number][] {
  const { text } = document;
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length;
  return entriesAt(document.root, pointer).map(({ head, foot }) => {
    const own = text.slice(head.start, foot.end).trimEnd();
    return [lineOf(head.start), lineOf(head.start + own.length)];
  });
}

function entriesAt(node: Node, pointer: string): Item[] {
  if (node.kind === 'leaf') return [];
  return node.items.flatMap(item =>
    item.pointer === pointer || item.pointer.startsWith(`${pointer}/`)
      ? [item]
      : entriesAt(item.node, pointer),
  );
}

/** The pointer of the same setting in another value: an entry of a list may stand elsewhere there. */
function counterpart(from: Json, to: Json, pointer: string): string | undefined {
  let [at, there, found] = [from, to, ''];
  for (const segment of segmentsOf(pointer)) {
    let key = segment;
    if (Array.isArray(at) && Array.isArray(there)) {
      const entries = (list: readonly Json[]) => list.map(value => ({ label: '', value }));
      const index = align(entries(there), entries(at)).indexOf(Number(segment));
      if (index === -1) return undefined;
      key = String(index);
    }
    if (there === null || typeof there !== 'object' || !Object.hasOwn(there, key)) return undefined;
    at = valueAt(at, pointerOf('', segment));
    there = valueAt(there, pointerOf('', key));
    found = pointerOf(found, key);
  }
  return found;
}

function pointerOfLine(document: Document, line: number): string | undefined {
  let start = 0;
  for (let at = 1; at < line; at++) start = document.text.indexOf('\n', start) + 1;
  const next = document.text.indexOf('\n', start);
  const end = next === -1 ? document.text.length : next;
  const on = document.scalars.filter(scalar => scalar.span.start >= start && scalar.span.start < end);
  const within = (span: Span) => span.start < start && span.end > start;
  const scalar =
    on.find(({ role }) => role === 'value') ?? on[0] ?? document.scalars.find(({ span }) => within(span));
  return scalar?.pointer;
}
