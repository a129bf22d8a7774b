/** The outline after a change: the containers around it are new, all others are the same objects as before. */
import { openLines } from '../../capture/nesting.ts';
import type { Item } from '../../document.ts';
import type { Part } from './alone.ts';
import type { Group } from './groups.ts';
import type { Candidate, Level } from './locate.ts';
import { type Branch, OPEN, plus, type Size, withGrown, withItems } from './outline.ts';

/** The branch of a level with the entries of a part in place of those of the candidate. */
export function withNewItems(
  { branch }: Level,
  { from, to }: Candidate,
  primary: Part,
  replicated: Part,
  groups: ReadonlyMap<string, Group>,
): Branch {
  const { format } = primary.document;
  const { starts } = format === 'json' ? { starts: new Set() } : openLines(textOf(primary));
  return withItems(branch, from, to, {
    primary: lengthsOf(primary),
    replicated: lengthsOf(replicated),
    flags: primary.items.map(item => (starts.has(startOf(item, primary)) ? OPEN : 0)),
    own: primary.items.map(({ label }) => label),
    labels: replicated.items.map(({ label }) => label),
    groups,
  });
}

function textOf({ document, shift, length }: Part): string {
  return document.text.slice(shift, shift + length);
}

/** Where an item begins in its part. The first one takes what stands above it with it. */
function startOf(item: Item, { items, shift }: Part): number {
  return item === items[0] ? 0 : item.lead.start - shift;
}

function lengthsOf(part: Part): number[] {
  return part.items.map((item, n) => {
    const next = part.items[n + 1];
    return (next === undefined ? part.length : startOf(next, part)) - startOf(item, part);
  });
}

/** The root with another branch at a level. */
export function inRoot(levels: readonly Level[], depth: number, branch: Branch): Branch {
  let below = branch;
  for (let at = depth - 1; at >= 0; at--) {
    const { branch: parent, child } = levels[at]!;
    const was = sizeOf(levels[at + 1]!.branch);
    const is = sizeOf(below);
    const growth = { primary: is.primary - was.primary, replicated: is.replicated - was.replicated };
    below = withGrown(parent, child, growth, below);
  }
  return below;
}

/** All that a branch stands for. Of the root this must be both texts, unit for unit. */
export function sizeOf({ items, lead, head, tail }: Branch): Size {
  const sum = (lengths: Int32Array) => lengths.reduce((all, one) => all + one, 0);
  return plus({ primary: sum(items.primary), replicated: sum(items.replicated) }, lead, head, tail);
}

/** The root after comments beside an entry became longer or shorter. */
export function withNewTrivia(
  levels: readonly Level[],
  { depth, zone, from }: Candidate,
  growth: Size,
): Branch {
  const { branch } = levels[depth]!;
  if (from === -1) {
    return zone === 'head'
      ? { ...branch, head: plus(branch.head, growth) }
      : { ...branch, tail: plus(branch.tail, growth) };
  }
  const below = branch.items.branches[from]!;
  const grown =
    zone === 'lead'
      ? { ...below, lead: plus(below.lead, growth) }
      : { ...below, tail: plus(below.tail, growth) };
  return inRoot(levels, depth, withGrown(branch, from, growth, grown));
}
