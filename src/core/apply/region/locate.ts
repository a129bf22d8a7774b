/** Where in the outline a change stands, and which entries it may be seen as a change of. */
import { pointerOf } from '../../document.ts';
import {
  type Branch,
  FRAGILE,
  NO_SIZE,
  OPEN,
  type Pointers,
  plus,
  type Size,
  sizeBefore,
} from './outline.ts';
import type { Stretch } from './stretch.ts';

/** A branch that a change stands in, and where the branch stands. */
export interface Level {
  readonly branch: Branch;
  /** Where its first item begins, in either text. */
  readonly start: Size;
  readonly end: Size;
  readonly place: Pointers;
  /** Which item of the branch the next level is; -1 for the last level. */
  readonly child: number;
}

/** What is read anew: some items of a branch, or comments beside them. */
export interface Candidate {
  /** Index of the level in the list of levels. */
  readonly depth: number;
  readonly zone: 'items' | 'lead' | 'tail' | 'head';
  /** The items from `from` to `to`; of a lead or tail the one that it belongs to; of the root's own -1. */
  readonly from: number;
  readonly to: number;
  /** Offsets in the old texts. Of comments `replicated` is where they begin, no more. */
  readonly primary: { readonly start: number; readonly end: number };
  readonly replicated: { readonly start: number; readonly end: number };
}

/** The branches that a change stands in, the root first. */
export function levelsAt(root: Branch, { start: from, oldEnd: to }: Stretch): Level[] {
  const levels: Level[] = [];
  let branch = root;
  let start = root.head;
  let place: Pointers = { primary: '', replicated: '' };
  for (;;) {
    const end = plus(start, sizeBefore(branch.items, branch.items.labels.length));
    const child = childAround(branch, start.primary, from, to);
    levels.push({ branch, start, end, place, child });
    const next = branch.items.branches[child];
    if (next === undefined) return levels;
    place = next.place ?? childPlace(branch, child, place);
    start = plus(start, sizeBefore(branch.items, child), next.lead, next.head);
    branch = next;
  }
}

/** The item whose own items the change stands among; -1 if it touches more than these. */
function childAround({ items }: Branch, start: number, from: number, to: number): number {
  let at = start;
  for (let i = 0; i < items.primary.length; i++) {
    const end = at + items.primary[i]!;
    const branch = items.branches[i];
    if (branch !== undefined && from <= end && branch.items.labels.length > 0) {
      const inner = at + branch.lead.primary + branch.head.primary;
      if (inner <= from && to <= end - branch.tail.primary) return i;
    }
    if (at > to) return -1;
    at = end;
  }
  return -1;
}

/** What an item of a branch is called from the top. */
export function childPlace({ sort, items }: Branch, index: number, place: Pointers): Pointers {
  if (sort === 'list') {
    return { primary: pointerOf(place.primary, index), replicated: pointerOf(place.replicated, index) };
  }
  const replicated = labelled(place.replicated, sort, items.labels, index);
  const isSame = items.own === items.labels && place.primary === place.replicated;
  return { primary: isSame ? replicated : labelled(place.primary, sort, items.own, index), replicated };
}

/** A label that repeats is a list. */
function labelled(parent: string, sort: Branch['sort'], labels: readonly string[], index: number): string {
  const label = labels[index]!;
  const named = pointerOf(parent, label);
  if (sort === 'map') return named;
  const before = countOf(labels, label, index);
  const isOne = before === 0 && !labels.includes(label, index + 1);
  return isOne ? named : pointerOf(named, before);
}

/** How many of the first `limit` labels are this one. */
export function countOf(labels: readonly string[], label: string, limit = labels.length): number {
  let count = 0;
  for (let i = 0; i < limit; i++) if (labels[i] === label) count++;
  return count;
}

/** What may be read anew for a change, the smallest first. */
export function* candidatesFor(
  levels: readonly Level[],
  stretch: Stretch,
  text: string,
  isJson: boolean,
): Generator<Candidate> {
  for (let depth = levels.length - 1; depth >= 0; depth--) {
    const level = levels[depth]!;
    if (stretch.start >= level.start.primary && stretch.oldEnd <= level.end.primary) {
      yield* amongItems(level, depth, stretch, text, isJson);
    }
    yield* amongTrivia(level, depth, stretch, text);
  }
}

