import { type Document, type Scalar, segmentsOf, type TextEdit } from '../document.ts';
import { type Failure, placeAt } from '../failure.ts';
import type { Format } from '../formats/format.ts';
import type { Mapping, Rewritten, Swap } from './identity.ts';
import { compiledOf } from './mapping.ts';
import { pairName } from './pair.ts';
import { type Match, ScanContext, scan, wholeOf } from './scanner.ts';
import { pointerLookup, type Stretch, stretchesOf } from './stretches.ts';

/**
 * The backup's text for a primary's document: every identifier is replaced by its counterpart, in one
 * pass, and nothing else is touched. Failures ('swap-ambiguous', 'keys-collide') do not stop it: the
 * text stands all the same, for a person to look at.
 */
export function rewrite(document: Document, mapping: Mapping, file: string, format: Format): Rewritten {
  const builder = new Builder(document, mapping, file);
  const context = new ScanContext(compiledOf(mapping), file);
  const pointerAt = pointerLookup(document);
  for (const stretch of stretchesOf(document)) {
    const { scalar } = stretch;
    context.pointerAt = scalar === undefined ? pointerAt : () => scalar.pointer;
    const found = scan(stretch.text, stretch.window, context);
    if (found.length > 0) builder.add(stretch, found, pointerAt, format);
  }
  return builder.finish();
}

/** The backup's path for a primary's: folders and file names are rewritten like any other text. */
export function rewritePath(path: string, mapping: Mapping): string {
  const context = new ScanContext(compiledOf(mapping), path);
  let out = '';
  let at = 0;
  for (const { start, end, put } of scan(path, wholeOf(path), context)) {
    out += path.slice(at, start) + put;
    at = end;
  }
  return out + path.slice(at);
}

/** Puts the new text together, and keeps what was swapped where. */
class Builder {
  readonly #document: Document;
  readonly #mapping: Mapping;
  readonly #file: string;
  readonly #parts: string[] = [];
  readonly #swaps: Swap[] = [];
  readonly #failures: Failure[] = [];
  /** Pairs that were asked about in this file; one question each is enough. */
  readonly #asked = new Set<string>();
  readonly #changedKeys: { scalar: Scalar; text: string }[] = [];
  /** How far the source is copied, and how long the new text is by now. */
  #at = 0;
  #length = 0;

  constructor(document: Document, mapping: Mapping, file: string) {
    this.#document = document;
    this.#mapping = mapping;
    this.#file = file;
  }

  add(
    stretch: Stretch,
    found: readonly Match[],
    pointerAt: (offset: number) => string | undefined,
    format: Format,
  ): void {
    const { scalar, sourceAt } = stretch;
    const swapped: Match[] = [];
    for (const match of found) {
      if (match.rival !== undefined) this.#rivals(match, sourceAt(match.start));
      else if (match.by.action === 'ask') this.#ask(match, sourceAt(match.start));
      if (match.by.action === 'swap') swapped.push(match);
    }
    if (swapped.length === 0) return;
    if (scalar === undefined) {
      for (const match of swapped) this.#swapRaw(match, pointerAt(match.start));
    } else {
      this.#swapScalar(stretch, scalar, swapped, format);
    }
  }

  finish(): Rewritten {
    this.#copyTo(this.#document.text.length);
    const collisions = keyCollisions(this.#document, this.#changedKeys, this.#file);
    return { text: this.#parts.join(''), swaps: this.#swaps, failures: [...this.#failures, ...collisions] };
  }

  #swapRaw(match: Match, pointer: string | undefined): void {
    const { start, end, put } = match;
    this.#copyTo(start);
    const to = this.#put(put, end);
    this.#record(match, { start, end }, to, pointer);
  }

  /** The format spells the edits in the scalar's own quoting; it may have to quote the whole of it. */
  #swapScalar(stretch: Stretch, scalar: Scalar, swapped: readonly Match[], format: Format): void {
    const base = stretch.window.from;
    const edits = swapped.map(({ start, end, put }) => ({
      offset: start - base,
      length: end - start,
      content: put,
    }));
    if (scalar.role === 'key') this.#changedKeys.push({ scalar, text: edited(scalar.text, edits) });
    const waiting = swapped.map(match => ({
      match,
      from: { start: stretch.sourceAt(match.start), end: stretch.sourceAt(match.end) },
    }));
    for (const edit of format.respell(scalar, edits, this.#document.text)) {
      const end = edit.offset + edit.length;
      this.#copyTo(edit.offset);
      const whole = this.#put(edit.content, end);
      let cursor = 0;
      while (waiting.length > 0 && waiting[0]!.from.start < end) {
        const { match, from } = waiting.shift()!;
        // Where a larger piece was respelled, the counterpart stands somewhere in it.
        const within = edit.content === match.put ? -1 : edit.content.indexOf(match.put, cursor);
        const start = whole.start + within;
        const to = within === -1 ? whole : { start, end: start + match.put.length };
        if (within !== -1) cursor = within + match.put.length;
        this.#record(match, from, to, scalar.pointer);
      }
    }
  }

  #record(match: Match, from: Swap['from'], to: Swap['to'], pointer: string | undefined): void {
    const found = this.#document.text.slice(from.start, from.end);
    const place = pointer === undefined ? {} : { pointer };
    this.#swaps.push({ rule: match.by.rule, from, to, found, put: match.put, ...place });
  }

