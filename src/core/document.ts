/**
 * A configuration file as warmspare sees it: the text itself, a lossless tree over it, its scalars,
 * and its value.
 *
 * - The *value* is plain JSON. Changes between values are RFC 6902 patches; pointers, guards and
 *   `explain` speak of it.
 * - The *tree* covers every byte of the text: nothing is ever printed from the value. Merging moves
 *   and replaces stretches of source text, and the tree says which stretch is one entry.
 * - The *scalars* are what the identity engine rewrites.
 *
 * All offsets are UTF-16 units into `text`. A byte-order mark is part of the text.
 */

/** Half-open range of UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Replace `length` units at `offset` by `content`. Edits of one list are sorted and do not overlap. */
export interface TextEdit {
  readonly offset: number;
  readonly length: number;
  readonly content: string;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type FormatName = 'json' | 'yaml' | 'toml' | 'ini' | 'block' | 'lines';

/**
 * One key or value as it stands in the text.
 *
 * `isolated` scalars (JSON, YAML, TOML) obey the identity rules by themselves, on their decoded
 * `text`: what stands next to them in the source is no neighbour. Scalars of ini, block and lines are
 * not isolated: there the raw text of the whole file is scanned, and the scalar only tells the place.
 */
export interface Scalar {
  /** As it stands in the source, quotes included. */
  readonly span: Span;
  readonly role: 'key' | 'value';
  /** RFC 6901 pointer of the value that it is, or that it names. '' is the root. */
  readonly pointer: string;
  /**
   * What it means. A number stands as a number only where String(number) gives the source back;
   * 64-bit and hexadecimal numbers, dates and the like stand as their source text.
   */
  readonly value: null | boolean | number | string;
  /** Whether the format reads it as a string (quoted, or plain and not another type). */
  readonly isString: boolean;
  readonly isolated: boolean;
  /** The decoded text that the identity rules apply to. For a non-string: its source. */
  readonly text: string;
  /**
   * Source offset of each unit of `text`, and of the end: text.length + 1 numbers, never falling.
   * Absent where the decoded text stands unchanged in the source from `span.start` on.
   */
  readonly offsets?: ArrayLike<number>;
  /** The format's own word for the quoting: 'plain', 'double', 'single', 'literal' ... */
  readonly style: string;
}

/** A leaf of the tree. `scalar` is absent where nothing stands (YAML `key:`) or for an alias. */
export interface Leaf {
  readonly kind: 'leaf';
  readonly span: Span;
  readonly scalar?: Scalar;
}

/**
 * A container tiles its span without gap or overlap:
 *
 *     span = [open][item]...[item][close]      item = [lead][head][node][foot][trail]
 *
 * `open` runs from span.start to the first item's lead (or to close), so it has no field.
 */
export interface Container {
  readonly kind: 'map' | 'list';
  readonly span: Span;
  readonly items: readonly Item[];
  /** Trivia after the last item, and the closing delimiter if any. */
  readonly close: Span;
  /**
   * 'plain': items stand one after the other, and text of one may be put between two others as it is
   * (whole lines, or statements with their own end). 'comma': a comma stands between two items, in
   * the earlier one's trail.
   */
  readonly join: 'plain' | 'comma';
}

export type Node = Leaf | Container;

/** One entry of a container: a key with its value, a section, a list item, a directive. */
export interface Item {
  /**
   * What it is called among its siblings: the decoded key, the section name, the words of a header
   * ("vrrp_instance VI_1"), the first word of a directive. '' for list items. Need not be unique.
   */
  readonly label: string;
  /** RFC 6901 pointer into the document's value. */
  readonly pointer: string;
  /** Blank lines, comments on lines of their own, and the indentation before the entry's own first byte. */
  readonly lead: Span;
  /** From the entry's first own byte up to its node: key and separator, `- `, section header line. */
  readonly head: Span;
  readonly node: Node;
  /** From the node to the entry's last own byte: `;`, an end tag. Often empty. */
  readonly foot: Span;
  /** Blanks, a comma, a comment on the same line, the line end. */
  readonly trail: Span;
  /** Offset of the comma within trail, where one stands. */
  readonly comma?: number;
}

export interface Document {
  readonly format: FormatName;
  readonly text: string;
  readonly root: Container | Leaf;
  /** Sorted by span.start, not overlapping. Keys, section names and header words included. */
  readonly scalars: readonly Scalar[];
  readonly value: Json;
}

export function textOf(text: string, span: Span): string {
  return text.slice(span.start, span.end);
}

/** Escapes one segment of an RFC 6901 pointer. */
export function escapeSegment(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}

export function pointerOf(parent: string, segment: string | number): string {
  return `${parent}/${typeof segment === 'number' ? segment : escapeSegment(segment)}`;
}

/** The unescaped segments of an RFC 6901 pointer. */
export function segmentsOf(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map(segment => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Applies sorted, non-overlapping edits. Overlap is a mistake of the producer and throws. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let out = '';
  let at = 0;
  for (const edit of edits) {
    if (edit.offset < at) throw new RangeError(`edits overlap at ${edit.offset}`);
    out += text.slice(at, edit.offset) + edit.content;
    at = edit.offset + edit.length;
  }
  return out + text.slice(at);
}
