import { type Document, type Item, type Json, type Node, segmentsOf, textOf } from '../../document.ts';
import type { Kept } from './context.ts';
import type { Piece } from './pieces.ts';

/**
 * Where settings of the backup stand after a merge: entries of a list count from its beginning, so that a
 * pointer to one leads elsewhere when the primary puts others before it. A place that cannot be told is left
 * out; it then is the backup's like any other.
 */
export function placesAfter(
  places: readonly Kept[],
  local: Document,
  result: Document,
  pieces: readonly Piece[],
): string[] {
  if (places.length === 0) return [];
  const tree = new Tree(local, result, pieces);
  return places.flatMap(place => tree.after(place) ?? []);
}

class Tree {
  readonly #local: Document;
  readonly #result: Document;
  #items: ReadonlyMap<string, Item> | undefined;
  #starts: ReadonlyMap<number, readonly Item[]> | undefined;
  /** Stretches of the backup's text that stand in the merged one, in the order of the former. */
  readonly #stretches: readonly { readonly from: number; readonly to: number; readonly at: number }[];

  constructor(local: Document, result: Document, pieces: readonly Piece[]) {
    this.#local = local;
    this.#result = result;
    let at = 0;
    const stretches: { from: number; to: number; at: number }[] = [];
    for (const { from, text, offset, next } of pieces) {
      if (from === 'local' && next === undefined)
        stretches.push({ from: offset, to: offset + text.length, at });
      at += text.length;
    }
    this.#stretches = stretches.sort((a, b) => a.from - b.from);
  }

  after({ pointer, isGone }: Kept): string | undefined {
    if (pointer === '') return pointer;
    const after = named(this.#result.value, pointer);
    if (isGone) return after.isNamed ? pointer : undefined;
    const before = named(this.#local.value, pointer);
    // What stands once may be one of several afterwards, and the other way round.
    const isAlike = Array.isArray(before.value) === Array.isArray(after.value);
    if (before.isNamed && after.isNamed && isAlike) return pointer;
    return this.#moved(pointer);
  }

  /** By the bytes: what the backup keeps stands in the merged text as it stood in its own. */
  #moved(pointer: string): string | undefined {
    this.#items ??= new Map(itemsOf(this.#local.root).map(item => [item.pointer, item]));
    const item = this.#items.get(pointer);
    if (item === undefined) return undefined;
    const at = this.#offsetAfter(item.node.span.start);
    if (at === undefined) return undefined;
    this.#starts ??= byStart(this.#result);
    const text = textOf(this.#local.text, item.node.span);
    const found = this.#starts.get(at) ?? [];
    return found.find(({ node }) => textOf(this.#result.text, node.span) === text)?.pointer;
  }

  #offsetAfter(offset: number): number | undefined {
    let [low, high] = [0, this.#stretches.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#stretches[middle]!.from <= offset) low = middle + 1;
      else high = middle;
    }
    const stretch = this.#stretches[low - 1];
    return stretch === undefined || offset >= stretch.to ? undefined : stretch.at + offset - stretch.from;
  }
}

function itemsOf(node: Node): Item[] {
  return node.kind === 'leaf' ? [] : node.items.flatMap(item => [item, ...itemsOf(item.node)]);
}

function byStart({ root }: Document): ReadonlyMap<number, readonly Item[]> {
  const found = new Map<number, Item[]>();
  for (const item of itemsOf(root)) {
    const { start } = item.node.span;
    const list = found.get(start);
    if (list === undefined) found.set(start, [item]);
    else list.push(item);
  }
  return found;
}

/** What stands at a pointer, and whether names alone lead there: no entry of a list, which has none. */
function named(value: Json, pointer: string): { readonly value?: Json; readonly isNamed: boolean } {
  let at: Json = value;
  const segments = segmentsOf(pointer);
  for (const [index, segment] of segments.entries()) {
    if (at === null || typeof at !== 'object' || Array.isArray(at)) return { isNamed: false };
    const map = at as { readonly [key: string]: Json };
    if (!Object.hasOwn(map, segment)) return { isNamed: index === segments.length - 1 };
    at = map[segment]!;
  }
  return { value: at, isNamed: true };
}
