/**
 * What a UTF-16 unit counts as, for the rules that say next to what an identifier may not stand.
 * Tables for ASCII, because the scanner asks for every unit of a file; the rest is looked up by
 * property, because a non-ASCII letter is a letter.
 */

const DIGIT = 1;
const HEX = 2;
const LETTER = 4;

const TABLE = new Uint8Array(128);
for (const digit of '0123456789') TABLE[digit.charCodeAt(0)] = DIGIT | HEX;
for (let code = 97; code <= 122; code++) {
  TABLE[code] = LETTER | (code <= 102 ? HEX : 0);
  TABLE[code - 32] = TABLE[code]!;
}

// A combining mark belongs to the letter before it.
const WORD_CHARACTER = /^[\p{L}\p{M}\p{Nd}]/u;

/** An ASCII letter or digit, by its code. */
export function isAsciiWord(code: number): boolean {
  return code < 128 && (TABLE[code]! & (DIGIT | LETTER)) !== 0;
}

export function isAsciiDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isHexDigit(code: number): boolean {
  return code < 128 && (TABLE[code]! & HEX) !== 0;
}

const DIGIT_CHARACTER = /^\p{Nd}/u;

/** Whether a digit begins at `at`; nothing is seen from `high` on. */
export function digitAt(text: string, at: number, high: number): boolean {
  if (at >= high) return false;
  const code = text.charCodeAt(at);
  return code < 128 ? isAsciiDigit(code) : DIGIT_CHARACTER.test(String.fromCodePoint(text.codePointAt(at)!));
}

/** Whether a digit ends at `at`; nothing is seen before `low`. */
export function digitBefore(text: string, at: number, low: number): boolean {
  if (at <= low) return false;
  const code = text.charCodeAt(at - 1);
  const isPair = code >= 0xdc00 && code <= 0xdfff && at - 2 >= low;
  return digitAt(text, isPair ? at - 2 : at - 1, at);
}

/** Whether a letter or digit begins at `at`; nothing is seen from `high` on. */
export function wordAt(text: string, at: number, high: number): boolean {
  if (at >= high) return false;
  const code = text.charCodeAt(at);
  return code < 128 ? TABLE[code]! !== 0 : WORD_CHARACTER.test(String.fromCodePoint(text.codePointAt(at)!));
}

/** Whether a letter or digit ends at `at`; nothing is seen before `low`. */
export function wordBefore(text: string, at: number, low: number): boolean {
  if (at <= low) return false;
  const code = text.charCodeAt(at - 1);
  if (code < 128) return TABLE[code]! !== 0;
  const isLowSurrogate = code >= 0xdc00 && code <= 0xdfff && at - 2 >= low;
  const point = isLowSurrogate ? text.codePointAt(at - 2)! : code;
  return WORD_CHARACTER.test(String.fromCodePoint(point));
}

/** The unit at `at`, or -1 outside of [low, high). */
export function unitAt(text: string, at: number, low: number, high: number): number {
  return at >= low && at < high ? text.charCodeAt(at) : -1;
}
