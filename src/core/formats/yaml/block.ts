import type { CST, Pair, ParsedNode, YAMLMap, YAMLSeq } from 'yaml';
import type { Container, Item, Json, Node } from '../../document.ts';
import { addEntry, type Entries, nameOf, newEntries } from './entries.ts';
import { layNode } from './node.ts';
import { endOfLast, endOfTrail, ownStart, startAfter } from './trivia.ts';
import { childPointer, emptyAt, expectTrivia, fail, type Laid, type Spot, type Walk } from './walk.ts';

/** A pair as it came out of the parser, with its tokens. */
export type SourcePair = Pair<ParsedNode, ParsedNode | null> & { readonly srcToken: CST.CollectionItem };

/** An item, and what it adds to the size and value of its container. */
export interface LaidItem {
  readonly item: Item;
  readonly size: number;
  readonly value: Json;
}

/** A block map: entries of whole lines. */
export function layBlockMap(walk: Walk, map: YAMLMap.Parsed | YAMLSeq.Parsed, spot: Spot): Laid {
  const pairs = map.items as SourcePair[];
  const start = spot.start ?? startAfter(walk.text, spot.after, ownStart(pairs[0]!.srcToken));
  const entries = newEntries();
  const items: Item[] = [];
  let size = 1;
  let at = start;
  for (const pair of pairs) {
    const laid = layEntry(walk, pair, entries, spot, at);
    items.push(laid.item);
    size += laid.size;
    at = laid.item.trail.end;
  }
  return { node: blockContainer('map', start, at, items), value: entries.value, size, wholeLines: true };
}

function blockContainer(kind: 'map' | 'list', start: number, end: number, items: readonly Item[]): Container {
  return { kind, span: { start, end }, items, close: emptyAt(end), join: 'plain' };
}

function layEntry(walk: Walk, pair: SourcePair, entries: Entries, spot: Spot, at: number): LaidItem {
  const laid = layPair(walk, pair, entries, spot);
  const item = itemOf(walk, laid, at, endOfEntry(walk, laid.value));
  return { item, size: laid.size, value: null };
}

/** The library takes `a: [b]: c` for two entries on one line. Nothing but whole lines are entries here. */
function endOfEntry(walk: Walk, last: Laid): number {
  const { end } = last.node.span;
  const trail = last.wholeLines ? end : endOfTrail(walk.text, end);
  if (trail === walk.text.length || walk.text[trail - 1] === '\n') return trail;
  throw fail(walk, 'syntax', 'not valid YAML: more stands on this line than one entry', trail);
}

/** A pair whose key and value were laid out, of a block or a flow map. */
export interface LaidPair {
  readonly name: string;
  readonly pointer: string;
  readonly own: number;
  readonly value: Laid;
  readonly size: number;
  /** `? key` and a pair within a flow list: one leaf, since such an entry has no head of one line. */
  readonly opaque: boolean;
}

/** Lays out key and value of a pair, lists their scalars, and adds the pair to its map's value. */
export function layPair(walk: Walk, pair: SourcePair, entries: Entries, spot: Spot): LaidPair {
  const { srcToken: source } = pair;
  const own = ownStart(source);
  const name = nameOf(walk, pair.key);
  const pointer = childPointer(spot, name);
  const before = endOfLast(source.start) ?? own;
  const key = layNode(walk, pair.key, { pointer, inKey: true, flow: spot.flow, after: before });
  const after = endOfLast(source.sep) ?? key.node.span.end;
  const inKey = spot.inKey;
  const value = layNode(walk, pair.value, { pointer, inKey, flow: spot.flow, after });
  addEntry(walk, entries, pair.key, name, value);
  const opaque = source.start.some(token => token.type === 'explicit-key-ind');
  return { name, pointer, own, value, size: key.size + value.size, opaque };
}

/** The item of a laid-out pair, from `at` (its lead) to `trail` (the end of its trail). */
export function itemOf(walk: Walk, pair: LaidPair, at: number, trail: number): Item {
  const { own, value, pointer, name } = pair;
  expectTrivia(walk, at, own);
  const { start, end } = value.node.span;
  const opaque: Node = { kind: 'leaf', span: { start: own, end } };
  return {
    label: name,
    pointer,
    lead: { start: at, end: own },
    head: { start: own, end: pair.opaque ? own : start },
    node: pair.opaque ? opaque : value.node,
    foot: emptyAt(end),
    trail: { start: end, end: trail },
  };
}

/** A block sequence. Its parser token also holds comments after the last item, as an item of their own. */
export function layBlockList(
  walk: Walk,
  list: YAMLSeq.Parsed | YAMLMap.Parsed,
  token: CST.BlockSequence,
  spot: Spot,
): Laid {
  const sources = token.items.filter(item => item.start.some(part => part.type === 'seq-item-ind'));
  const start = spot.start ?? startAfter(walk.text, spot.after, ownStart(sources[0]!));
  const items: Item[] = [];
  const values: Json[] = [];
  let size = 1;
  let at = start;
  for (const [index, source] of sources.entries()) {
    const ast = (list.items as ParsedNode[])[index] ?? null;
    const laid = layListItem(walk, source, ast, childPointer(spot, index), spot, at);
    items.push(laid.item);
    values.push(laid.value);
    size += laid.size;
    at = laid.item.trail.end;
  }
  return { node: blockContainer('list', start, at, items), value: values, size, wholeLines: true };
}

function layListItem(
  walk: Walk,
  source: CST.CollectionItem,
  ast: ParsedNode | null,
  pointer: string,
  spot: Spot,
  at: number,
): LaidItem {
  const own = ownStart(source);
  const after = endOfLast(source.start) ?? own;
  const laid = layNode(walk, ast, { pointer, inKey: spot.inKey, flow: false, after });
  const { start, end } = laid.node.span;
  expectTrivia(walk, at, own);
  const item: Item = {
    label: '',
    pointer,
    lead: { start: at, end: own },
    head: { start: own, end: start },
    node: laid.node,
    foot: emptyAt(end),
    trail: { start: end, end: endOfEntry(walk, laid) },
  };
  return { item, size: laid.size, value: laid.value };
}
