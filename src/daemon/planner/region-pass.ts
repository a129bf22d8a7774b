import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type Proven, planRegionAhead, prove } from '../../core/apply/plan-region.ts';
import { toldBy } from '../../core/apply/region/dialect-kept.ts';
import type { Branch } from '../../core/apply/region/outline.ts';
import { stringOf } from '../../core/text.ts';
import type { RegionPass } from './regions.ts';

/** A proof without what the daemon has itself: the backup's text and the compiled mapping. */
type Folded = Omit<Proven, 'replicated' | 'mapping' | 'recent'>;

/** Entries of a proof, and containers among them that are taken apart: reading back so many takes some 80 ms. */
const ENTRIES_MAX = 200_000;
const BRANCHES_MAX = 20_000;

/** The region pass of the core, with what it takes to prove in one process and to plan in another. */
export const regionPass: RegionPass<Proven> = {
  planRegion: planRegionAhead,
  prove,
  // Texts of one byte a letter, and about as much again for the entries.
  weigh: ({ primary, replicated }) => 2 * (primary.length + replicated.length),
  fold({ replicated: _, mapping: __, recent: ___, ...rest }) {
    const { entries, branches } = sizeOf(rest.root);
    if (entries > ENTRIES_MAX || branches > BRANCHES_MAX) return undefined;
    // The same few names at each entry: a tenth of it remains, in a tenth of the time that writing takes.
    const bytes = deflateRawSync(serialize(rest satisfies Folded), { level: 1 });
    // A copy: what it was written into may be larger.
    return new Uint8Array(bytes);
  },
  // The text that replication made stands on the backup: whether it still does is asked of every proof.
  unfold(folded, { input: { local }, rules }) {
    if (local === undefined) return undefined;
    const rest: Folded = deserialize(inflateRawSync(folded));
    // A dialect is told by the very object of its rules, which a copy is not.
    const told = rest.told === undefined ? {} : { told: toldBy(rest.primary) };
    return { ...rest, ...told, replicated: stringOf(local), mapping: rules.mapping };
  },
};

function sizeOf({ items: { labels, branches } }: Branch): { entries: number; branches: number } {
  const size = { entries: labels.length, branches: 1 };
  for (const branch of branches) {
    if (branch === undefined) continue;
    const below = sizeOf(branch);
    size.entries += below.entries;
    size.branches += below.branches;
  }
  return size;
}
