import type { Rule } from './identity.ts';
import { type Boundary, ipv4Boundary, ipv6Boundary, prefixBoundary } from './kinds/boundary.ts';
import type { Region } from './kinds/region.ts';
import type { Scope } from './scope.ts';

/**
 * What is done with an identifier that stands in a text. `ask`: the counterpart of a one-way pair that
 * does not say whether it is a swap. `keep`: it stays, and nothing within it is touched.
 */
export type Action = 'swap' | 'ask' | 'keep';

/** One spelling that is looked for. */
export interface Entry {
  readonly rule: Rule;
  readonly action: Action;
  /** The spelling; for a prefix without its `*`. */
  readonly found: string;
  readonly put: string;
  readonly isPrefix: boolean;
  readonly scope: Scope | undefined;
  readonly boundary: Boundary;
  /** Of two that are equally long the lower one wins. */
  readonly order: number;
}

/** A subnet that is looked for: every address in it. */
export interface SubnetEntry {
  readonly rule: Rule;
  readonly action: Action;
  readonly from: Region;
  readonly to: Region;
  readonly scope: Scope | undefined;
  readonly boundary: Boundary;
  readonly order: number;
}

/**
 * Entries by the hash of their spelling. The scanner hashes a token once, unit by unit, and asks at each
 * place where an identifier may end: the number of entries does not matter.
 */
export interface Table {
  readonly byHash: ReadonlyMap<number, readonly Entry[]>;
  /** 1 where some spelling's hash ends in these bits (`mask`); spares most look-ups. */
  readonly filter: Uint8Array;
  readonly mask: number;
  /** Length of the longest spelling by its first unit; the last is for all units from 255 on. */
  readonly reach: Uint16Array;
  readonly hasPrefixes: boolean;
  readonly ipv4: readonly SubnetEntry[];
  readonly ipv6: readonly SubnetEntry[];
}

export const HASH_START = 0x811c9dc5 | 0;

/** FNV-1a over UTF-16 units; folded by `mixed` before use. */
export function hashStep(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193);
}

export function mixed(hash: number): number {
  return (hash ^ (hash >>> 15)) & 0x3fffffff;
}

export function tableOf(entries: readonly Entry[], subnets: readonly SubnetEntry[]): Table {
  const byHash = new Map<number, Entry[]>();
  const mask = maskFor(entries.length);
  const filter = new Uint8Array(mask + 1);
  const reach = new Uint16Array(256);
  for (const entry of [...entries].sort((a, b) => a.order - b.order)) {
    let hash = HASH_START;
    for (let i = 0; i < entry.found.length; i++) hash = hashStep(hash, entry.found.charCodeAt(i));
    const key = mixed(hash);
    const list = byHash.get(key);
    if (list === undefined) byHash.set(key, [entry]);
    else list.push(entry);
    filter[key & mask] = 1;
    const first = Math.min(255, entry.found.charCodeAt(0));
    reach[first] = Math.max(reach[first]!, Math.min(0xffff, entry.found.length));
  }
  return {
    byHash,
    filter,
    mask,
    reach,
    hasPrefixes: entries.some(entry => entry.isPrefix),
    ipv4: subnets.filter(({ from }) => from.sort === 'ipv4').sort((a, b) => a.order - b.order),
    ipv6: subnets.filter(({ from }) => from.sort === 'ipv6').sort((a, b) => a.order - b.order),
  };
}

/** So many bits that one look in a hundred is in vain, and no more: each relationship has six tables. */
function maskFor(entries: number): number {
  const wanted = Math.ceil(Math.log2(Math.max(1, entries) * 128));
  return (1 << Math.min(16, Math.max(8, wanted))) - 1;
}

export function isEmpty(table: Table): boolean {
  return table.byHash.size === 0 && table.ipv4.length === 0 && table.ipv6.length === 0;
}

export function regionBoundary(region: Region): Boundary {
  if (region.sort === 'name') return prefixBoundary;
  return region.sort === 'ipv4' ? ipv4Boundary : ipv6Boundary;
}
