/**
 * A bound on nesting that knows no format: brackets as JSON, TOML and YAML nest them, and YAML's
 * indentation and `- - -` chains.
 *
 * It must never refuse an ordinary file, so it counts only what can nest: an opening bracket that
 * stands where a value may begin (after `[ { , : =`, a `- ` or at the start of a line), outside of
 * quotes and comments. A closing bracket also closes what was left open inside of it. So brackets in
 * prose, in strings and in comments do not add up, however many are never closed. What slips through
 * by odd quoting meets the limit that each format holds itself.
 */

export interface DepthFailure {
  readonly code: 'too-deep' | 'alias-bomb';
  /** In bytes. */
  readonly offset: number;
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const EXCLAMATION = 0x21;
const DOUBLE = 0x22;
const HASH = 0x23;
const AMPERSAND = 0x26;
const SINGLE = 0x27;
const STAR = 0x2a;
const COMMA = 0x2c;
const DASH = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const EQUALS = 0x3d;
const QUESTION = 0x3f;
const OPEN_SQUARE = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_SQUARE = 0x5d;
const OPEN_CURLY = 0x7b;
const CLOSE_CURLY = 0x7d;

/** Where the text nests deeper than `depth`, or uses more YAML aliases than `aliases`; in linear time. */
export function findDepthFailure(
  bytes: Uint8Array,
  depth: number,
  aliases: number,
): DepthFailure | undefined {
  const nesting = new Nesting();
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  for (let i = marked ? 3 : 0; i < bytes.length; i++) {
    nesting.next(bytes[i] as number, bytes[i + 1]);
    if (nesting.depth > depth) return { code: 'too-deep', offset: i };
    if (nesting.uses > aliases && nesting.anchors > 0) return { code: 'alias-bomb', offset: i };
  }
  return undefined;
}

/**
 * The offsets of the lines of a text that begin while a bracket that counts is open, and whether one is
 * still open at its end. What stands between two places where none is can be counted by itself.
 */
export function openLines(text: string): { readonly starts: ReadonlySet<number>; readonly atEnd: boolean } {
  const nesting = new Nesting();
  const starts = new Set<number>();
  for (let i = text.charCodeAt(0) === 0xfeff ? 1 : 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Characters beyond ASCII are several bytes, none of which means anything here.
    const following = i + 1 < text.length ? Math.min(text.charCodeAt(i + 1), 0xff) : undefined;
    nesting.next(Math.min(code, 0xff), following);
    if (code === LF && nesting.isOpen) starts.add(i + 1);
  }
  return { starts, atEnd: nesting.isOpen };
}

class Nesting {
  anchors = 0;
  uses = 0;
  /** Opening brackets that count and are not closed, and how many of them are curly. */
  #open: number[] = [];
  #curly = 0;
  /** Columns of the blocks, by indentation, that the current line stands in. */
  #columns: number[] = [];
  #column = 0;
  /** In the indentation and the `- - -` of a line. */
  #inHead = true;
  /** Only a key may have stood in this line so far: a `=` now starts a new statement. */
  #onlyKey = true;
  /** A value may begin here. */
  #atValue = true;
  /** In a YAML tag or anchor, after which a value still may begin. */
  #inProperty = false;
  #afterBlank = true;
  #inComment = false;
  /** The quote that is open, or 0. Quotes end with their line: in JSON and TOML they must. */
  #quote = 0;
  #escaped = false;

  get depth(): number {
    return Math.max(this.#open.length, this.#columns.length);
  }

  get isOpen(): boolean {
    return this.#open.length > 0;
  }

  next(byte: number, following: number | undefined): void {
    if (byte === LF) {
      this.#line();
    } else if (!this.#inComment) {
      if (this.#inHead) this.#head(byte, following);
      if (this.#quote !== 0) this.#quoted(byte);
      else this.#plain(byte, following);
      this.#column++;
      this.#afterBlank = isBlank(byte);
    }
  }

  #line(): void {
    this.#column = 0;
    this.#inHead = true;
    this.#onlyKey = true;
    this.#inProperty = false;
    this.#afterBlank = true;
    this.#inComment = false;
    this.#quote = 0;
    this.#escaped = false;
    if (this.#open.length === 0) this.#atValue = true;
  }

  #head(byte: number, following: number | undefined): void {
    if (isBlank(byte)) return;
    this.#inHead = isIndicator(byte) && isBlank(following);
    while ((this.#columns.at(-1) ?? -1) >= this.#column) this.#columns.pop();
    this.#columns.push(this.#column);
  }

  #quoted(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = this.#quote === DOUBLE;
    else if (byte === this.#quote) this.#quote = 0;
  }

  #plain(byte: number, following: number | undefined): void {
    switch (byte) {
      case TAB:
      case SPACE:
      case CR:
        this.#inProperty = false;
        return;
      case HASH:
        this.#inComment = this.#afterBlank;
        return;
      case OPEN_SQUARE:
      case OPEN_CURLY:
        if (this.#atValue) this.#push(byte);
        break;
      case CLOSE_SQUARE:
      case CLOSE_CURLY:
        this.#pop(byte === CLOSE_CURLY);
        this.#atValue = false;
        break;
      case COMMA:
      case COLON:
        this.#atValue = true;
        break;
      case EQUALS:
        // A new `key = ` at the start of a line: whatever earlier lines left open was no nesting.
        if (this.#onlyKey) this.#reset();
        this.#atValue = true;
        break;
      default:
        this.#word(byte, following);
        if (isWord(byte)) return;
    }
    this.#onlyKey = false;
  }

  #word(byte: number, following: number | undefined): void {
    if (this.#inProperty) return;
    if (byte === DOUBLE || (byte === SINGLE && this.#atValue)) this.#quote = byte;
    const begins = this.#atValue;
    this.#atValue = false;
    if (!begins) return;
    if (byte === AMPERSAND || byte === EXCLAMATION) {
      this.#inProperty = true;
      this.#atValue = true;
      if (byte === AMPERSAND && isWord(following)) this.anchors++;
    } else if (byte === STAR && isWord(following) && following !== DOT) {
      this.uses++;
    } else if (isIndicator(byte) && isBlank(following)) {
      this.#atValue = true;
    }
  }

  #push(byte: number): void {
    this.#open.push(byte);
    if (byte === OPEN_CURLY) this.#curly++;
    this.#inProperty = false;
  }

  #pop(curly: boolean): void {
    const own = curly ? this.#curly : this.#open.length - this.#curly;
    if (own === 0) return;
    for (let last = this.#open.pop(); last !== undefined; last = this.#open.pop()) {
      if (last === OPEN_CURLY) this.#curly--;
      if ((last === OPEN_CURLY) === curly) return;
    }
  }

  #reset(): void {
    this.#open.length = 0;
    this.#curly = 0;
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB || byte === CR || byte === LF || byte === undefined;
}

/** YAML's `- `, `? ` and `: ` nest on one line. */
function isIndicator(byte: number): boolean {
  return byte === DASH || byte === QUESTION || byte === COLON;
}

/** Letters, digits, `_`, `-` and `.`: what a dotted key is made of. */
function isWord(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const letter = byte | 0x20;
  return (
    (letter >= 0x61 && letter <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x5f ||
    byte === DASH ||
    byte === DOT
  );
}
