import { isIpv6 } from '../kinds/addresses.ts';
import { digitAt, digitBefore, isHexDigit, wordAt, wordBefore } from '../kinds/characters.ts';
import { KIND_RULES } from '../kinds/registry.ts';
import type { Finder, Found, Sought } from './near-sought.ts';

// Three digits at most, so that a long row of digits is not tried from each of them.
const NUMBERS = /(?<![0-9])[0-9]{1,3}(?:\.[0-9]{1,3}){3,}/g;
const NUMBER = /[0-9]+/g;
const MASK = /^\/[0-9]+(?:\.[0-9]+){0,3}/;
/** Eight groups and their colons are 39. */
const LONGEST_IPV6 = 40;
const COLON = 58;
const UNDERSCORE = 95;

/** Addresses by themselves and with a mask. One next to one more digit is another address. */
export function addressFinders(all: readonly Sought[]): Finder[] {
  const v4 = new Addresses();
  const v6 = new Addresses();
  for (const sought of all) {
    const { name } = sought;
    const [address = '', mask] = name.split('/');
    if (name.includes(':')) v6.add(KIND_RULES.ipv6.canonical(address), mask, sought);
    else v4.add(address, mask, sought);
  }
  const finders: Finder[] = [];
  if (!v4.isEmpty()) finders.push((text, { from, to }) => quads(text, from, to, v4));
  if (!v6.isEmpty()) finders.push((text, { from, to }) => groups(text, from, to, v6));
  return finders;
}

class Addresses {
  readonly #alone = new Map<string, Sought>();
  readonly #masked = new Map<string, Sought>();

  add(address: string, mask: string | undefined, sought: Sought): void {
    const [map, key] = mask === undefined ? [this.#alone, address] : [this.#masked, `${address}/${mask}`];
    if (!map.has(key)) map.set(key, sought);
  }

  isEmpty(): boolean {
    return this.#alone.size === 0 && this.#masked.size === 0;
  }

  /** What stands at [start, end), with the mask that follows where it belongs to it. */
  at(text: string, start: number, end: number, to: number, address: string): Found | undefined {
    const mask =
      this.#masked.size === 0 ? undefined : MASK.exec(text.slice(end, Math.min(to, end + 20)))?.[0];
    const network = mask === undefined ? undefined : this.#masked.get(address + mask);
    if (network !== undefined && !digitAt(text, end + mask!.length, to)) {
      return { start, end: end + mask!.length, sought: network };
    }
    const sought = this.#alone.get(address);
    return sought === undefined ? undefined : { start, end, sought };
  }
}

/** Four numbers in a row of numbers, which may be longer: `10.0.0.1.2049`. */
function quads(text: string, from: number, to: number, known: Addresses): Found[] {
  const found: Found[] = [];
  for (const { 0: row, index } of text.slice(from, to).matchAll(NUMBERS)) {
    const numbers = [...row.matchAll(NUMBER)].map(({ 0: digits, index: at }) => ({
      start: from + index + at,
      end: from + index + at + digits.length,
    }));
    for (let i = 0; i + 3 < numbers.length; i++) {
      const [start, end] = [numbers[i]!.start, numbers[i + 3]!.end];
      if (digitBefore(text, start, from) || digitAt(text, end, to)) continue;
      const hit = known.at(text, start, end, to, text.slice(start, end));
      if (hit !== undefined) found.push(hit);
    }
  }
  return found;
}

/** Rows of hexadecimal digits and colons, found by their first colon: most texts have few. */
function groups(text: string, from: number, to: number, known: Addresses): Found[] {
  const found: Found[] = [];
  let end = from;
  for (let colon = text.indexOf(':', from); colon !== -1 && colon < to; colon = text.indexOf(':', end)) {
    let start = colon;
    while (start > end && colon - start <= LONGEST_IPV6 && isHexDigit(text.charCodeAt(start - 1))) start--;
    end = colon + 1;
    while (end < to && isInIpv6(text.charCodeAt(end))) end++;
    const row = text.slice(start, end);
    if (row.length > LONGEST_IPV6 || row.indexOf(':') === row.lastIndexOf(':')) continue;
    for (const [first, last] of readings(text, start, end, from, to)) {
      const written = text.slice(first, last);
      if (!isIpv6(written)) continue;
      const hit = known.at(text, first, last, to, KIND_RULES.ipv6.canonical(written));
      if (hit === undefined) continue;
      found.push(hit);
      break;
    }
  }
  return found;
}

/**
 * What of a row may be an address: all of it; or without what belongs to the word beside it, as the `6:` of
 * `ip6:fd00::1` does, and without the colon that joins it to one.
 */
function readings(text: string, start: number, end: number, from: number, to: number): [number, number][] {
  const starts = [start];
  const ends = [end];
  const isBesideWord = (at: number, isWord: boolean) => isWord || text.charCodeAt(at) === UNDERSCORE;
  if (start > from && isBesideWord(start - 1, wordBefore(text, start, from))) {
    starts.push(text.indexOf(':', start) + 1);
  } else if (text.charCodeAt(start) === COLON) starts.push(start + 1);
  if (end < to && isBesideWord(end, wordAt(text, end, to))) ends.push(text.lastIndexOf(':', end - 1));
  else if (text.charCodeAt(end - 1) === COLON) ends.push(end - 1);
  return starts.flatMap(first => ends.map((last): [number, number] => [first, last]));
}

function isInIpv6(code: number): boolean {
  return code === COLON || isHexDigit(code);
}
