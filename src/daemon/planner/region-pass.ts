import { type Proven, planRegionAhead, prove } from '../../core/apply/plan-region.ts';
import { toldBy } from '../../core/apply/region/dialect-kept.ts';
import type { Branch } from '../../core/apply/region/outline.ts';
import type { RegionPass } from './regions.ts';

/** A proof without what the daemon has itself: both texts and the compiled mapping. */
type Packed = Omit<Proven, 'primary' | 'replicated' | 'mapping' | 'recent'>;

/** Entries of one proof. Taking in more would stop the daemon's loop for too long. */
const ENTRIES_MAX = 200_000;

/** The region pass of the core, with what it takes to prove in one process and to plan in another. */
export const regionPass: RegionPass<Proven, Packed> = {
  planRegion: planRegionAhead,
  prove,
  slim({ recent: _, ...slim }) {
    return slim;
  },
  // Texts of one byte a letter, and about as much again for the entries.
  weigh: ({ primary, replicated }) => 2 * (primary.length + replicated.length),
  pack({ primary: _, replicated: __, mapping: ___, recent: ____, ...packed }) {
    return entriesOf(packed.root) > ENTRIES_MAX ? undefined : packed;
  },
  unpack(packed, { input, rules }, { base }) {
    if (input.primary === undefined || base === undefined) return undefined;
    const primary = new TextDecoder('utf-8', { ignoreBOM: true }).decode(input.primary);
    // A dialect is told by the very object of its rules, which a copy is not.
    const told = packed.told === undefined ? {} : { told: toldBy(primary) };
    return { ...packed, ...told, primary, replicated: base, mapping: rules.mapping };
  },
};

function entriesOf({ items: { labels, branches } }: Branch): number {
  return branches.reduce(
    (sum, branch) => sum + (branch === undefined ? 0 : entriesOf(branch)),
    labels.length,
  );
}
