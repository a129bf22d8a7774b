import { type CST, isAlias, isScalar, type ParsedNode, Scalar } from 'yaml';
import type { Json } from '../../document.ts';
import { blockStart } from './trivia.ts';
import { fail, type Laid, type Walk } from './walk.ts';

/** The value of a map while its entries are gathered. */
export interface Entries {
  readonly value: Record<string, Json>;
  /** Names of the map's own entries, with their offset; merged ones are none. */
  readonly names: Map<string, number>;
  /** Keys that are no strings, as the library reads them: 0x1 and 1 are one key to other readers. */
  readonly resolved: Map<unknown, number>;
}

export function newEntries(): Entries {
  return { value: {}, names: new Map(), resolved: new Map() };
}

/**
 * The property name that stands for a key: its text; for an alias that of the scalar it stands for;
 * for a collection its source. Looked up before the key is laid out, since its scalars need the pointer.
 */
export function nameOf(walk: Walk, key: ParsedNode): string {
  if (isScalar(key)) return key.source ?? '';
  const aliased = isAlias(key) ? walk.anchors.get(key.source)?.laid?.text : undefined;
  return aliased ?? walk.text.slice(startOf(key), key.range[1]).trim();
}

/** The first byte of a key. The library lets the range of `a: b` that is a key itself start at its colon. */
function startOf(key: ParsedNode): number {
  return blockStart(key.srcToken as CST.Token | undefined) ?? key.range[0];
}

/** Adds one entry: YAML's merge key spreads its value, any other name must be new. */
export function addEntry(walk: Walk, entries: Entries, key: ParsedNode, name: string, value: Laid): void {
  const offset = startOf(key);
  if (name === '__proto__') throw fail(walk, 'forbidden-key', 'the key __proto__ is not allowed', offset);
  if (isMergeKey(key)) {
    merge(walk, entries, value.value, offset);
    return;
  }
  const resolved = isScalar(key) && typeof key.value !== 'string' ? key.value : undefined;
  const before = entries.names.get(name) ?? entries.resolved.get(resolved);
  if (before !== undefined) {
    throw fail(walk, 'duplicate-key', `the key ${JSON.stringify(name)} stands twice`, offset, before);
  }
  entries.names.set(name, offset);
  if (resolved !== undefined) entries.resolved.set(resolved, offset);
  entries.value[name] = value.value;
}

function isMergeKey(key: ParsedNode): boolean {
  if (!isScalar(key)) return false;
  const { value, type } = key as { value: unknown; type?: string };
  return typeof value === 'symbol' || (type === Scalar.PLAIN && value === '<<');
}

/** An entry of the map itself wins over merged ones, an earlier merged one over later ones. */
function merge(walk: Walk, entries: Entries, source: Json, offset: number): void {
  for (const map of Array.isArray(source) ? (source as readonly Json[]) : [source]) {
    if (typeof map !== 'object' || map === null || Array.isArray(map)) {
      throw fail(walk, 'syntax', 'only maps can be merged with <<', offset);
    }
    for (const [name, value] of Object.entries(map)) {
      if (!Object.hasOwn(entries.value, name)) entries.value[name] = value;
    }
  }
}
