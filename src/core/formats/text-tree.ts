/**
 * What ini, block and lines share: reading lines, and the Document from a draft of the tree.
 *
 * A parser of these formats only finds offsets; it hands over drafts. Here labels that repeat become
 * lists, pointers are given out, and the value is built, so that the three agree on all of it.
 */
import {
  type Container,
  type Document,
  type FormatName,
  type Item,
  type Json,
  type Leaf,
  pointerOf,
  type Scalar,
  type Span,
  type TextEdit,
} from '../document.ts';
import { type Failure, isFailure, placeAt } from '../failure.ts';

/** An entry as offsets. Each part begins where the one before ends. */
export interface Draft {
  readonly label: string;
  /** The words that make the label, as they stand; each becomes a key scalar. */
  readonly words: readonly Span[];
  readonly lead: number;
  readonly head: number;
  /** The value as it stands; an empty span is an empty value. 'number': nothing stands, at this offset. */
  readonly node: Span | number | DraftSection;
  readonly foot: number;
  readonly trail: number;
}

/** A container as offsets: `close` is where the text after its last entry begins. */
export interface DraftSection {
  readonly entries: readonly Draft[];
  readonly start: number;
  readonly close: number;
  readonly end: number;
}

/** One line: `end` before the line end, `next` after it. */
export interface Line {
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

const BLANKS = ' \t\r\v\f';

/** A blank within a line. A carriage return is one: it only ever stands before a line end. */
export function isBlank(char: string | undefined): boolean {
  return char !== undefined && BLANKS.includes(char);
}

/** Where the first entry's lead begins: a byte-order mark opens the root, and leaves with no entry. */
export function afterMark(text: string): number {
  return text.charCodeAt(0) === 0xfeff ? 1 : 0;
}

/** The first offset from `at` on, and not after `end`, where no blank stands. */
export function skipBlanks(text: string, at: number, end: number = text.length): number {
  let i = at;
  while (i < end && isBlank(text[i])) i++;
  return Math.min(i, Math.max(at, end));
}

/** Whether a backslash stands here that joins this line to the next one. */
export function joinsLines(text: string, at: number): boolean {
  return text[at] === '\\' && (text[at + 1] === '\n' || (text[at + 1] === '\r' && text[at + 2] === '\n'));
}

/** As skipBlanks, over joined lines too. */
export function skipJoined(text: string, at: number, end: number): number {
  let i = skipBlanks(text, at, end);
  while (i < end && joinsLines(text, i)) i = skipBlanks(text, text.indexOf('\n', i) + 1, end);
  return Math.min(i, Math.max(at, end));
}

/** The end of what stands between `start` and `end`, without blanks and joined empty lines. */
export function trimJoined(text: string, start: number, end: number): number {
  let i = end;
  for (;;) {
    while (i > start && (isBlank(text[i - 1]) || text[i - 1] === '\n')) i--;
    if (i > start && i < end && joinsLines(text, i - 1)) i--;
    else return i;
  }
}

export function lineAt(text: string, start: number): Line {
  const newline = text.indexOf('\n', start);
  if (newline === -1) return { start, end: text.length, next: text.length };
  const end = newline > start && text[newline - 1] === '\r' ? newline - 1 : newline;
  return { start, end, next: newline + 1 };
}

/** A line with those that a backslash at its end joins to it. */
export function logicalLineAt(text: string, start: number): Line {
  let line = lineAt(text, start);
  while (line.end > line.start && text[line.end - 1] === '\\' && line.next < text.length) {
    line = lineAt(text, line.next);
  }
  return { start, end: line.end, next: line.next };
}

/** The quote that surrounds all of `raw`, if one does. */
function quoteAround(raw: string): '"' | "'" | undefined {
  const quote = raw[0];
  if (quote !== '"' && quote !== "'") return undefined;
  let i = 1;
  while (i < raw.length && raw[i] !== quote) i += raw[i] === '\\' && quote === '"' ? 2 : 1;
  return i === raw.length - 1 ? quote : undefined;
}

/** The raw text without one pair of surrounding quotes. */
export function unquote(raw: string): string {
  return quoteAround(raw) === undefined ? raw : raw.slice(1, -1);
}

/** The words as one label: without quotes, one blank between two. */
export function labelOf(text: string, words: readonly Span[]): string {
  return words.map(word => unquote(text.slice(word.start, word.end))).join(' ');
}

/** Scalars of these formats stand as they are: an edit of the text is an edit of the source. */
export function respellRaw(scalar: Scalar, edits: readonly TextEdit[]): TextEdit[] {
  return edits.map(edit => ({ ...edit, offset: scalar.span.start + edit.offset }));
}

interface Assembly {
  readonly format: FormatName;
  readonly text: string;
  readonly file: string | undefined;
  readonly scalars: Scalar[];
}

/** The document of a draft, or a failure when a label may not be a key. */
export function documentOf(
  format: FormatName,
  text: string,
  root: DraftSection,
  file?: string,
): Document | Failure {
  const assembly: Assembly = { format, text, file, scalars: [] };
  const built = containerOf(assembly, root, '');
  if (isFailure(built)) return built;
  return { format, text, root: built.container, scalars: assembly.scalars, value: built.value };
}

function containerOf(
  assembly: Assembly,
  section: DraftSection,
  pointer: string,
): { container: Container; value: Json } | Failure {
  const totals = new Map<string, number>();
  for (const { label } of section.entries) totals.set(label, (totals.get(label) ?? 0) + 1);
  const value: { [key: string]: Json } = {};
  const lists = new Map<string, Json[]>();
  const items: Item[] = [];
  for (const draft of section.entries) {
    if (draft.label === '__proto__') return forbidden(assembly, draft);
    let at = pointerOf(pointer, draft.label);
    let list: Json[] | undefined;
    if (totals.get(draft.label)! > 1) {
      list = lists.get(draft.label) ?? [];
      if (list.length === 0) {
        lists.set(draft.label, list);
        value[draft.label] = list;
      }
      at = pointerOf(at, list.length);
    }
    const built = itemOf(assembly, draft, at);
    if (isFailure(built)) return built;
    items.push(built.item);
    if (list === undefined) value[draft.label] = built.value;
    else list.push(built.value);
  }
  const span = { start: section.start, end: section.end };
  const close = { start: section.close, end: section.end };
  return { container: { kind: 'map', span, items, close, join: 'plain' }, value };
}

function itemOf(assembly: Assembly, draft: Draft, pointer: string): { item: Item; value: Json } | Failure {
  for (const word of draft.words) {
    const scalar = scalarOf(assembly, word, 'key', pointer);
    assembly.scalars.push(draft.words.length === 1 ? { ...scalar, value: draft.label } : scalar);
  }
  const built = nodeOf(assembly, draft.node, pointer);
  if (isFailure(built)) return built;
  const { node, value } = built;
  const item: Item = {
    label: draft.label,
    pointer,
    lead: { start: draft.lead, end: draft.head },
    head: { start: draft.head, end: node.span.start },
    node,
    foot: { start: node.span.end, end: draft.foot },
    trail: { start: draft.foot, end: draft.trail },
  };
  return { item, value };
}

function nodeOf(
  assembly: Assembly,
  node: Draft['node'],
  pointer: string,
): { node: Container | Leaf; value: Json } | Failure {
  if (typeof node === 'number') {
    return { node: { kind: 'leaf', span: { start: node, end: node } }, value: null };
  }
  if ('entries' in node) {
    const built = containerOf(assembly, node, pointer);
    return isFailure(built) ? built : { node: built.container, value: built.value };
  }
  const scalar = scalarOf(assembly, node, 'value', pointer);
  assembly.scalars.push(scalar);
  return { node: { kind: 'leaf', span: scalar.span, scalar }, value: scalar.value };
}

function scalarOf(assembly: Assembly, span: Span, role: Scalar['role'], pointer: string): Scalar {
  const text = assembly.text.slice(span.start, span.end);
  const quote = quoteAround(text);
  const style = quote === undefined ? 'plain' : quote === '"' ? 'double' : 'single';
  return { span, role, pointer, value: unquote(text), isString: true, isolated: false, text, style };
}

function forbidden(assembly: Assembly, draft: Draft): Failure {
  const word = draft.words[0] ?? { start: draft.head, end: draft.head };
  return {
    failure: 'forbidden-key',
    message: `'${draft.label}' can't be the name of an entry`,
    at: { ...placeAt(assembly.text, word.start, assembly.file), length: word.end - word.start },
  };
}
