import { ipv6Layouts, isIpv4, isIpv6 } from './kinds/addresses.ts';
import { isAsciiDigit, isHexDigit } from './kinds/characters.ts';
import { spellLayouts } from './kinds/kind.ts';
import type { Region } from './kinds/region.ts';

/** An address that begins at a place of a text. */
export interface AddressToken {
  readonly end: number;
  /** The counterpart in the spelling that was found; undefined where it is in no such subnet. */
  readonly moved: (from: Region, to: Region) => string | undefined;
}

/** The address that begins at `start` and ends before `limit`; undefined where none does. */
export function subnetAt(
  text: string,
  start: number,
  limit: number,
  isV6: boolean,
): AddressToken | undefined {
  const end = endOfAddress(text, start, limit, isV6);
  if (end - start < 2) return undefined;
  const found = text.slice(start, end);
  if (isV6 ? !isIpv6(found) : !isIpv4(found)) return undefined;
  return {
    end,
    moved: (from, to) => {
      if (!from.holds(found)) return undefined;
      if (from === to) return found;
      const counterpart = to.withTail(from.tailOf(found));
      if (!isV6) return counterpart;
      // Only the spellings that are followed elsewhere: any other is residue, and is held.
      const lower = found.toLowerCase();
      const layouts = ipv6Layouts(found);
      if (!layouts.layouts.includes(lower) || (found !== lower && found !== found.toUpperCase()))
        return undefined;
      return spellLayouts(layouts, ipv6Layouts(counterpart)).find(one => one.found === found)?.put;
    },
  };
}

function endOfAddress(text: string, start: number, limit: number, isV6: boolean): number {
  // Longer than any address; what goes on longer is none.
  const most = Math.min(limit, start + 48);
  let end = start;
  if (isV6) {
    while (end < most && (isHexDigit(text.charCodeAt(end)) || text.charCodeAt(end) === 58)) end++;
    return end;
  }
  // Four numbers and no more: `10.0.0.1..10.0.0.9` is two addresses.
  for (let part = 0; part < 4; part++) {
    if (part > 0) {
      if (end >= most || text.charCodeAt(end) !== 46) return start;
      end++;
    }
    while (end < most && isAsciiDigit(text.charCodeAt(end))) end++;
  }
  return end;
}
