/** A scalar's text with the source of each of its units: unit i stands at [offsets[i], ends[i]). */
export interface Decoded {
  readonly text: string;
  /** One more than units: the last is where an addition at the end goes. */
  readonly offsets: readonly number[];
  readonly ends: readonly number[];
  /** Of a block scalar with content: the indentation that is taken off its lines. */
  readonly indent?: number;
}

/** Gathers decoded units with their source. */
export class Units {
  private text = '';
  private readonly offsets: number[] = [];
  private readonly ends: number[] = [];

  /** `text` stands unchanged at `offset`. */
  raw(text: string, offset: number): void {
    this.text += text;
    for (let i = 0; i < text.length; i++) {
      this.offsets.push(offset + i);
      this.ends.push(offset + i + 1);
    }
  }

  /** `text` is written as the source [start, end), all of which belongs to its last unit. */
  written(text: string, start: number, end: number): void {
    this.text += text;
    for (let i = 1; i < text.length; i++) {
      this.offsets.push(start);
      this.ends.push(start);
    }
    if (text === '') return;
    this.offsets.push(start);
    this.ends.push(end);
  }

  get last(): string {
    return this.text.at(-1) ?? '';
  }

  done(end: number): Decoded {
    return { text: this.text, offsets: [...this.offsets, end], ends: this.ends };
  }
}

/** A line break folds into a blank, several into all but one of them. */
function fold(breaks: number): string {
  return breaks === 1 ? ' ' : '\n'.repeat(breaks - 1);
}

/** A plain scalar over several lines; `offset` is where `source` stands in the text. */
export function decodePlain(source: string, offset: number): Decoded {
  const units = new Units();
  unfold(source, offset, (line, at) => units.raw(line, at), units);
  return units.done(offset + source.length);
}

/** A single-quoted scalar, `source` with its quotes. */
export function decodeSingle(source: string, offset: number): Decoded {
  const units = new Units();
  const raw = (line: string, at: number): void => {
    let from = 0;
    for (let i = line.indexOf("''"); i !== -1; i = line.indexOf("''", from)) {
      units.raw(line.slice(from, i), at + from);
      units.written("'", at + i, at + i + 2);
      from = i + 2;
    }
    units.raw(line.slice(from), at + from);
  };
  unfold(source.slice(1, -1), offset + 1, raw, units);
  return units.done(offset + source.length - 1);
}

/** Cuts folded text into lines without the blanks around their breaks. */
function unfold(source: string, offset: number, raw: (line: string, at: number) => void, units: Units): void {
  const lines = source.split(/\r?\n/);
  let at = offset;
  let breaks = 0;
  let foldAt = offset;
  for (const [index, line] of lines.entries()) {
    const isLast = index === lines.length - 1;
    const ahead = index === 0 ? 0 : /^[ \t]*/.exec(line)![0].length;
    const kept = isLast ? line.slice(ahead) : withoutBlanksAtEnd(line.slice(ahead));
    if (breaks > 0 && (kept !== '' || isLast)) {
      units.written(fold(breaks), foldAt, at + ahead);
      breaks = 0;
    }
    if (kept !== '' || index === 0) {
      raw(kept, at + ahead);
      foldAt = at + ahead + kept.length;
    }
    breaks++;
    at += line.length + (source[at - offset + line.length] === '\r' ? 2 : 1);
  }
}

/** A loop, since a regular expression takes quadratic time on a long run of blanks within a line. */
function withoutBlanksAtEnd(line: string): string {
  let end = line.length;
  while (line[end - 1] === ' ' || line[end - 1] === '\t') end--;
  return line.slice(0, end);
}

const ESCAPES: { readonly [letter: string]: string } = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  '\t': '\t',
};

const CODE_LENGTH: { readonly [letter: string]: number } = { x: 2, u: 4, U: 8 };

/** One piece of a double-quoted scalar: a line break with blanks around it, an escape, or plain text. */
const PIECE =
  /[ \t]*(?<breaks>(?:\r?\n[ \t]*)+)|\\(?:(?<joined>\r?\n[ \t]*)|(?<letter>.))|(?<raw>[ \t]+|[^\\ \t\r\n]+|\r)/gsy;

/** A double-quoted scalar, `source` with its quotes. */
export function decodeDouble(source: string, offset: number): Decoded {
  const units = new Units();
  const inner = source.slice(1, -1);
  PIECE.lastIndex = 0;
  for (let at = 0; at < inner.length; ) {
    PIECE.lastIndex = at;
    const { breaks, joined, letter, raw } = PIECE.exec(inner)?.groups ?? {};
    const from = offset + 1 + at;
    if (breaks !== undefined) {
      const end = PIECE.lastIndex;
      units.written(fold(breaks.split('\n').length - 1), from, offset + 1 + end);
      at = end;
    } else if (joined !== undefined) {
      at += 1 + joined.length;
    } else if (letter !== undefined) {
      const length = 1 + (CODE_LENGTH[letter] ?? 0);
      units.written(unescaped(inner.slice(at + 1, at + 1 + length)), from, from + 1 + length);
      at += 1 + length;
    } else {
      units.raw(raw ?? inner[at]!, from);
      at += (raw ?? inner[at]!).length;
    }
  }
  return units.done(offset + source.length - 1);
}

/** The library has refused bad escapes before this is asked. */
function unescaped(written: string): string {
  if (CODE_LENGTH[written[0]!] === undefined) return ESCAPES[written] ?? '\\' + written;
  const code = Number.parseInt(written.slice(1), 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : '\\' + written;
}
