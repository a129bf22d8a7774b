/**
 * The order of merged entries. Entries are numbered; each list names the entries that one side has,
 * in that side's order. The side that moved entries decides; entries that only the other side has
 * follow the neighbour they had there.
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
): Ordered {
  const inNext = new Set(next);
  const inLocal = new Set(local);
  const commonNext = next.filter(entity => inLocal.has(entity));
  const commonLocal = local.filter(entity => inNext.has(entity));
  const common = new Set(commonNext);
  const commonBase = base.filter(entity => common.has(entity));
  const stayed = new Set(commonBase);
  const nextMoved = !same(commonNext.filter(entity => stayed.has(entity)), commonBase);
  const localMoved = !same(commonLocal.filter(entity => stayed.has(entity)), commonBase);
  const agree = same(commonNext, commonLocal);
  const byNext = agree || !localMoved || (nextMoved && preferNext);
  return {
    order: byNext ? weave(next, local, true) : weave(local, next, false),
    conflict: !agree && nextMoved && localMoved,
  };
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((entity, index) => entity === b[index]);
}

/**
 * Puts what only `other` has into `lead`'s order, each after the entry that it followed in `other`.
 * Where `lead` also has entries of its own at that spot, the primary's come first: `othersLast`.
 */
function weave(lead: readonly number[], other: readonly number[], othersLast: boolean): number[] {
  const known = new Set(lead);
  const shared = new Set(other.filter(entity => known.has(entity)));
  const START = -1;
  const followers = new Map<number, number[]>();
  let anchor = START;
  for (const entity of other) {
    if (known.has(entity)) {
      anchor = entity;
      continue;
    }
    const list = followers.get(anchor);
    if (list === undefined) followers.set(anchor, [entity]);
    else list.push(entity);
  }
  const out: number[] = [];
  let pending = followers.get(START) ?? [];
  for (const entity of lead) {
    const own = !shared.has(entity);
    if (!own || !othersLast) {
      out.push(...pending);
      pending = [];
    }
    out.push(entity);
    if (followers.has(entity)) pending = [...pending, ...followers.get(entity)!];
    if (!othersLast) {
      out.push(...pending);
      pending = [];
    }
  }
  return [...out, ...pending];
}
