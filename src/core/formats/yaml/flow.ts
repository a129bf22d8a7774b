import type { CST, ParsedNode, YAMLMap, YAMLSeq } from 'yaml';
import type { Container, Item, Json } from '../../document.ts';
import { itemOf, type LaidItem, layPair, type SourcePair } from './block.ts';
import { type Entries, newEntries } from './entries.ts';
import { layNode } from './node.ts';
import { afterLine, endOfLast, ownStart } from './trivia.ts';
import { childPointer, emptyAt, expectTrivia, type Laid, type Spot, type Walk } from './walk.ts';

/** A flow collection: `[...]` or `{...}`. The comma between two entries is in the earlier one's trail. */
export function layFlow(
  walk: Walk,
  ast: YAMLMap.Parsed | YAMLSeq.Parsed,
  token: CST.FlowCollection,
  spot: Spot,
): Laid {
  const isMap = token.start.source === '{';
  const entries = newEntries();
  const values: Json[] = [];
  const items: Item[] = [];
  let size = 1;
  let at = endOfFlowTrail(walk, token.offset + 1, undefined);
  for (const [position, source] of token.items.entries()) {
    if (isNothing(source)) continue;
    const part = ast.items[items.length] as SourcePair | ParsedNode;
    const comma = token.items[position + 1]?.start.find(next => next.type === 'comma')?.offset;
    const laid = isMap
      ? layEntry(walk, part as SourcePair, entries, spot, at, comma)
      : layListItem(
          walk,
          part as ParsedNode,
          source,
          { ...spot, pointer: childPointer(spot, items.length) },
          at,
          comma,
        );
    items.push(laid.item);
    values.push(laid.value);
    size += laid.size;
    at = laid.item.trail.end;
  }
  const [start, end] = ast.range;
  expectTrivia(walk, at, end - 1);
  const kind = isMap ? 'map' : 'list';
  const node: Container = { kind, span: { start, end }, items, close: { start: at, end }, join: 'comma' };
  return { node, value: isMap ? entries.value : values, size, wholeLines: false };
}

/** Blanks and comments before the closing bracket are an item to the parser, and none to us. */
function isNothing(item: CST.CollectionItem): boolean {
  if (item.sep !== undefined || item.value !== undefined) return false;
  return item.start.every(token => !['explicit-key-ind', 'anchor', 'tag'].includes(token.type));
}

function layEntry(
  walk: Walk,
  pair: SourcePair,
  entries: Entries,
  spot: Spot,
  at: number,
  comma: number | undefined,
): LaidItem {
  const laid = layPair(walk, pair, entries, { ...spot, flow: true });
  const item = itemOf(walk, laid, at, endOfFlowTrail(walk, laid.value.node.span.end, comma));
  return { item: withComma(item, comma), size: laid.size, value: null };
}

function layListItem(
  walk: Walk,
  ast: ParsedNode,
  source: CST.CollectionItem,
  spot: Spot,
  at: number,
  comma: number | undefined,
): LaidItem {
  const single = singlePair(ast, source);
  if (single !== undefined) return layPairInList(walk, single, spot, at, comma);
  const own = ownStart(source);
  const after = endOfLast(source.start) ?? own;
  const laid = layNode(walk, ast, { pointer: spot.pointer, inKey: spot.inKey, flow: true, after });
  const { start, end } = laid.node.span;
  expectTrivia(walk, at, own);
  const item: Item = {
    label: '',
    pointer: spot.pointer,
    lead: { start: at, end: own },
    head: { start: own, end: start },
    node: laid.node,
    foot: emptyAt(end),
    trail: { start: end, end: endOfFlowTrail(walk, end, comma) },
  };
  return { item: withComma(item, comma), size: laid.size, value: laid.value };
}

/** `[a: b]` is a list that holds a map of one entry, which has no brackets of its own. */
function singlePair(ast: ParsedNode, source: CST.CollectionItem): SourcePair | undefined {
  const [pair] = 'items' in ast ? (ast.items as SourcePair[]) : [];
  return pair?.srcToken === source ? pair : undefined;
}

function layPairInList(
  walk: Walk,
  pair: SourcePair,
  spot: Spot,
  at: number,
  comma: number | undefined,
): LaidItem {
  const entries = newEntries();
  walk.nodes++;
  const laid = layPair(walk, pair, entries, { ...spot, flow: true });
  const trail = endOfFlowTrail(walk, laid.value.node.span.end, comma);
  const item = itemOf(walk, { ...laid, name: '', pointer: spot.pointer, opaque: true }, at, trail);
  return { item: withComma(item, comma), size: laid.size + 1, value: entries.value };
}

function withComma(item: Item, comma: number | undefined): Item {
  return comma === undefined ? item : { ...item, comma };
}

/**
 * The trail (or the opening bracket) takes the comma, and the rest of the line if nothing but a comment follows on it, so that
 * entries on lines of their own are whole lines. Blanks before a closing bracket are left to it.
 */
function endOfFlowTrail(walk: Walk, from: number, comma: number | undefined): number {
  const { text } = walk;
  if (comma !== undefined) expectTrivia(walk, from, comma);
  const end = comma === undefined ? from : comma + 1;
  let at = end;
  while (text[at] === ' ' || text[at] === '\t') at++;
  // A carriage return alone may be the next key.
  const isLineEnd = text[at] === '\n' || (text[at] === '\r' && text[at + 1] === '\n');
  return isLineEnd || text[at] === '#' ? afterLine(text, at) : end;
}
