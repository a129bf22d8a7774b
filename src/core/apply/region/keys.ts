/** Whether entries with new names stand beside entries that bear these names already, or will on the backup. */
import type { Part } from './alone.ts';
import type { Candidate, Level } from './locate.ts';
import type { Items } from './outline.ts';
import type { Proven } from './prove.ts';

/** False where the whole file must be asked: two keys that are one, or that rewriting makes one. */
export function isNewHere(
  { format, root }: Proven,
  { branch }: Level,
  { from, to }: Candidate,
  primary: Part,
  replicated: Part,
): boolean {
  const { sort, items } = branch;
  if (sort === 'list') return true;
  const before = new Set<string>();
  for (let i = from; i < to; i++) before.add(both(items.own[i]!, items.labels[i]!));
  const after = new Set<string>();
  for (const [n, { label: own }] of primary.items.entries()) {
    const { label } = replicated.items[n]!;
    after.add(both(own, label));
    if (before.has(both(own, label))) continue;
    if (!isApart(items, from, to, own, label, sort === 'repeating')) return false;
  }
  if (format !== 'toml') return true;
  return [...before, ...after].every(
    names => (before.has(names) && after.has(names)) || isFreeInToml(names, items, root.items),
  );
}

const PART = '\n';

function both(own: string, label: string): string {
  return own + PART + label;
}

/**
 * Of entries that may repeat, those of one name on the primary must be those of one name on the backup;
 * of all others none has the name.
 */
function isApart(
  items: Items,
  from: number,
  to: number,
  own: string,
  label: string,
  repeats: boolean,
): boolean {
  for (let i = 0; i < items.labels.length; i++) {
    if (i >= from && i < to) continue;
    const isSame = items.labels[i] === label;
    if (repeats ? isSame !== (items.own[i] === own) : isSame || items.own[i] === own) return false;
  }
  return true;
}

/** A key without dots that is in no dotted key of its table and in no header of the file. */
function isFreeInToml(names: string, table: Items, root: Items): boolean {
  return names.split(PART).every(name => {
    if (!/^[A-Za-z0-9_-]+$/.test(name)) return false;
    const stands = (label: string) => label !== name && label.split(/[^A-Za-z0-9_-]+/).includes(name);
    return (
      !table.labels.some(stands) &&
      !root.labels.some((label, i) => root.branches[i] !== undefined && (label === name || stands(label)))
    );
  });
}
