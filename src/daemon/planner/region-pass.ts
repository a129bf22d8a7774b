import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type Proven, planRegionAhead, prove } from '../../core/apply/plan-region.ts';
import { toldBy } from '../../core/apply/region/dialect-kept.ts';
import type { Branch } from '../../core/apply/region/outline.ts';
import type { PlanJob } from './job.ts';
import type { RegionPass } from './regions.ts';

/** A proof without what the daemon has itself: both texts and the compiled mapping. */
type Packed = Omit<Proven, 'primary' | 'replicated' | 'mapping' | 'recent'>;

/** With the primary's text, which nobody else has any more. */
type Folded = Packed & Pick<Proven, 'primary'>;

/** Entries of one proof. Taking in more would stop the daemon's loop for too long. */
const ENTRIES_MAX = 200_000;

/** Entries of a proof that is folded: writing and reading more would take longer than a turn should. */
const FOLDED_MAX = 20_000;

/** The region pass of the core, with what it takes to prove in one process and to plan in another. */
export const regionPass: RegionPass<Proven, Packed> = {
  planRegion: planRegionAhead,
  prove,
  // Texts of one byte a letter, and about as much again for the entries.
  weigh: ({ primary, replicated }) => 2 * (primary.length + replicated.length),
  pack(proven) {
    return entriesOf(proven.root) > ENTRIES_MAX ? undefined : packed(proven);
  },
  unpack(given, job, { base }) {
    const { primary } = job.input;
    return primary === undefined || base === undefined
      ? undefined
      : unpacked(given, job, { primary: decoded(primary), replicated: base });
  },
  fold(proven) {
    if (entriesOf(proven.root) > FOLDED_MAX) return undefined;
    const { primary } = proven;
    // The same few names at each entry: a tenth of it remains, in a tenth of the time that writing takes.
    const bytes = deflateRawSync(serialize({ ...packed(proven), primary } satisfies Folded), { level: 1 });
    // A copy: what it was written into may be a part of something larger.
    return new Uint8Array(bytes);
  },
  // The text that replication made stands on the backup: whether it still does is asked of every proof.
  unfold(folded, job) {
    const { local } = job.input;
    if (local === undefined) return undefined;
    const { primary, ...given }: Folded = deserialize(inflateRawSync(folded));
    return unpacked(given, job, { primary, replicated: decoded(local) });
  },
};

function packed({ primary: _, replicated: __, mapping: ___, recent: ____, ...rest }: Proven): Packed {
  return rest;
}

function unpacked(given: Packed, { rules }: PlanJob, texts: Pick<Proven, 'primary' | 'replicated'>): Proven {
  // A dialect is told by the very object of its rules, which a copy is not.
  const told = given.told === undefined ? {} : { told: toldBy(texts.primary) };
  return { ...given, ...told, ...texts, mapping: rules.mapping };
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function entriesOf({ items: { labels, branches } }: Branch): number {
  return branches.reduce(
    (sum, branch) => sum + (branch === undefined ? 0 : entriesOf(branch)),
    labels.length,
  );
}
