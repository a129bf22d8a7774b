import { groupsOf, ipv6Bits, maskBits, octetsOf, quadBits } from './numbers.ts';
import type { Hit, Owner, Sought } from './sought.ts';

const QUAD =
  /(?<![\p{L}\p{M}\p{Nd}_])(?<!\p{Nd}\.)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\p{L}\p{M}\p{Nd}_])(?!\.\p{Nd})/gu;
const HEX_RUN = /[0-9a-fA-F:]+/g;
const NEXT_TO_IPV6 = /[\p{L}\p{M}\p{Nd}_:]/u;

/** Addresses by themselves, with a mask, and within a subnet. */
export function addressHits(text: string, sought: Sought): Hit[] {
  const hits: Hit[] = [];
  if (sought.hasV4 && text.includes('.')) {
    for (const { 0: found, index } of text.matchAll(QUAD)) {
      const octets = octetsOf(found);
      if (octets !== undefined)
        look(text, index, index + found.length, octets, quadBits(octets), sought, hits);
    }
  }
  if (sought.hasV6 && text.includes(':')) {
    for (const { 0: run, index } of text.matchAll(HEX_RUN)) {
      if (run.indexOf(':') === run.lastIndexOf(':') || run.length > 45) continue;
      const end = index + run.length;
      const quad =
        /^\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])/.exec(text.slice(end, end + 16))?.[0] ?? '';
      lookV6(text, index, end + quad.length, sought, hits);
      if (quad !== '') lookV6(text, index, end, sought, hits);
    }
  }
  return hits;
}

function lookV6(text: string, start: number, end: number, sought: Sought, hits: Hit[]): void {
  const groups = groupsOf(text.slice(start, end));
  if (groups === undefined) return;
  if (NEXT_TO_IPV6.test(lastOf(text, start)) || NEXT_TO_IPV6.test(firstOf(text, end))) return;
  look(text, start, end, groups, ipv6Bits(groups), sought, hits);
}

function look(
  text: string,
  start: number,
  end: number,
  address: string,
  bits: string,
  sought: Sought,
  hits: Hit[],
): void {
  const isV6 = address.includes(':');
  const owners: Owner[] = [...(sought.addresses.get(address) ?? [])];
  for (const { owner, isV6: wants, head } of sought.subnets) {
    if (wants === isV6 && bits.startsWith(head)) owners.push(owner);
  }
  if (owners.length > 0) hits.push({ start, end, owners });
  const mask = /^\/([0-9]+(?:\.[0-9]+){0,3})(?![\p{L}\p{M}\p{Nd}_])(?!\.\p{Nd})/u.exec(
    text.slice(end, end + 20),
  );
  if (mask === null || (isV6 && text.charAt(end + mask[0].length) === ':')) return;
  const network = sought.addresses.get(`${address}/${maskBits(mask[1]!)}`);
  if (network !== undefined) hits.push({ start, end: end + mask[0].length, owners: network });
}

/** The character that ends at `end`, the one that begins there; empty at the ends of the text. */
function lastOf(text: string, end: number): string {
  return [...text.slice(Math.max(0, end - 2), end)].at(-1) ?? '';
}

function firstOf(text: string, start: number): string {
  return [...text.slice(start, start + 2)][0] ?? '';
}
