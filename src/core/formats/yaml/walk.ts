import type { Json, Node, Scalar, Span } from '../../document.ts';
import { pointerOf } from '../../document.ts';
import { type FailureCode, FailureError, placeAt } from '../../failure.ts';

/** Nodes that aliases may stand for, and how many times the nodes of the file itself at most. */
const MAX_REACHED = 10_000;
const MAX_GROWTH = 10;

/** A node that was laid out: its tree, its value, and what it would weigh with all aliases expanded. */
export interface Laid {
  readonly node: Node;
  readonly value: Json;
  /** Nodes in it, those behind aliases counted each time. */
  readonly size: number;
  /** It ends with its last line's end (block collections and block scalars), so no trail follows. */
  readonly wholeLines: boolean;
  /** A scalar's decoded text; what an alias that stands as a key is called. */
  readonly text?: string;
}

/** Where a node stands. */
export interface Spot {
  readonly pointer: string;
  /** It is, or is part of, a key. All scalars of a key have the pointer of what the key names. */
  readonly inKey: boolean;
  readonly flow: boolean;
  /** End of the last indicator, anchor or tag before the node. */
  readonly after: number;
  /** Where a block collection starts, if not by the rule of startAfter. */
  readonly start?: number;
}

/** What is read. */
export interface Source {
  readonly text: string;
  readonly file: string | undefined;
}

/** What is gathered on the one walk over a document. */
export interface Walk extends Source {
  readonly scalars: Scalar[];
  /** The last node by each anchor so far; without `laid` while the walk is still inside of it. */
  readonly anchors: Map<string, { laid?: Laid }>;
  nodes: number;
  reached: number;
}

export function newWalk(source: Source, scalars: Scalar[]): Walk {
  return { ...source, scalars, anchors: new Map(), nodes: 0, reached: 0 };
}

/** Ends the walk. parse() turns it into its result. */
export function fail(
  walk: Source,
  failure: FailureCode,
  message: string,
  offset: number,
  also?: number,
): FailureError {
  const { text, file } = walk;
  const further = also === undefined ? {} : { also: [placeAt(text, also, file)] };
  return new FailureError({ failure, message, at: placeAt(text, offset, file), ...further });
}

/**
 * Counts what an alias stands for, without expanding it. While the walk goes on the number of nodes
 * is not known yet, and the text's length stands for it; checkGrowth has the exact word.
 */
export function reach(walk: Walk, size: number, offset: number): void {
  walk.reached += size;
  if (walk.reached > Math.max(MAX_REACHED, MAX_GROWTH * walk.text.length)) throw bomb(walk, offset);
}

/** Refuses a document that its aliases would make many times larger than it is. */
export function checkGrowth(walk: Walk, root: Laid): void {
  const reached = root.size - walk.nodes;
  if (reached > Math.max(MAX_REACHED, MAX_GROWTH * walk.nodes)) throw bomb(walk, root.node.span.start);
}

function bomb(walk: Walk, offset: number): FailureError {
  return fail(walk, 'alias-bomb', 'the aliases would make the file many times larger than it is', offset);
}

export function childPointer(spot: Spot, segment: string | number): string {
  return spot.inKey ? spot.pointer : pointerOf(spot.pointer, segment);
}

export function emptyAt(offset: number): Span {
  return { start: offset, end: offset };
}

/** A blank line, a comment, or the end of a document; at the end of a stretch also the start of a line. */
const TRIVIA_LINE = /[ \t\ufeff]*(?:\.\.\.[ \t]*)?(?:#[^\n]*)?(?:\r?\n|$)?/y;

/**
 * Refuses text that belongs to no entry. The library lets some pass unread (a value without `:` after
 * `? key`); a setting that nobody sees must not travel as if it were a comment.
 */
export function expectTrivia(walk: Source, from: number, to: number): void {
  for (let at = from; at < to; ) {
    TRIVIA_LINE.lastIndex = at;
    const length = TRIVIA_LINE.exec(walk.text)?.[0].length ?? 0;
    if (length === 0) throw fail(walk, 'syntax', 'not valid YAML: this text belongs to no entry', at);
    at += length;
  }
}
