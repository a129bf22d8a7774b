/**
 * What is kept of a file between two changes: how long each of its entries is, in the primary's text and
 * in the backup's. Lengths and not offsets, so that a change touches the containers around it and nothing
 * else. Small entries are not taken apart; a change within one reads it anew.
 *
 *     branch = [lead][head][item]...[item][tail]
 */
import type { Group } from './groups.ts';

/** UTF-16 units in either text. */
export interface Size {
  readonly primary: number;
  readonly replicated: number;
}

/** A container whose entries are known. */
export interface Branch {
  /** 'repeating': entries of one label are a list (ini, block, lines). */
  readonly sort: 'list' | 'map' | 'repeating';
  readonly lead: Size;
  readonly head: Size;
  readonly tail: Size;
  readonly items: Items;
  /** Of a TOML table, whose place in the value its place in the tree does not tell. */
  readonly place?: Pointers;
  /** No bracket that counts for the nesting is open at the end of the last item. */
  readonly isCalm: boolean;
}

/** A pointer as each side calls it. */
export interface Pointers {
  readonly primary: string;
  readonly replicated: string;
}

/** The entries of a container, side by side: one object for each would weigh more than the text. */
export interface Items {
  readonly primary: Int32Array;
  readonly replicated: Int32Array;
  /** FRAGILE and OPEN. */
  readonly flags: Uint8Array;
  /** As the primary and as the backup calls them. */
  readonly own: readonly string[];
  readonly labels: readonly string[];
  readonly branches: readonly (Branch | undefined)[];
  /** By label ('' in a list): what names the items of a list. Absent where it is not known for sure. */
  readonly groups: ReadonlyMap<string, Group>;
}

/** Within it a line may mean something else than by itself: a scalar or collection of several lines. */
export const FRAGILE = 1;
/** It begins while a bracket that counts for the nesting is open. */
export const OPEN = 2;

export const NO_SIZE: Size = { primary: 0, replicated: 0 };

export function plus(...sizes: readonly Size[]): Size {
  let [primary, replicated] = [0, 0];
  for (const size of sizes) {
    primary += size.primary;
    replicated += size.replicated;
  }
  return { primary, replicated };
}

/** The sum of the items before `index`. */
export function sizeBefore(items: Items, index: number): Size {
  let [primary, replicated] = [0, 0];
  for (let i = 0; i < index; i++) {
    primary += items.primary[i]!;
    replicated += items.replicated[i]!;
  }
  return { primary, replicated };
}

/** A branch in which one item grew, and is another branch where `branch` is given. */
export function withGrown(parent: Branch, index: number, growth: Size, branch: Branch | undefined): Branch {
  const { items } = parent;
  const primary = items.primary.slice();
  const replicated = items.replicated.slice();
  primary[index]! += growth.primary;
  replicated[index]! += growth.replicated;
  const branches = branch === undefined ? items.branches : items.branches.with(index, branch);
  return { ...parent, items: { ...items, primary, replicated, branches } };
}

/** What stands in place of some items. */
export interface NewItems {
  readonly primary: readonly number[];
  readonly replicated: readonly number[];
  readonly flags: readonly number[];
  readonly own: readonly string[];
  readonly labels: readonly string[];
  readonly groups: ReadonlyMap<string, Group>;
}

/** A branch in which the items from `from` to `to` are others, none of them a branch. */
export function withItems(parent: Branch, from: number, to: number, next: NewItems): Branch {
  const { items } = parent;
  const hasBranch = items.branches.slice(from, to).some(branch => branch !== undefined);
  const isAsLong = next.labels.length === to - from;
  const none = next.labels.map(() => undefined);
  const labels = replaced(items.labels, from, to, next.labels);
  return {
    ...parent,
    items: {
      primary: splicedNumbers(items.primary, from, to, next.primary, Int32Array),
      replicated: splicedNumbers(items.replicated, from, to, next.replicated, Int32Array),
      flags: splicedNumbers(items.flags, from, to, next.flags, Uint8Array),
      labels,
      own:
        items.own === items.labels && next.own.every((own, n) => own === next.labels[n])
          ? labels
          : replaced(items.own, from, to, next.own),
      branches: isAsLong && !hasBranch ? items.branches : replaced(items.branches, from, to, none),
      groups: next.groups,
    },
  };
}

/** The same list where nothing changes in it, so that nothing is copied. */
function replaced<T>(list: readonly T[], from: number, to: number, next: readonly T[]): readonly T[] {
  const isSame = next.length === to - from && next.every((one, n) => one === list[from + n]);
  return isSame ? list : [...list.slice(0, from), ...next, ...list.slice(to)];
}

function splicedNumbers<T extends Int32Array | Uint8Array>(
  list: T,
  from: number,
  to: number,
  next: readonly number[],
  Numbers: new (length: number) => T,
): T {
  const spliced = new Numbers(list.length - (to - from) + next.length);
  spliced.set(list.subarray(0, from));
  spliced.set(next, from);
  spliced.set(list.subarray(to), from + next.length);
  return spliced;
}
