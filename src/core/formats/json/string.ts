/** JSON strings: reading one with the place of each of its units, and spelling one. */

/** What a string in double quotes means, or why it is no JSON string. */
export type Decoded =
  | {
      readonly text: string;
      /** Source offset of each unit of `text` and of the closing quote; absent where nothing is escaped. */
      readonly offsets?: readonly number[];
      /** Source offset after the closing quote. */
      readonly end: number;
    }
  | { readonly problem: string; readonly at: number };

const ESCAPES: { readonly [char: string]: string } = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

const HEX = /[0-9A-Fa-f]{4}/y;

/** Reads the JSON string whose opening quote stands at `start`. */
export function decodeString(source: string, start: number): Decoded {
  let text = '';
  let offsets: number[] | undefined;
  let at = start + 1;
  let copied = at;
  for (; ; at++) {
    const code = source.charCodeAt(at);
    if (code === 0x22) break;
    if (Number.isNaN(code)) return { problem: 'this string is never closed', at: start };
    if (code === 0x0a || code === 0x0d)
      return { problem: 'this string is not closed on its line', at: start };
    if (code < 0x20) return { problem: `a control character (${hex(code)}) must be escaped in a string`, at };
    if (code !== 0x5c) continue;
    const unit = decodeEscape(source, at);
    if (unit === undefined) return { problem: 'JSON has no such escape in a string', at };
    offsets = extend(offsets, copied, at);
    offsets.push(at);
    text += source.slice(copied, at) + unit.text;
    at = unit.end - 1;
    copied = unit.end;
  }
  text += source.slice(copied, at);
  if (offsets === undefined) return { text, end: at + 1 };
  return { text, offsets: extend(offsets, copied, at + 1), end: at + 1 };
}

function extend(offsets: number[] | undefined, from: number, to: number): number[] {
  const extended = offsets ?? [];
  for (let i = from; i < to; i++) extended.push(i);
  return extended;
}

function decodeEscape(source: string, at: number): { text: string; end: number } | undefined {
  const char = source.charAt(at + 1);
  if (char === 'u') {
    HEX.lastIndex = at + 2;
    const digits = HEX.exec(source)?.[0];
    return digits === undefined
      ? undefined
      : { text: String.fromCharCode(parseInt(digits, 16)), end: at + 6 };
  }
  const text = Object.hasOwn(ESCAPES, char) ? ESCAPES[char] : undefined;
  return text === undefined ? undefined : { text, end: at + 2 };
}

/** `text` as it stands between the quotes of a JSON string. */
export function escapeText(text: string): string {
  // JSON.stringify escapes what must be, and a lone surrogate, which no encoding could carry.
  return JSON.stringify(text).slice(1, -1);
}

export function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`;
}
