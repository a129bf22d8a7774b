import ipaddr from 'ipaddr.js';
import { type Boundary, ipv4Boundary, ipv6Boundary } from './boundary.ts';
import { type KindRules, type Layouts, type Spelling, spellLayouts } from './kind.ts';

/**
 * ipaddr.js is lax (`010.0.0.1` reads as 8.0.0.1, `10.1` is valid), so every IPv4 address passes this
 * gate first, and none may have a leading zero.
 */
export function isIpv4(written: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(written) && !/(?:^|\.)0[0-9]/.test(written);
}

export function isIpv6(written: string): boolean {
  if (!/^[0-9a-f:.]+$/i.test(written) || !ipaddr.IPv6.isValid(written)) return false;
  const quad = /[0-9.]*\.[0-9.]*$/.exec(written);
  return quad === null || isIpv4(quad[0]);
}

/** Compressed as RFC 5952 has it, in full, in full and padded. */
export function ipv6Layouts(written: string): Layouts {
  const address = ipaddr.IPv6.parse(written);
  const padded = address.parts.map(part => part.toString(16).padStart(4, '0')).join(':');
  return { written, layouts: [compressed(address.parts), address.toNormalizedString(), padded] };
}

/** The first of the longest runs of two or more zeros becomes `::`. */
function compressed(parts: readonly number[]): string {
  const groups = parts.map(part => part.toString(16));
  let best = { at: 0, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === '0') length++;
    if (length > best.length) best = { at, length };
  }
  if (best.length < 2) return groups.join(':');
  return `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.length).join(':')}`;
}

export const ipv4: KindRules = {
  problem: written => (isIpv4(written) ? undefined : 'is no IPv4 address (four decimal parts, no padding)'),
  canonical: written => written,
  spellings: (from, to) => [{ found: from, put: to }],
  boundary: ipv4Boundary,
};

export const ipv6: KindRules = {
  problem: written => (isIpv6(written) ? undefined : 'is no IPv6 address'),
  canonical: written => ipaddr.IPv6.parse(written).toNormalizedString(),
  spellings: (from, to) => spellLayouts(ipv6Layouts(from), ipv6Layouts(to)),
  boundary: ipv6Boundary,
};

interface Network {
  readonly address: string;
  /** As written: a prefix length or a netmask. */
  readonly mask: string;
  readonly bits: number;
}

/** An address with its prefix length or netmask; undefined if it is none. */
export function networkOf(written: string): Network | undefined {
  const [address = '', mask = '', ...rest] = written.split('/');
  if (rest.length > 0) return undefined;
  const most = isIpv4(address) ? 32 : isIpv6(address) ? 128 : undefined;
  if (most === undefined) return undefined;
  if (most === 32 && isIpv4(mask)) {
    const bits = ipaddr.IPv4.parse(mask).prefixLengthFromSubnetMask();
    return bits === null ? undefined : { address, mask, bits };
  }
  const isLength = /^(?:0|[1-9][0-9]{0,2})$/.test(mask) && Number(mask) <= most;
  return isLength ? { address, mask, bits: Number(mask) } : undefined;
}

const addressRules = (address: string) => (address.includes(':') ? ipv6 : ipv4);

/** Starts and ends like its address: what follows the mask obeys the rule of the address. */
const cidrBoundary: Boundary = (text, start, end, low, high) => {
  // Every IPv6 address has a colon, and none stands in an IPv4 address with its mask.
  const isV6 = text.slice(start, end).includes(':');
  return (isV6 ? ipv6Boundary : ipv4Boundary)(text, start, end, low, high);
};

export const cidr: KindRules = {
  problem: written =>
    networkOf(written) === undefined ? 'is no address with prefix length or netmask' : undefined,
  mismatch: (primary, backup) =>
    primary.includes(':') === backup.includes(':') ? undefined : 'are of two address families',
  canonical: written => {
    const { address, bits } = networkOf(written)!;
    return `${addressRules(address).canonical(address)}/${bits}`;
  },
  // Only the address has spellings; the mask stands as the mapping writes it.
  spellings: (from, to): Spelling[] => {
    const [a, b] = [networkOf(from)!, networkOf(to)!];
    return addressRules(a.address)
      .spellings(a.address, b.address)
      .map(({ found, put }) => ({ found: `${found}/${a.mask}`, put: `${put}/${b.mask}` }));
  },
  boundary: cidrBoundary,
};

export const subnet: KindRules = {
  problem: written => {
    const network = networkOf(written);
    if (network === undefined) return 'is no address with prefix length or netmask';
    return hasHostPart(network) ? 'has a host part: write the network itself' : undefined;
  },
  mismatch: (primary, backup) => {
    if (primary.includes(':') !== backup.includes(':')) return 'are of two address families';
    return networkOf(primary)!.bits === networkOf(backup)!.bits ? undefined : 'differ in prefix length';
  },
  canonical: written => cidr.canonical(written),
  // Whole ranges of addresses have no literal spellings: see region.ts.
  spellings: () => [],
  boundary: cidrBoundary,
};

function hasHostPart({ address, bits }: Network): boolean {
  const bytes = ipaddr.parse(address).toByteArray();
  return bytes.some((byte, i) => (byte & (0xff >> Math.min(8, Math.max(0, bits - i * 8)))) !== 0);
}
