import type { Swap } from '../../rewrite/identity.ts';
import type { Part } from './alone.ts';

/**
 * The swaps of a part with pointers into the whole value. `place` is the pointer of the container that the
 * part's entries are in, `placeOf` that of one of them, by its number in the part.
 */
export function withPointers(
  swaps: readonly Swap[],
  { items, document }: Part,
  place: string,
  placeOf: (index: number) => string,
): Swap[] {
  // Asking for a place looks at all siblings, and an entry may hold many swaps.
  const places = new Map<number, string>();
  return swaps.map(swap => {
    const { pointer } = swap;
    if (pointer === undefined) return swap;
    // The tables of TOML lead to places of their own.
    const index =
      document.format === 'toml'
        ? -1
        : items.findIndex(item => pointer === item.pointer || pointer.startsWith(`${item.pointer}/`));
    if (index === -1) return { ...swap, pointer: place + pointer };
    const own = places.get(index) ?? placeOf(index);
    places.set(index, own);
    return { ...swap, pointer: own + pointer.slice(items[index]!.pointer.length) };
  });
}
