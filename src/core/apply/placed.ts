import type { Document } from '../document.ts';
import type { Failure } from '../failure.ts';
import type { Format } from '../formats/format.ts';
import type { Mapping, Swap } from '../rewrite/identity.ts';
import { rewrite } from '../rewrite/rewrite.ts';

/**
 * A placed pair holds what makes the two nodes differ in role (a priority, MASTER and BACKUP). Where it
 * applied at the last replication and no longer does, because the primary renamed the place or gave it a
 * third value, the primary's own role would go to the backup: that waits for a person.
 */
export function placedNoLonger(
  base: Document,
  swaps: readonly Swap[],
  mapping: Mapping,
  path: string,
  format: Format,
): Failure[] {
  const placed = mapping.spec.pairs
    .map((pair, index) => ({ pair, index }))
    .filter(({ pair }) => pair.at !== undefined);
  if (placed.length === 0) return [];
  const applies = (list: readonly Swap[], index: number) => list.some(swap => swap.rule.pair === index);
  const before = rewrite(base, mapping.reversed(), path, format).swaps;
  return placed
    .filter(({ index }) => applies(before, index) && !applies(swaps, index))
    .map(({ pair }) => ({
      failure: 'swap-ambiguous',
      message: `${path}: the pair ${pair.primary} -> ${pair.backup} at ${pair.at} applied at the last replication and no longer does`,
      at: { file: path },
      ...(pair.source === undefined ? {} : { also: [pair.source] }),
      hint: 'correct the place or the value of the pair; approve if the backup is to get the primary’s',
    }));
}
