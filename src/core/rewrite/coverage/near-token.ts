import type { Kind } from '../identity.ts';
import { isHexDigit, wordAt, wordBefore } from '../kinds/characters.ts';
import type { Found } from './near-sought.ts';

const DOT = 46;
const COLON = 58;
const HYPHEN = 45;
const SLASH = 47;
const UNDERSCORE = 95;

/**
 * The longer token that an identifier is part of: as far as a pair of kind `text` must reach to apply here.
 * That is the rule of names, and what else joins identifiers of this kind. Nothing is seen outside of
 * [from, to).
 */
export function tokenAround(
  text: string,
  found: Found,
  from: number,
  to: number,
): { start: number; end: number } {
  const { kind } = found.sought;
  let { start, end } = found;
  while (start > from) {
    const code = text.charCodeAt(start - 1);
    const isLink = code === DOT || (code === COLON && joinsAtColon(kind, text, start - 1));
    // A path that stands below another one is a part of it from its root on.
    const isBelow = code === SLASH && kind === 'path' && start < found.start;
    if (wordBefore(text, start, from)) start -= isLowSurrogate(code) ? 2 : 1;
    else if (code === HYPHEN || code === UNDERSCORE || isBelow) start--;
    else if (isLink && (isColonOfIpv6(kind, code) || wordBefore(text, start - 1, from))) start--;
    else break;
  }
  while (end < to) {
    const code = text.charCodeAt(end);
    const isLink = code === DOT || (code === COLON && joinsAtColon(kind, text, end));
    if (wordAt(text, end, to)) end += isHighSurrogate(code) ? 2 : 1;
    else if (code === HYPHEN || code === UNDERSCORE) end++;
    else if (isLink && (isColonOfIpv6(kind, code) || wordAt(text, end + 1, to))) end++;
    else break;
  }
  return { start, end };
}

function joinsAtColon(kind: Kind, text: string, at: number): boolean {
  switch (kind) {
    case 'iqn':
    case 'nqn':
    case 'ipv6':
      return true;
    case 'mac':
    case 'wwn':
    case 'uuid':
      return isHexDigit(text.charCodeAt(at - 1)) && isHexDigit(text.charCodeAt(at + 1));
    default:
      return false;
  }
}

/** One colon beside an IPv6 address is enough to make it another token (`fd00::1:`). */
function isColonOfIpv6(kind: Kind, code: number): boolean {
  return kind === 'ipv6' && code === COLON;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
