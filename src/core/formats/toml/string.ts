/** TOML's four kinds of strings: reading one with the place of each of its units, and spelling one. */

export type StringStyle = 'basic' | 'literal' | 'multi-basic' | 'multi-literal';

export interface DecodedString {
  readonly text: string;
  readonly style: StringStyle;
  /** Source offset of each unit of `text` and of the closing quotes; absent where the text stands as it is. */
  readonly offsets?: readonly number[];
  /** Source offsets of the text's begin and of its end, without quotes. */
  readonly inner: { readonly start: number; readonly end: number };
  /** Source offset after the closing quotes. */
  readonly end: number;
}

export interface StringProblem {
  readonly problem: string;
  readonly at: number;
}

const LF = 0x0a;
const CR = 0x0d;
const BACKSLASH = 0x5c;
/** A backslash that ends a line takes all white space up to the next word with it. */
const CONTINUATION = /\\[ \t]*\r?\n[ \t\r\n]*/y;
const UNICODE = /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))/y;

const ESCAPES: { readonly [char: string]: string } = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  e: '\u001b',
  '"': '"',
  '\\': '\\',
};

/** Reads the string whose first quote stands at `start`. */
export function decodeString(source: string, start: number): DecodedString | StringProblem {
  const quote = source.charAt(start);
  const many = source.startsWith(quote.repeat(3), start);
  const escapes = quote === '"';
  const style = `${many ? 'multi-' : ''}${escapes ? 'basic' : 'literal'}` as StringStyle;
  const body = many ? afterNewline(source, start + 3) : start + 1;
  const pieces = new Pieces(source, body);
  for (let at = body; ; ) {
    const code = source.charCodeAt(at);
    if (Number.isNaN(code)) return { problem: 'this string is never closed', at: start };
    if (code === quote.charCodeAt(0)) {
      const close = many ? closingQuotes(source, at, quote) : at;
      if (close !== undefined) {
        const end = close + (many ? 3 : 1);
        return { ...pieces.finish(close), style, inner: { start: body, end: close }, end };
      }
      at++;
    } else if (code === LF || (code === CR && source.charCodeAt(at + 1) === LF)) {
      if (!many) return { problem: 'this string is not closed on its line', at: start };
      at += code === CR ? 2 : 1;
    } else if ((code < 0x20 && code !== 0x09) || code === 0x7f) {
      return { problem: 'a control character must be escaped in a string', at };
    } else if (escapes && code === BACKSLASH) {
      const unit = (many ? continuation(source, at) : undefined) ?? decodeEscape(source, at);
      if (unit === undefined) return { problem: 'TOML has no such escape in a string', at };
      pieces.put(at, unit.text, unit.end);
      at = unit.end;
    } else {
      at++;
    }
  }
}

/** Gathers the text and its offsets; offsets are only made once something is escaped. */
class Pieces {
  #text = '';
  #offsets: number[] | undefined;
  #copied: number;
  readonly #source: string;

  constructor(source: string, start: number) {
    this.#source = source;
    this.#copied = start;
  }

  /** What stands in the source from `at` to `end` means `text`. */
  put(at: number, text: string, end: number): void {
    this.#copy(at, at);
    for (let i = 0; i < text.length; i++) this.#offsets?.push(at);
    this.#text += text;
    this.#copied = end;
  }

  finish(end: number): { text: string; offsets?: readonly number[] } {
    if (this.#offsets === undefined) return { text: this.#source.slice(this.#copied, end) };
    this.#copy(end, end + 1);
    return { text: this.#text, offsets: this.#offsets };
  }

  #copy(textEnd: number, offsetsEnd: number): void {
    this.#offsets ??= [];
    for (let i = this.#copied; i < offsetsEnd; i++) this.#offsets.push(i);
    this.#text += this.#source.slice(this.#copied, textEnd);
  }
}

/** The first newline after the opening quotes is no part of the text. */
function afterNewline(source: string, at: number): number {
  if (source.charCodeAt(at) === LF) return at + 1;
  return source.charCodeAt(at) === CR && source.charCodeAt(at + 1) === LF ? at + 2 : at;
}

/** Where the three closing quotes begin: one or two more before them belong to the text. */
function closingQuotes(source: string, at: number, quote: string): number | undefined {
  if (!source.startsWith(quote.repeat(3), at)) return undefined;
  if (source.startsWith(quote.repeat(5), at)) return at + 2;
  return source.startsWith(quote.repeat(4), at) ? at + 1 : at;
}

function continuation(source: string, at: number): { text: string; end: number } | undefined {
  CONTINUATION.lastIndex = at;
  return CONTINUATION.test(source) ? { text: '', end: CONTINUATION.lastIndex } : undefined;
}

/** What the escape at a backslash means; undefined where TOML (1.1) has no such escape. */
export function decodeEscape(source: string, at: number): { text: string; end: number } | undefined {
  UNICODE.lastIndex = at;
  const digits = UNICODE.exec(source);
  if (digits !== null) {
    const code = parseInt(digits[1] ?? digits[2] ?? digits[3] ?? '', 16);
    const isScalar = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return isScalar ? { text: String.fromCodePoint(code), end: at + digits[0].length } : undefined;
  }
  const char = source.charAt(at + 1);
  const text = Object.hasOwn(ESCAPES, char) ? ESCAPES[char] : undefined;
  return text === undefined ? undefined : { text, end: at + 2 };
}

/** `text` as it stands within double quotes, single or triple; only with the escapes of TOML 1.0. */
export function escapeText(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f"\\]/g, char => {
    const short = {
      '\b': '\\b',
      '\t': '\\t',
      '\n': '\\n',
      '\f': '\\f',
      '\r': '\\r',
      '"': '\\"',
      '\\': '\\\\',
    }[char];
    return short ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