  #copyTo(offset: number): void {
    if (offset <= this.#at) return;
    this.#parts.push(this.#document.text.slice(this.#at, offset));
    this.#length += offset - this.#at;
    this.#at = offset;
  }

  /** Writes `content` for the source up to `sourceEnd`, and tells where it stands now. */
  #put(content: string, sourceEnd: number): Swap['to'] {
    this.#parts.push(content);
    const start = this.#length;
    this.#length += content.length;
    this.#at = sourceEnd;
    return { start, end: this.#length };
  }

  #ask(match: Match, offset: number): void {
    const { rule } = match.by;
    const pair = this.#mapping.spec.pairs[rule.pair]!;
    if (this.#isAsked(`${rule.pair}`)) return;
    const stands = match.end - match.start;
    this.#failures.push({
      failure: 'swap-ambiguous',
      message: `${rule.from}, the counterpart in ${pairName(pair)}, already stands in ${this.#file}`,
      at: { ...placeAt(this.#document.text, offset, this.#file), length: stands },
      ...(pair.source === undefined ? {} : { also: [pair.source] }),
      hint: 'write `swap: true` in the pair if the two change places here, `swap: false` if it stays',
    });
  }

  #rivals(match: Match, offset: number): void {
    const rivals = [match.by, match.rival!].map(({ rule }) => this.#mapping.spec.pairs[rule.pair]!);
    const [one, other] = [rivals[0]!, rivals[1]!];
    if (this.#isAsked(rivals.map(pairName).join())) return;
    this.#failures.push({
      failure: 'swap-ambiguous',
      message: `${pairName(one)} and ${pairName(other)} both apply in ${this.#file}`,
      at: placeAt(this.#document.text, offset, this.#file),
      also: rivals.flatMap(({ source }) => source ?? []),
      hint: 'narrow `in:`, `not:` or `at:` of one of the two',
    });
  }

  #isAsked(key: string): boolean {
    const isAsked = this.#asked.has(key);
    this.#asked.add(key);
    return isAsked;
  }
}

function edited(text: string, edits: readonly TextEdit[]): string {
  let out = '';
  let at = 0;
  for (const { offset, length, content } of edits) {
    out += text.slice(at, offset) + content;
    at = offset + length;
  }
  return out + text.slice(at);
}

/** Keys of one map that were different and would be equal. Only maps with a changed key are looked at. */
function keyCollisions(
  document: Document,
  changed: readonly { scalar: Scalar; text: string }[],
  file: string,
): Failure[] {
  if (changed.length === 0) return [];
  const texts = new Map(changed.map(({ scalar, text }) => [scalar, text]));
  const parents = new Map<string, Map<string, Scalar>>();
  for (const { scalar } of changed) parents.set(parentOf(scalar), new Map());
  const failures: Failure[] = [];
  for (const scalar of document.scalars) {
    const siblings = scalar.role === 'key' ? parents.get(parentOf(scalar)) : undefined;
    if (siblings === undefined) continue;
    const text = texts.get(scalar) ?? scalar.text;
    const other = siblings.get(text);
    if (other === undefined) {
      siblings.set(text, scalar);
    } else if (other.pointer !== scalar.pointer) {
      failures.push({
        failure: 'keys-collide',
        message: `${other.text} and ${scalar.text} would both be the key ${text}`,
        at: placeAt(document.text, scalar.span.start, file),
        also: [placeAt(document.text, other.span.start, file)],
        hint: 'rename one of the two, or limit the pair with `in:`, `not:` or `swap:`',
      });
    }
  }
  return failures;
}

function parentOf(scalar: Scalar): string {
  return segmentsOf(scalar.pointer).length === 0
    ? ''
    : scalar.pointer.slice(0, scalar.pointer.lastIndexOf('/'));
}
