import { digitAt, digitBefore, isHexDigit, unitAt, wordAt, wordBefore } from './characters.ts';

/**
 * Whether an identifier that stands at [start, end) of `text` is a whole token there. Nothing is seen
 * outside of [low, high). One function per bullet of the corpus' "What counts as an occurrence"; "next
 * to" is read both ways, so that what may not follow `.` + digit may not be preceded by digit + `.`.
 */
export type Boundary = (text: string, start: number, end: number, low: number, high: number) => boolean;

const DOT = 46;
const COLON = 58;
const HYPHEN = 45;
const UNDERSCORE = 95;

/** ipv4: not next to a letter, digit or `_`, nor to `.` + digit. */
export const ipv4Boundary: Boundary = (text, start, end, low, high) => {
  if (wordBefore(text, start, low) || wordAt(text, end, high)) return false;
  const before = unitAt(text, start - 1, low, high);
  const after = unitAt(text, end, low, high);
  if (before === UNDERSCORE || after === UNDERSCORE) return false;
  if (before === DOT && digitBefore(text, start - 1, low)) return false;
  return !(after === DOT && digitAt(text, end + 1, high));
};

/** ipv6: not next to a letter, digit, `_` or `:`. */
export const ipv6Boundary: Boundary = (text, start, end, low, high) => {
  if (wordBefore(text, start, low) || wordAt(text, end, high)) return false;
  const before = unitAt(text, start - 1, low, high);
  const after = unitAt(text, end, low, high);
  return before !== UNDERSCORE && before !== COLON && after !== UNDERSCORE && after !== COLON;
};

/** Names: not next to a letter, digit, `_` or `-`, nor joined by `.` to a letter or digit. */
export const nameBoundary: Boundary = (text, start, end, low, high) =>
  nameMayBegin(text, start, low, high) && nameMayEnd(text, end, low, high);

/** iqn, nqn: as a name, and neither `:` nor `.` plus a letter or digit may follow. */
export const qualifiedBoundary: Boundary = (text, start, end, low, high) =>
  nameBoundary(text, start, end, low, high) &&
  !(unitAt(text, end, low, high) === COLON && wordAt(text, end + 1, high));

/** The prefix form of an iqn: its tail may be anything, so only the beginning is looked at. */
export const prefixBoundary: Boundary = (text, start, _end, low, high) =>
  nameMayBegin(text, start, low, high);

/** Host names: as a name, and not within an IQN, of which they are a part. */
export const hostBoundary: Boundary = (text, start, end, low, high) =>
  nameBoundary(text, start, end, low, high) && !isInsideQualifiedName(text, start, low);

/**
 * wwn, mac: not next to a letter or digit (`0x` before it is allowed), nor, when written with
 * separators, to one more pair of hex digits.
 */
export const hexBoundary: Boundary = (text, start, end, low, high) => {
  if (wordBefore(text, start, low) && !isAfterHexMark(text, start, low)) return false;
  if (wordAt(text, end, high)) return false;
  const separator = text.charCodeAt(start + 2);
  if (isHexDigit(separator)) return true;
  const pairBefore =
    unitAt(text, start - 1, low, high) === separator &&
    isHexDigit(unitAt(text, start - 2, low, high)) &&
    isHexDigit(unitAt(text, start - 3, low, high));
  const pairAfter =
    unitAt(text, end, low, high) === separator &&
    isHexDigit(unitAt(text, end + 1, low, high)) &&
    isHexDigit(unitAt(text, end + 2, low, high));
  return !pairBefore && !pairAfter;
};

/** uuid: not next to a letter, digit or `_`, nor to `-` plus four hex digits. */
export const uuidBoundary: Boundary = (text, start, end, low, high) => {
  if (wordBefore(text, start, low) || wordAt(text, end, high)) return false;
  const before = unitAt(text, start - 1, low, high);
  const after = unitAt(text, end, low, high);
  if (before === UNDERSCORE || after === UNDERSCORE) return false;
  if (before === HYPHEN && areHexDigits(text, start - 5, low, high)) return false;
  return !(after === HYPHEN && areHexDigits(text, end + 1, low, high));
};

/** `0x` right before, itself not the end of a word. */
export function isAfterHexMark(text: string, start: number, low: number): boolean {
  if (start - 2 < low || text.charCodeAt(start - 1) !== 120 || text.charCodeAt(start - 2) !== 48)
    return false;
  return !wordBefore(text, start - 2, low);
}

/** End of the run of characters that an iqn is made of, from `at` on. */
export function endOfQualifiedRun(text: string, at: number, high: number): number {
  let end = at;
  while (end < high && isQualifiedUnit(text, end, high)) end++;
  return end;
}

function nameMayBegin(text: string, start: number, low: number, high: number): boolean {
  if (wordBefore(text, start, low)) return false;
  const before = unitAt(text, start - 1, low, high);
  if (before === UNDERSCORE || before === HYPHEN) return false;
  return !(before === DOT && wordBefore(text, start - 1, low));
}

function nameMayEnd(text: string, end: number, low: number, high: number): boolean {
  if (wordAt(text, end, high)) return false;
  const after = unitAt(text, end, low, high);
  if (after === UNDERSCORE || after === HYPHEN) return false;
  return !(after === DOT && wordAt(text, end + 1, high));
}

function areHexDigits(text: string, at: number, low: number, high: number): boolean {
  for (let i = at; i < at + 4; i++) if (!isHexDigit(unitAt(text, i, low, high))) return false;
  return true;
}

const QUALIFIED_NAME = /(?:^|:)[in]qn\.[0-9]{4}-[0-9]{2}\./;
// Longer than any name that the standards allow (223), so that one hit costs a bounded look back.
const LONGEST_QUALIFIED_NAME = 512;

function isInsideQualifiedName(text: string, start: number, low: number): boolean {
  // Only after one of these can a name stand within a longer one; most hits end here.
  const before = unitAt(text, start - 1, low, text.length);
  if (before !== COLON && before !== DOT) return false;
  const least = Math.max(low, start - LONGEST_QUALIFIED_NAME);
  let begin = start;
  while (begin > least && isQualifiedUnit(text, begin - 1, start)) begin--;
  return QUALIFIED_NAME.test(text.slice(begin, start));
}

function isQualifiedUnit(text: string, at: number, high: number): boolean {
  const code = text.charCodeAt(at);
  if (code === DOT || code === COLON || code === HYPHEN || code === UNDERSCORE) return true;
  // The second half of a pair of surrogates is seen from the first.
  if (code >= 0xdc00 && code <= 0xdfff) return wordBefore(text, at + 1, 0);
  return wordAt(text, at, high);
}
