import { commonSubsequence } from '../../change/align.ts';

/**
 * The order of merged entries. Entries are numbered; each list names the entries that one side has,
 * in that side's order. The side that moved entries decides; entries that only the other side has
 * follow the neighbour they had there, the nearest that was not moved.
 */
export interface Ordered {
  readonly order: readonly number[];
  /** Both sides moved entries, each in its own way. */
  readonly conflict: boolean;
}

export function mergeOrder(
  base: readonly number[],
  next: readonly number[],
  local: readonly number[],
  preferNext: boolean,
  isSection: (entity: number) => boolean,
): Ordered {
  const inNext = new Set(next);
  const inLocal = new Set(local);
  const commonNext = next.filter(entity => inLocal.has(entity));
  const commonLocal = local.filter(entity => inNext.has(entity));
  const common = new Set(commonNext);
  const commonBase = base.filter(entity => common.has(entity));
  const stayed = new Set(commonBase);
  const nextMoved = !same(
    commonNext.filter(entity => stayed.has(entity)),
    commonBase,
  );
  const localMoved = !same(
    commonLocal.filter(entity => stayed.has(entity)),
    commonBase,
  );
  const agree = same(commonNext, commonLocal);
  const byNext = agree || !localMoved || (nextMoved && preferNext);
  return {
    order: weave(byNext ? commonNext : commonLocal, next, local, isSection),
    conflict: !agree && nextMoved && localMoved,
  };
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((entity, index) => entity === b[index]);
}

const START = -1;

/**
 * Puts what one side alone has behind the entry that it follows there. Where both have something to
 * put at one spot, the backup's own stays with its neighbour and the primary's comes after it; but a
 * setting that belongs to no section never comes to stand behind a section, which would take it in.
 */
function weave(
  common: readonly number[],
  next: readonly number[],
  local: readonly number[],
  isSection: (entity: number) => boolean,
): number[] {
  const shared = new Set(common);
  const ofNext = followers(next, shared, stayedAmong(common, next));
  const ofLocal = followers(local, shared, stayedAmong(common, local));
  const all = [START, ...common].flatMap(anchor => {
    const own = anchor === START ? [] : [anchor];
    return [...own, ...(ofLocal.get(anchor) ?? []), ...(ofNext.get(anchor) ?? [])];
  });
  return [...all.filter(entity => !isSection(entity)), ...all.filter(isSection)];
}

/** The common entries that this side has in the merged order too: the others were moved past them. */
function stayedAmong(common: readonly number[], side: readonly number[]): ReadonlySet<number> {
  const shared = new Set(common);
  const own = side.filter(entity => shared.has(entity));
  if (same(common, own)) return shared;
  return new Set(commonSubsequence(common.map(String), own.map(String)).map(([index]) => common[index]!));
}

/**
 * What only this side has, by the common entry that it stands behind. One that was moved takes nobody
 * with it: what one side has alone stays where it is.
 */
function followers(
  side: readonly number[],
  shared: ReadonlySet<number>,
  stayed: ReadonlySet<number>,
): Map<number, number[]> {
  const behind = new Map<number, number[]>();
  let anchor = START;
  for (const entity of side) {
    if (shared.has(entity)) {
      if (stayed.has(entity)) anchor = entity;
      continue;
    }
    const list = behind.get(anchor);
    if (list === undefined) behind.set(anchor, [entity]);
    else list.push(entity);
  }
  return behind;
}
