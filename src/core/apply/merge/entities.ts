import { align, alignNew, type Bias, type Entry, isName } from '../../change/align.ts';
import type { Container, Document, Item, Json } from '../../document.ts';
import { segmentsOf } from '../../document.ts';

/** One entry as up to three sides have it. */
export interface Entity {
  readonly base?: Item;
  readonly next?: Item;
  readonly local?: Item;
}

/** The entries of three versions of a container, matched; with each side's order as entity numbers. */
export interface Matched {
  readonly entities: readonly Entity[];
  readonly base: readonly number[];
  readonly next: readonly number[];
  readonly local: readonly number[];
}

type Side = { readonly document: Document; readonly container: Container };

/**
 * Matches base with next, base with local, and what is new on both of these with each other: the same
 * share added by hand on both nodes is one entry, not two.
 */
export function matchEntities(base: Side | undefined, next: Side, local: Side, bias: Bias): Matched {
  const n = next.container.items;
  const l = local.container.items;
  const b = base === undefined ? [] : base.container.items;
  const entriesN = describe(next);
  const entriesL = describe(local);
  const entriesB = base === undefined ? [] : describe(base);
  const toNext = align(entriesB, entriesN, bias);
  const toLocal = align(entriesB, entriesL, bias);
  const newNext = unmatched(n.length, toNext);
  const newLocal = unmatched(l.length, toLocal);
  const repeating = repeatingLabels([entriesB, entriesN, entriesL]);
  const both = alignNew(
    entriesB,
    newNext.map(i => entriesN[i]!),
    newLocal.map(i => entriesL[i]!),
    label => isName(label) && !repeating.has(label),
    bias,
  );
  const entities: Entity[] = [];
  const ofNext = new Array<number>(n.length);
  const ofLocal = new Array<number>(l.length);
  b.forEach((item, i) => {
    const j = toNext[i]!;
    const k = toLocal[i]!;
    if (j >= 0) ofNext[j] = entities.length;
    if (k >= 0) ofLocal[k] = entities.length;
    entities.push({ base: item, ...(j >= 0 ? { next: n[j]! } : {}), ...(k >= 0 ? { local: l[k]! } : {}) });
  });
  newNext.forEach((j, at) => {
    const k = both[at]! >= 0 ? newLocal[both[at]!]! : -1;
    ofNext[j] = entities.length;
    if (k >= 0) ofLocal[k] = entities.length;
    entities.push({ next: n[j]!, ...(k >= 0 ? { local: l[k]! } : {}) });
  });
  for (const k of newLocal) {
    if (ofLocal[k] !== undefined) continue;
    ofLocal[k] = entities.length;
    entities.push({ local: l[k]! });
  }
  return { entities, base: b.map((_, i) => i), next: ofNext, local: ofLocal };
}

/** Labels that name no single entry, on one side at least. */
function repeatingLabels(sides: readonly (readonly Entry[])[]): Set<string> {
  const repeating = new Set<string>();
  for (const entries of sides) {
    const seen = new Set<string>();
    for (const { label } of entries) {
      if (seen.has(label)) repeating.add(label);
      seen.add(label);
    }
  }
  return repeating;
}

function unmatched(length: number, found: readonly number[]): number[] {
  const taken = new Set(found);
  return Array.from({ length }, (_, i) => i).filter(i => !taken.has(i));
}

function describe(side: Side): Entry[] {
  return side.container.items.map(item => ({
    label: item.label,
    value: valueAt(side.document.value, item.pointer),
  }));
}

/** The value at a pointer; null where there is none. */
export function valueAt(value: Json, pointer: string): Json {
  let at: Json | undefined = value;
  for (const segment of segmentsOf(pointer)) {
    if (at === null || typeof at !== 'object') return null;
    at = Array.isArray(at)
      ? (at as readonly Json[])[Number(segment)]
      : (at as { readonly [key: string]: Json })[segment];
    if (at === undefined) return null;
  }
  return at;
}