function* amongItems(
  level: Level,
  depth: number,
  { start, oldEnd }: Stretch,
  text: string,
  isJson: boolean,
): Generator<Candidate> {
  const { primary: lengths } = level.branch.items;
  const count = lengths.length;
  // A comma belongs to the entry before it; a line end is a border by itself.
  const near = isJson ? 1 : 0;
  let [from, at] = [0, level.start.primary];
  while (from < count && at + lengths[from]! < start + 1 - near) at += lengths[from++]!;
  let [to, end] = [from, at];
  while (to < count && end < oldEnd + near) end += lengths[to++]!;
  const range = (i: number, j: number) => itemRange(level, depth, i, j, text, isJson);
  yield range(from, to);
  if (to < count) yield range(from, to + 1);
  if (from > 0) yield range(from - 1, to);
}

function itemRange(
  level: Level,
  depth: number,
  i: number,
  j: number,
  text: string,
  isJson: boolean,
): Candidate {
  const { items } = level.branch;
  let [from, to] = [i, j];
  let begin = plus(level.start, sizeBefore(items, from));
  while (!isJson && from > 0 && text[begin.primary - 1] !== '\n') {
    from--;
    begin = minusItem(begin, level.branch, from);
  }
  let end = begin;
  for (let k = from; k < to; k++) end = plusItem(end, level.branch, k);
  while (!isJson && to < items.labels.length && text[end.primary - 1] !== '\n') {
    end = plusItem(end, level.branch, to);
    to++;
  }
  return {
    depth,
    zone: 'items',
    from,
    to,
    primary: { start: begin.primary, end: end.primary },
    replicated: { start: begin.replicated, end: end.replicated },
  };
}

function plusItem(at: Size, { items }: Branch, index: number): Size {
  return {
    primary: at.primary + items.primary[index]!,
    replicated: at.replicated + items.replicated[index]!,
  };
}

function minusItem(at: Size, { items }: Branch, index: number): Size {
  return {
    primary: at.primary - items.primary[index]!,
    replicated: at.replicated - items.replicated[index]!,
  };
}

/** Comments before or behind entries that are taken apart, and at the ends of the file. */
function* amongTrivia(level: Level, depth: number, stretch: Stretch, text: string): Generator<Candidate> {
  const { branch } = level;
  const line =
    stretch.oldEnd > 0 && text[stretch.oldEnd - 1] === '\n' ? stretch.oldEnd : lineEnd(text, stretch.oldEnd);
  const beside = (
    zone: Candidate['zone'],
    index: number,
    at: Size,
    length: number,
  ): Candidate | undefined => {
    if (stretch.start < at.primary || line > at.primary + length) return undefined;
    return {
      depth,
      zone,
      from: index,
      to: index,
      primary: { start: at.primary, end: line },
      replicated: { start: at.replicated, end: at.replicated },
    };
  };
  if (depth === 0) {
    const head = beside('head', -1, NO_SIZE, branch.head.primary);
    if (head !== undefined) yield head;
    const tail = beside('tail', -1, level.end, branch.tail.primary);
    if (tail !== undefined) yield tail;
  }
  let at = level.start;
  for (let i = 0; i < branch.items.labels.length && at.primary <= stretch.oldEnd; i++) {
    const next = plusItem(at, branch, i);
    const below = branch.items.branches[i];
    if (below !== undefined && next.primary >= stretch.start) {
      const lead = beside('lead', i, at, below.lead.primary);
      if (lead !== undefined) yield lead;
      const end = {
        primary: next.primary - below.tail.primary,
        replicated: next.replicated - below.tail.replicated,
      };
      const tail = beside('tail', i, end, below.tail.primary);
      if (tail !== undefined) yield tail;
    }
    at = next;
  }
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end + 1;
}

/** Whether what stands right before an item of a branch may go on in it: YAML's texts over several lines. */
export function isAfterFragile(branch: Branch, index: number): boolean {
  let [at, last] = [branch, index - 1];
  for (;;) {
    if (last < 0) return false;
    const below = at.items.branches[last];
    if (below === undefined) return (at.items.flags[last]! & FRAGILE) !== 0;
    at = below;
    last = below.items.labels.length - 1;
  }
}

/** Whether no bracket is open where an item of a branch begins, or where the last one ends. */
export function isCalmAt({ items, isCalm }: Branch, index: number): boolean {
  return index < items.labels.length ? (items.flags[index]! & OPEN) === 0 : isCalm;
}
