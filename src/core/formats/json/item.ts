import type { Item, Span } from '../../document.ts';

/** An entry whose end is not read yet. */
export type Entry = Pick<Item, 'label' | 'pointer' | 'lead' | 'head' | 'node'>;

/** The whole item. Written out field by field: a spread takes ten times as long, and files have many. */
export function itemOf(entry: Entry, foot: Span, trail: Span, comma?: number): Item {
  const { label, pointer, lead, head, node } = entry;
  if (comma === undefined) return { label, pointer, lead, head, node, foot, trail };
  return { label, pointer, lead, head, node, foot, trail, comma };
}
