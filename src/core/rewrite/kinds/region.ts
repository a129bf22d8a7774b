import ipaddr from 'ipaddr.js';
import type { Kind } from '../identity.ts';
import { isIpv4, isIpv6, networkOf } from './addresses.ts';
import { prefixOf } from './names.ts';

/** How two regions lie to each other. */
export type Relation = 'same' | 'inside' | 'around' | 'apart';

/**
 * Many identifiers as one: the addresses of a subnet, the names under a prefix. A pair of regions maps
 * each identifier of one to the identifier of the other with the same tail.
 */
export interface Region {
  readonly sort: 'ipv4' | 'ipv6' | 'name';
  holds(identifier: string): boolean;
  /** What comes after the part that all identifiers of this region share. Only for what it holds. */
  tailOf(identifier: string): string;
  withTail(tail: string): string;
  relationTo(other: Region): Relation;
  /** For a prefix its literal; for a subnet the bits that its addresses share. */
  readonly head: string;
}

/** The region that an identifier of this kind stands for; undefined where it stands for itself alone. */
export function regionOf(kind: Kind, written: string): Region | undefined {
  if (kind === 'subnet') return subnetRegion(written);
  const prefix = kind === 'iqn' || kind === 'nqn' ? prefixOf(written) : undefined;
  return prefix === undefined ? undefined : prefixRegion(prefix);
}

function prefixRegion(head: string): Region {
  return {
    sort: 'name',
    head,
    holds: name => name.startsWith(head),
    tailOf: name => name.slice(head.length),
    withTail: tail => head + tail,
    relationTo: other => relation('name', head, other),
  };
}

function subnetRegion(written: string): Region {
  const { address, bits } = networkOf(written)!;
  const sort = address.includes(':') ? 'ipv6' : 'ipv4';
  const head = bitsOf(address)!.slice(0, bits);
  return {
    sort,
    head,
    holds: one => (sort === 'ipv6') === one.includes(':') && (bitsOf(one)?.startsWith(head) ?? false),
    tailOf: one => bitsOf(one)!.slice(bits),
    withTail: tail => addressOf(head + tail),
    relationTo: other => relation(sort, head, other),
  };
}

function relation(sort: Region['sort'], head: string, other: Region): Relation {
  if (sort !== other.sort) return 'apart';
  if (head === other.head) return 'same';
  if (head.startsWith(other.head)) return 'inside';
  return other.head.startsWith(head) ? 'around' : 'apart';
}

/** The bits of an address as a string of 0 and 1; undefined if it is no address. */
function bitsOf(address: string): string | undefined {
  if (!isIpv4(address) && !isIpv6(address)) return undefined;
  const bytes = ipaddr.parse(address).toByteArray();
  return bytes.map(byte => byte.toString(2).padStart(8, '0')).join('');
}

/** IPv6 addresses come compressed. */
function addressOf(bits: string): string {
  const bytes = bits.match(/.{8}/g)!.map(byte => Number.parseInt(byte, 2));
  return ipaddr.fromByteArray(bytes).toString();
}
