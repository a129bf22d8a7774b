import type { Span } from '../document.ts';
import { isSecretBelow, isSecretKey, looksRandom } from './secret-keys.ts';
import { statementValues } from './secret-statements.ts';
import {
  closingQuote,
  columnOf,
  describes,
  formValues,
  isWorthALook,
  type Judge,
  keyedValues,
  type Rest,
} from './secret-values.ts';

export { isSecretKey } from './secret-keys.ts';

/** Stands for every secret. Of one length, so that it does not tell the secret's. */
export const MASK = '••••••';

export interface Masked {
  readonly text: string;
  /** How many stretches were masked; 0 when the text is unchanged. */
  readonly count: number;
}

/**
 * Replaces what looks like a secret in a text of any format (a file, a diff, a message) by MASK:
 * values of secret keys, private keys, passwords in URLs. Lines stay lines: their number and what is
 * no secret in them is kept. `extra` are further keys, each matched against a whole key.
 *
 * It reads no format, because a diff or a broken file has none. It would rather hide too much.
 */
export function maskSecrets(text: string, extra: readonly RegExp[] = []): Masked {
  let out = '';
  let at = 0;
  const spans = secretSpans(text, extra);
  for (const { start, end } of spans) {
    out += text.slice(at, start) + MASK;
    at = end;
  }
  return { text: out + text.slice(at), count: spans.length };
}

/** Where secrets stand: sorted, not overlapping, each within one line. */
export function secretSpans(text: string, extra: readonly RegExp[] = []): Span[] {
  const lines = text.split('\n');
  const scan = new Scan(extra, secretManifests(lines));
  const spans: Span[] = [];
  let start = 0;
  for (const line of lines) {
    for (const span of scan.line(line)) spans.push({ start: start + span.start, end: start + span.end });
    start += line.length + 1;
  }
  return spans;
}

