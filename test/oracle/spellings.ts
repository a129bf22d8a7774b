/**
 * How an identifier may be written: the corpus' README, "Spellings", as a plain list of every spelling
 * with the counterpart's. A helper of rules.ts; shares nothing with src/core.
 */
import type { OracleKind } from './boundaries.ts';

/** [as it may stand on the primary, what then stands on the backup] */
export type Spelling = readonly [found: string, put: string];

const lower = (text: string) => text.toLowerCase();
const upper = (text: string) => text.toUpperCase();

/** Every spelling of a pair that is followed; the first of two that read alike counts. */
export function spellings(kind: OracleKind, from: string, to: string, capitals: boolean): Spelling[] {
  switch (kind) {
    case 'hostname':
      // product.md: host names are also followed in ALL CAPITALS (NetBIOS).
      return capitals
        ? [
            [from, to],
            [upper(from), upper(to)],
          ]
        : [[from, to]];
    case 'ipv6':
      return ipv6Spellings(from, to);
    case 'cidr':
      return cidrSpellings(from, to);
    case 'wwn':
      return hexSpellings(from, to, [bare, pairs(':')]);
    case 'mac':
      return hexSpellings(from, to, [bare, pairs(':'), pairs('-')]);
    case 'uuid':
      return hexSpellings(from, to, [hyphened, bare]);
    default:
      return [[from, to]];
  }
}

type Layout = (digits: string) => string;
const bare: Layout = digits => digits;
const pairs =
  (separator: string): Layout =>
  digits =>
    (digits.match(/../g) ?? []).join(separator);
const hyphened: Layout = d =>
  [d.slice(0, 8), d.slice(8, 12), d.slice(12, 16), d.slice(16, 20), d.slice(20)].join('-');

/** A wwn or mac may stand bare or with `:` (mac also `-`), a uuid with or without hyphens, each in lower or upper case. */
function hexSpellings(from: string, to: string, layouts: Layout[]): Spelling[] {
  // A mark that both sides carry (`naa.`, `0x`) stays out of the digits.
  const mark = /^(?:naa\.|wwn-0x|0x)?/.exec(from)?.[0] ?? '';
  if (mark !== '' && to.startsWith(mark))
    return hexSpellings(from.slice(mark.length), to.slice(mark.length), layouts);
  const fromDigits = from.replaceAll(/[:-]/g, '');
  const toDigits = to.replaceAll(/[:-]/g, '');
  if (!/^(?:[0-9a-f]{2})+$/i.test(fromDigits) || !/^(?:[0-9a-f]{2})+$/i.test(toDigits)) return [[from, to]];
  const known: Spelling[] = [];
  for (const layout of layouts) {
    known.push(...inBothCases(layout(fromDigits), layout(toDigits)));
    // Mixed capitals are a spelling only where the mapping itself writes them.
    if (layout(fromDigits) === from) known.push([from, layout(toDigits)]);
  }
  return [...known, [from, to]];
}

/** Where the spelling found does not tell its form (digits only), the counterpart stands as the mapping writes it. */
function inBothCases(found: string, put: string): Spelling[] {
  if (lower(found) === upper(found)) return [[found, put]];
  return [
    [lower(found), lower(put)],
    [upper(found), upper(put)],
  ];
}

/** An ipv6 address compressed or in full (padded or not), each in lower or upper case. */
function ipv6Spellings(from: string, to: string): Spelling[] {
  const fromGroups = ipv6Groups(from);
  const toGroups = ipv6Groups(to);
  if (fromGroups === undefined || toGroups === undefined) return [[from, to]];
  const shapes = [compressed, full, padded];
  const known: Spelling[] = [];
  for (const shape of shapes) {
    const found = shape(fromGroups);
    // With no zeros to compress two shapes read alike; then the counterpart stands as the mapping writes it.
    const puts = new Set(shapes.filter(other => other(fromGroups) === found).map(other => other(toGroups)));
    known.push(...inBothCases(found, puts.size === 1 ? shape(toGroups) : to));
  }
  return [...known, [from, to]];
}

/** The address of a cidr is spelled as an address is; prefix length or netmask stand as the mapping writes them. */
function cidrSpellings(from: string, to: string): Spelling[] {
  const [fromAddress = '', fromLength] = from.split('/');
  const [toAddress = '', toLength] = to.split('/');
  if (!from.includes(':')) return [[from, to]];
  return ipv6Spellings(fromAddress, toAddress).map(([f, t]) => [`${f}/${fromLength}`, `${t}/${toLength}`]);
}

/** Eight groups without leading zeros, letters as written; undefined when it is no plain ipv6 address. */
export function ipv6Groups(address: string): string[] | undefined {
  if (!/^[0-9a-f:]+$/i.test(address)) return undefined;
  const halves = address.split('::');
  if (halves.length > 2) return undefined;
  const [left = [], right = []] = halves.map(half => (half === '' ? [] : half.split(':')));
  const missing = 8 - left.length - right.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array(halves.length === 1 ? 0 : missing).fill('0'), ...right];
  if (!groups.every(group => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.map(group => group.replace(/^0+(?=.)/, ''));
}

/** RFC 5952: the first of the longest runs of two or more zero groups becomes `::`. */
export function compressed(groups: string[]): string {
  for (let length = 8; length >= 2; length--) {
    for (let at = 0; at + length <= 8; at++) {
      if (groups.slice(at, at + length).every(group => group === '0'))
        return `${groups.slice(0, at).join(':')}::${groups.slice(at + length).join(':')}`;
    }
  }
  return groups.join(':');
}

export const full = (groups: string[]) => groups.join(':');
export const padded = (groups: string[]) => groups.map(group => group.padStart(4, '0')).join(':');
