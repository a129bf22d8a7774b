import { isHexDigit } from '../kinds/characters.ts';
import type { Finder, Found, Sought } from './near-sought.ts';

/** A MAC has this many, and no other identifier fewer. */
const FEWEST = 12;

/**
 * WWNs, MACs and UUIDs by their digits, whatever stands beside them and however they are grouped:
 * `35001405abcdef001` holds a WWN, `5254.00aa.bb01` is a MAC. The last twelve digits tell whether one may have
 * begun there, so that a text is read once for all of them.
 */
export function digitFinder(all: readonly Sought[]): Finder | undefined {
  const known = new Map<string, Sought>();
  const heads = new Uint8Array(0x10000);
  for (const sought of all) {
    const digits = sought.own.canonical;
    if (!known.has(digits)) known.set(digits, sought);
    heads[mixed(Number.parseInt(digits.slice(0, 6), 16), Number.parseInt(digits.slice(6, 12), 16))] = 1;
  }
  if (known.size === 0) return undefined;
  const lengths = [...new Set([...known.keys()].map(({ length }) => length))].sort((a, b) => b - a);
  return (text, { from, to }) => {
    const found: Found[] = [];
    let count = 0;
    // The last twelve digits in two halves, and where the last sixteen stand, in turn.
    let [high, low] = [0, 0];
    const places = new Int32Array(16);
    for (let at = from; at < to; at++) {
      const code = text.charCodeAt(at);
      if (!isHexDigit(code)) {
        if (count > 0 && !isBetween(text, at, to)) count = 0;
        continue;
      }
      high = ((high << 4) | (low >>> 20)) & 0xffffff;
      low = ((low << 4) | digitValue(code)) & 0xffffff;
      places[count & 15] = at;
      count++;
      if (count < FEWEST || heads[mixed(high, low)] === 0) continue;
      const hit = longestAt(text, places[(count - FEWEST) & 15]!, to, known, lengths);
      if (hit === undefined) continue;
      found.push(hit);
      at = hit.end - 1;
      count = 0;
    }
    return found;
  };
}

/** Sixteen bits that depend on all forty-eight. */
function mixed(high: number, low: number): number {
  return Math.imul(Math.imul(high, 0x9e3779b1) ^ low, 0x85ebca6b) >>> 16;
}

const DOT = 46;
const HYPHEN = 45;
const COLON = 58;

/** Whether one separator stands here that more digits follow; those before it have been seen. */
function isBetween(text: string, at: number, to: number): boolean {
  const code = text.charCodeAt(at);
  if (code !== DOT && code !== HYPHEN && code !== COLON) return false;
  return at + 1 < to && isHexDigit(text.charCodeAt(at + 1));
}

function longestAt(
  text: string,
  start: number,
  to: number,
  known: ReadonlyMap<string, Sought>,
  lengths: readonly number[],
): Found | undefined {
  let digits = '';
  const ends: number[] = [];
  for (let at = start; at < to && ends.length < lengths[0]!; at++) {
    if (isHexDigit(text.charCodeAt(at))) {
      digits += text.charAt(at);
      ends.push(at + 1);
    } else if (!isBetween(text, at, to)) break;
  }
  const folded = digits.toLowerCase();
  for (const length of lengths) {
    const sought = length > ends.length ? undefined : known.get(folded.slice(0, length));
    if (sought !== undefined) return { start, end: ends[length - 1]!, sought };
  }
  return undefined;
}

/** Of a hexadecimal digit: `a` and `A` end in 1 as bits, and are ten. */
function digitValue(code: number): number {
  return code < 58 ? code - 48 : (code & 7) + 9;
}
