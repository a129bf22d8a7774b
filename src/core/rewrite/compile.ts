import type { Rule } from './identity.ts';
import { KIND_RULES } from './kinds/registry.ts';
import type { Pair, Shared } from './pair.ts';
import { claimKey } from './proof.ts';
import { type Renaming, type Scope, scopeOf } from './scope.ts';
import { type Action, type Entry, regionBoundary, type SubnetEntry, type Table, tableOf } from './table.ts';

/** A mapping as it is read from one of its sides. */
export interface Compiled {
  readonly isReversed: boolean;
  readonly pairs: readonly Pair[];
  readonly shared: readonly Shared[];
  /** Spellings that another pair has as its own; see proof.ts. */
  readonly overridden: ReadonlySet<string>;
  /** Shared values win over placed pairs, these over pairs. */
  readonly sharedTable: Table;
  readonly placedTable: Table;
  readonly pairTable: Table;
}

export interface Proven {
  readonly pairs: readonly Pair[];
  readonly shared: readonly Shared[];
  readonly overridden: ReadonlySet<string>;
}

/** `rename` tells how patterns and places, which the primary's side writes, are called on this side. */
export function compile(proven: Proven, isReversed: boolean, rename?: Renaming): Compiled {
  const placed = new Collector(proven.overridden);
  const plain = new Collector(proven.overridden);
  for (const pair of proven.pairs) {
    const scope = scopeOf(pair.spec, rename);
    addPair(pair.isPlaced ? placed : plain, pair, isReversed, scope);
  }
  const shared = new Collector(proven.overridden);
  for (const one of proven.shared) {
    const { value } = one.spec;
    const rule = { kind: one.kind, from: value, to: value, pair: -1 };
    shared.add({ rule, action: 'keep', side: one.side, other: one.side, scope: undefined });
  }
  return {
    ...proven,
    isReversed,
    sharedTable: shared.table(),
    placedTable: placed.table(),
    pairTable: plain.table(),
  };
}

function addPair(to: Collector, pair: Pair, isReversed: boolean, scope: Scope | undefined): void {
  const [leads, follows] = isReversed ? [pair.backup, pair.primary] : [pair.primary, pair.backup];
  const rule = (from: string, to: string): Rule => ({ kind: pair.kind, from, to, pair: pair.index });
  const there = rule(leads.written, follows.written);
  const back = rule(follows.written, leads.written);
  to.add({ rule: there, action: 'swap', side: leads, other: follows, scope, pair });
  const counterpart: Action = pair.isSwap ? 'swap' : pair.isSaid ? 'keep' : 'ask';
  to.add({ rule: back, action: counterpart, side: follows, other: leads, scope, pair });
}

interface Addition {
  readonly rule: Rule;
  readonly action: Action;
  readonly side: Pair['primary'];
  readonly other: Pair['primary'];
  readonly scope: Scope | undefined;
  readonly pair?: Pair;
}

class Collector {
  readonly #entries: Entry[] = [];
  readonly #subnets: SubnetEntry[] = [];
  readonly #overridden: ReadonlySet<string>;

  constructor(overridden: ReadonlySet<string>) {
    this.#overridden = overridden;
  }

  add({ rule, action, side, other, scope, pair }: Addition): void {
    const { boundary } = KIND_RULES[rule.kind];
    const common = { rule, action, scope };
    side.spellings.forEach(({ found, put, derived }) => {
      if (pair !== undefined && derived && this.#overridden.has(claimKey(pair, found))) return;
      const order = orderOf(action, found === side.written ? 0 : 1, rule);
      const kept = action === 'swap' ? put : found;
      this.#entries.push({ ...common, found, put: kept, isPrefix: false, boundary, order });
    });
    const { region } = side;
    if (region === undefined || other.region === undefined) return;
    const edge = regionBoundary(region);
    if (region.sort === 'name') {
      const put = action === 'swap' ? other.region.head : region.head;
      // Of two prefixes, one within the other, the longer one counts.
      const order = orderOf(action, 2 + 1 / (region.head.length + 2), rule);
      this.#entries.push({ ...common, found: region.head, put, isPrefix: true, boundary: edge, order });
    } else {
      // Of two subnets, one within the other, the smaller one counts.
      const order = orderOf(action, 3 + 1 / (region.head.length + 2), rule);
      const to = action === 'swap' ? other.region : region;
      this.#subnets.push({ ...common, from: region, to, boundary: edge, order });
    }
  }

  table(): Table {
    return tableOf(this.#entries, this.#subnets);
  }
}

/** What the mapping says in so many words comes before what follows from it, whole regions come last. */
function orderOf(action: Action, rank: number, rule: Rule): number {
  return (action === 'swap' ? 0 : action === 'keep' ? 10 : 20) + rank + (rule.pair + 1) / 1e9;
}
