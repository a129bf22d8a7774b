import type { Failure } from '../failure.ts';
import type { Spelling } from './kinds/kind.ts';
import type { Pair, Shared } from './pair.ts';
import { proveRegions } from './proof-regions.ts';
import { areApart, Report } from './proof-report.ts';

/** A spelling as the pair that it belongs to has it. */
interface Claim {
  readonly pair: Pair;
  readonly spelling: Spelling;
}

export interface Proof {
  readonly failures: readonly Failure[];
  /** Spellings that follow from one pair (capitals) and that another one has as its own. */
  readonly overridden: ReadonlySet<string>;
}

/**
 * Proves that a mapping is one-to-one (no two pairs share a side) and closed (no counterpart is the
 * primary of another pair). Every spelling is compared, so that two ways to write one identifier
 * collide as one. A pair that only restates another is fine.
 */
export function prove(pairs: readonly Pair[], shared: readonly Shared[]): Proof {
  const overridden = new Set<string>();
  const report = new Report();
  const primaries = claims(pairs, 'primary', overridden, new Map());
  compareSides(primaries, 'primary', report);
  compareSides(claims(pairs, 'backup', overridden, primaries), 'backup', report);
  findChains(pairs, primaries, overridden, report);
  proveRegions(pairs, report);
  compareShared(pairs, shared, overridden, report);
  return { failures: report.failures, overridden };
}

/** Names a spelling of one pair in `overridden`. */
export function claimKey(pair: Pair, found: string): string {
  return `${pair.index} ${found}`;
}

type Side = 'primary' | 'backup';
const otherSide = (side: Side): Side => (side === 'primary' ? 'backup' : 'primary');

/** Every spelling of one side. Derived ones give way to a pair that writes the identifier itself. */
function claims(
  pairs: readonly Pair[],
  side: Side,
  overridden: Set<string>,
  primaries: ReadonlyMap<string, readonly Claim[]>,
): Map<string, Claim[]> {
  const all = new Map<string, Claim[]>();
  const add = (pair: Pair, spelling: Spelling) => {
    const list = all.get(spelling.found);
    if (list === undefined) all.set(spelling.found, [{ pair, spelling }]);
    else list.push({ pair, spelling });
  };
  for (const pair of pairs) for (const one of pair[side].spellings) if (!one.derived) add(pair, one);
  for (const pair of pairs) {
    for (const one of pair[side].spellings) {
      if (!one.derived) continue;
      const primary = side === 'primary' ? one : { found: one.put, put: one.found };
      const own = (side === 'primary' ? all : primaries).get(primary.found) ?? [];
      const isOwned = own.some(({ pair: other, spelling }) => other !== pair && spelling.put !== primary.put);
      if (isOwned && own.some(({ spelling }) => !spelling.derived)) {
        overridden.add(claimKey(pair, one.found));
        overridden.add(claimKey(pair, one.put));
      } else {
        add(pair, one);
      }
    }
  }
  return all;
}

function compareSides(all: ReadonlyMap<string, readonly Claim[]>, side: Side, report: Report): void {
  for (const [found, list] of all) {
    for (let i = 1; i < list.length; i++) {
      for (let j = 0; j < i; j++) {
        const [one, other] = [list[j]!, list[i]!];
        if (one.pair === other.pair || sayTheSame(one, other, otherSide(side))) continue;
        if (areApart(one.pair, other.pair)) continue;
        // A placed pair is an exception to the one that holds elsewhere.
        if (side === 'primary' && one.pair.isPlaced !== other.pair.isPlaced) continue;
        report.collision(one.pair, other.pair, `share the ${side} ${found}`);
      }
    }
  }
}

function sayTheSame(one: Claim, other: Claim, side: Side): boolean {
  if (one.spelling.put === other.spelling.put) return true;
  return one.pair.kind === other.pair.kind && one.pair[side].canonical === other.pair[side].canonical;
}

function findChains(
  pairs: readonly Pair[],
  primaries: ReadonlyMap<string, readonly Claim[]>,
  overridden: ReadonlySet<string>,
  report: Report,
): void {
  for (const first of pairs) {
    for (const { found: link, put } of first.backup.spellings) {
      if (overridden.has(claimKey(first, link))) continue;
      for (const { pair: second, spelling } of primaries.get(link) ?? []) {
        const isBackwards =
          spelling.put === put ||
          (first.kind === second.kind && second.backup.canonical === first.primary.canonical);
        if (!isBackwards && !areApart(first, second)) report.chain(first, second, link);
      }
    }
  }
}

function compareShared(
  pairs: readonly Pair[],
  shared: readonly Shared[],
  overridden: Set<string>,
  report: Report,
): void {
  const words = new Map<string, Shared>();
  const regions = shared.filter(one => one.side.region !== undefined);
  for (const one of shared) {
    for (const { found, derived } of one.side.spellings) if (!derived) words.set(found, one);
  }
  for (const pair of pairs) {
    for (const side of [pair.primary, pair.backup]) {
      const value = side.written;
      const same = side.spellings.find(({ found, derived }) => !derived && words.has(found));
      const holder =
        (same === undefined ? undefined : words.get(same.found)) ??
        regions.find(({ side: { region } }) =>
          side.region === undefined
            ? region!.holds(value)
            : ['same', 'inside'].includes(side.region.relationTo(region!)),
        );
      if (holder !== undefined) report.shared(pair, holder, value);
      for (const { found, put, derived } of side.spellings) {
        if (!derived || !words.has(found)) continue;
        overridden.add(claimKey(pair, found));
        overridden.add(claimKey(pair, put));
      }
    }
  }
}