const PEM_BEGIN = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----/;
const PEM_END = /-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----/;
/** A name that stands for a key, with its value on one of the next lines. */
const NAMED = /\bname["']?[ \t]*[:=][ \t]*["']?([\w.-]+)/;

/** Goes over the lines, with what the lines before have left open. */
class Scan {
  readonly #extra: readonly RegExp[];
  readonly #judge: Judge;
  #rest: Rest | undefined;
  /** Column of a secret key with keys below it: their values are as secret as it. */
  #below: number | undefined;
  #inPem = false;
  /** Lines that a `value:` may still belong to a secret name (Kubernetes `env`). */
  #named = 0;
  /** Column of `data:` in a Kubernetes Secret, all of whose values are secret. */
  #data: number | undefined;
  readonly #manifests: ReadonlySet<number>;
  #document = 0;
  /** The section of an INI or TOML file, and the keys above this line, with their columns. */
  #section = '';
  #above: { readonly label: string; readonly column: number }[] = [];

  constructor(extra: readonly RegExp[], manifests: ReadonlySet<number>) {
    this.#extra = extra;
    this.#manifests = manifests;
    this.#judge = (label, column) =>
      isSecretKey(label, extra) ||
      isSecretBelow(this.#above.at(-1)?.label ?? this.#section, label) ||
      (this.#named > 0 && /^value$/i.test(label)) ||
      (this.#data !== undefined && column > this.#data) ||
      (this.#below !== undefined && column > this.#below && !describes(label));
  }

  line(line: string): Span[] {
    if (isDivider(line)) this.#nextDocument();
    if (this.#inPem || PEM_BEGIN.test(line)) return this.#pem(line);
    // A piece of a diff may begin in the middle of a key.
    if (isKeyLine(line)) return whole(line, columnOf(line));
    const open = this.#rest === undefined ? undefined : this.#continued(line, this.#rest);
    if (open !== undefined) return open;
    this.#context(line);
    if (this.#below !== undefined && !KEY.test(line))
      return /^[\s+\-#{}[\],;]*$/.test(line) ? [] : whole(line, columnOf(line));
    const isAny = this.#named > 0 || this.#data !== undefined || this.#below !== undefined;
    if (!isAny && this.#extra.length === 0 && !isWorthALook(line)) return [];
    const keyed = keyedValues(line, this.#judge);
    const stated = statementValues(line, this.#judge);
    this.#rest = keyed.rest ?? stated.rest;
    return merged([...keyed.spans, ...stated.spans, ...formValues(line, this.#judge)]);
  }

  /** The lines between BEGIN and END, and what stands between them on one line (escaped in JSON). */
  #pem(line: string): Span[] {
    const begin = PEM_BEGIN.exec(line);
    const end = PEM_END.exec(line);
    this.#inPem = end === null;
    this.#rest = undefined;
    const start = begin === null ? columnOf(line) : begin.index + begin[0].length;
    const stop = end === null ? line.trimEnd().length : end.index;
    return stop > start ? [{ start, end: stop }] : [];
  }

  /** The secrets of a line that belongs to a value of an earlier one; undefined where it does not. */
  #continued(line: string, rest: Rest): Span[] | undefined {
    const column = columnOf(line);
    const all = whole(line, column);
    switch (rest.kind) {
      case 'continued':
        if (!line.trimEnd().endsWith('\\')) this.#rest = undefined;
        return all;
      case 'triple':
        return this.#until(line, 0, line.indexOf(rest.quote));
      case 'array':
        return this.#until(line, column, line.indexOf(']'));
      case 'quoted':
      case 'block':
      case 'nested':
        break;
    }
    if (line.trim() === '') return [];
    if (column <= rest.column) {
      this.#rest = undefined;
      return undefined;
    }
    if (rest.kind === 'block') return all;
    if (rest.kind === 'quoted') {
      const close = closingQuote(rest.quote + line, rest.quote);
      return this.#until(line, column, close === undefined ? -1 : close - 1);
    }
    if (!KEY.test(line)) return all;
    this.#rest = undefined;
    this.#below = rest.column;
    return undefined;
  }

  #until(line: string, from: number, close: number): Span[] {
    if (close === -1) return whole(line, from);
    this.#rest = undefined;
    return close > from ? [{ start: from, end: close }] : [];
  }

  /** What hangs on indentation ends; a text in quotes may hold such a line. */
  #nextDocument(): void {
    this.#document++;
    this.#below = undefined;
    this.#data = undefined;
    this.#section = '';
    this.#above = [];
    if (this.#rest?.kind === 'block' || this.#rest?.kind === 'nested') this.#rest = undefined;
  }

  #context(line: string): void {
    this.#named = Math.max(0, this.#named - 1);
    const name = NAMED.exec(line);
    if (name !== null && isSecretKey(name[1]!, this.#extra)) this.#named = 3;
    const column = columnOf(line);
    if (this.#data !== undefined && line.trim() !== '' && column <= this.#data) this.#data = undefined;
    if (this.#below !== undefined && line.trim() !== '' && column <= this.#below) this.#below = undefined;
    if (this.#manifests.has(this.#document) && DATA.test(line.trimEnd())) this.#data = column;
    this.#isBelow(line, column);
  }

  #isBelow(line: string, column: number): void {
    if (line.trim() === '') return;
    while (this.#above.length > 0 && column <= this.#above.at(-1)!.column) this.#above.pop();
    const section = SECTION.exec(line);
    if (section !== null) {
      this.#section = section[1]!;
      this.#above = [];
      return;
    }
    const key = OPENS.exec(line.trimEnd());
    if (key !== null) this.#above.push({ label: key[1]!, column });
  }
}

/** A whole line of base64 without context; hexadecimal lines are hashes and serial numbers. */
function isKeyLine(line: string): boolean {
  const content = line.slice(columnOf(line)).trimEnd();
  return content.length >= 40 && looksRandom(content) && !/^[0-9a-fA-F]*$/.test(content);
}

/** A line that begins with a key. */
const KEY = /^[ \t+\-#{]*["']?[\w.-]+["']?[ \t]*(?::(?:\s|$)|=)/;
const KIND = /^[ \t+\-"]*kind"?:[ \t]*["']?Secret\b/;
const DATA = /^[ \t+\-"]*(?:data|stringData)"?:[ \t]{0,8}(?:\{.*)?$/;
const SECTION = /^[ +-]?[ \t]*\[\[?[ \t]*([\w"'][^\]]{0,80})\]/;
/** A key with others below it, on the lines that follow: of YAML, JSON, or a block. */
const OPENS = /^[ \t+-]*["']?([\w.-]{1,80})["']?[ \t]{0,8}(?::|[:=]?[ \t]{0,8}\{)$/;

function isDivider(line: string): boolean {
  return /^[ +-]?---(?:\s|$)/.test(line);
}

/** Which YAML documents of the text hold a Kubernetes Secret; `kind` may stand below its `data`. */
function secretManifests(lines: readonly string[]): Set<number> {
  const found = new Set<number>();
  let document = 0;
  for (const line of lines) {
    if (isDivider(line)) document++;
    else if (KIND.test(line)) found.add(document);
  }
  return found;
}

function whole(line: string, from: number): Span[] {
  const end = line.trimEnd().length;
  return end > from ? [{ start: from, end }] : [];
}

function merged(spans: readonly Span[]): Span[] {
  const out: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = out.at(-1);
    if (last === undefined || span.start >= last.end) out.push(span);
    else if (span.end > last.end) out[out.length - 1] = { start: last.start, end: span.end };
  }
  return out;
}
