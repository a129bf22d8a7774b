import { type Json, pointerOf } from '../document.ts';
import { align, type Entry } from './align.ts';
import type { Operation } from './patch.ts';

/**
 * The change from one value to another as an RFC 6902 patch. Lists are aligned (see align.ts), so
 * that an item inserted at the head is one `add`, where a positional diff would rewrite the whole list.
 * Applying the result to `before` gives `after` exactly.
 */
export function diff(before: Json, after: Json, keys?: readonly string[]): Operation[] {
  const operations: Operation[] = [];
  walk(before, after, '', operations, keys);
  return operations;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isMap(value: Json): value is { readonly [key: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function walk(before: Json, after: Json, path: string, out: Operation[], keys?: readonly string[]): void {
  if (before === after) return;
  if (isList(before) && isList(after)) return walkList(before, after, path, out, keys);
  if (isMap(before) && isMap(after)) return walkMap(before, after, path, out, keys);
  out.push({ op: 'replace', path, value: after });
}

function walkMap(
  before: { readonly [key: string]: Json },
  after: { readonly [key: string]: Json },
  path: string,
  out: Operation[],
  keys?: readonly string[],
): void {
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) out.push({ op: 'remove', path: pointerOf(path, key) });
  }
  for (const [key, value] of Object.entries(after)) {
    const at = pointerOf(path, key);
    if (Object.hasOwn(before, key)) walk(before[key]!, value, at, out, keys);
    else out.push({ op: 'add', path: at, value });
  }
}

/**
 * Removes from the end, then builds the new order from the front: what stands elsewhere is moved,
 * what is new is added; last, what stayed is compared in its final place.
 */
function walkList(
  before: readonly Json[],
  after: readonly Json[],
  path: string,
  out: Operation[],
  keys?: readonly string[],
): void {
  const counterpart = align(before.map(entry), after.map(entry), 'first', keys);
  const current: number[] = [];
  counterpart.forEach((j, i) => {
    if (j >= 0) current.push(i);
  });
  for (let i = before.length - 1; i >= 0; i--) {
    if (counterpart[i]! < 0) out.push({ op: 'remove', path: pointerOf(path, i) });
  }
  const origin = new Map<number, number>();
  counterpart.forEach((j, i) => {
    if (j >= 0) origin.set(j, i);
  });
  after.forEach((value, j) => {
    const i = origin.get(j);
    if (i === undefined) {
      out.push({ op: 'add', path: pointerOf(path, j), value });
      current.splice(j, 0, -1);
    } else if (current[j] !== i) {
      const from = current.indexOf(i, j);
      out.push({ op: 'move', from: pointerOf(path, from), path: pointerOf(path, j) });
      current.splice(from, 1);
      current.splice(j, 0, i);
    }
  });
  after.forEach((value, j) => {
    const i = origin.get(j);
    if (i !== undefined) walk(before[i]!, value, pointerOf(path, j), out, keys);
  });
}

function entry(value: Json): Entry {
  return { label: '', value };
}
