import type { Span } from '../document.ts';
import { isHarmless } from './secret-keys.ts';
import { closingQuote, columnOf, type Judge, type LineSecrets, withoutComment } from './secret-values.ts';

/** What stands before a statement; which dialects it can be one in, and so what ends it, depends on that. */
type Opening = 'line' | '{' | '}' | ';';

/** Indentation, and the marks of diffs, comments and list items. */
const MARKS = /[ \t+\-#;|>]*/y;
const KEY = /(["']?)([A-Za-z_][\w.-]*)(?<!\.)\1(?:[ \t]*(=)[ \t]*|(:)?[ \t]+)(?=[^\s=:{])/y;
const HEADER = /^["']?[\w.-]+["']?(?:[ \t]+["']?[\w.-]+["']?)*$/;
/** No header is longer that is looked at, no variable, and nothing harmless. */
const LONGEST = 256;
/** An English word by itself, which also begins prose and PAM rules. */
const WORD = /^[A-Za-z]+$/;
const COMPOUND = /^(?:bindpw|rootpw|rocommunity|rwcommunity|psk|authtok|apikey)$/i;

/**
 * The secrets of statements: `auth_pass 1111`, `net { cram-hmac-alg sha1; shared-secret "x"; }`, at the
 * beginning of a line and behind each `{`, `}` and `;` within it, also in quotes. Which dialect the text is
 * written in is not known here: in some a `;` or a brace within a word is a letter. So a value without quotes
 * goes on to one that is none in any of them.
 */
export function statementValues(line: string, judge: Judge): LineSecrets {
  const spans: Span[] = [];
  let opening: Opening = 'line';
  let hidden = 0;
  let at = 0;
  while (at < line.length) {
    const start = behind(MARKS, line, at);
    const found = start < hidden ? undefined : secretOf(line, start, opening, judge);
    if (found !== undefined) spans.push(found.span);
    hidden = Math.max(hidden, found?.span.end ?? 0);
    // A value that went on too far may have gone over a header.
    const sign = signFrom(line, found?.isQuoted === true ? hidden : start);
    if (sign === line.length) break;
    at = sign + 1;
    opening = line[sign] as Opening;
    if (opening !== '{' || !isSecretHeader(line, start, sign, judge)) continue;
    // All that stands in such a block is as secret as its name says.
    const close = endFrom(line, at, () => false);
    const inner = trimmed(line, at, close);
    if (!isHarmless(line.slice(inner.start, inner.end))) spans.push(inner);
    if (close === line.length) return { spans, rest: { kind: 'nested', column: columnOf(line) } };
    at = close;
  }
  return { spans };
}

interface Found {
  readonly span: Span;
  readonly isQuoted: boolean;
}

/** The value of the statement that begins at `start`, if its key is a secret one and shows one. */
function secretOf(line: string, start: number, opening: Opening, judge: Judge): Found | undefined {
  KEY.lastIndex = start;
  const match = KEY.exec(line);
  if (match === null || !judge(match[2]!, start)) return undefined;
  const isColon = match[4] !== undefined;
  // What has a separator is found wherever it stands (secret-values.ts); only in a block its end is another one.
  if (opening === 'line' && (isColon || (match[1] === '' && match[3] !== undefined))) return undefined;
  const from = KEY.lastIndex;
  const close = quotedEnd(line, from);
  // In a mapping of YAML on one line the next key follows.
  if (close === undefined && isColon && /^[^,;{}]*,/.test(line.slice(from, from + LONGEST))) return undefined;
  const span =
    close === undefined ? trimmed(line, from, bareEnd(line, from, opening)) : { start: from + 1, end: close };
  const value = line.slice(span.start, span.end);
  // A line of PAM's may go on for long, what is harmless in a block is short.
  const mayBeHarmless = opening === 'line' || value.length <= LONGEST;
  if (mayBeHarmless && isHarmless(withoutComment(value))) return undefined;
  if (close !== undefined) return { span, isQuoted: true };
  const isEnded = opening === '{' || opening === '}' || signFrom(line, from) < line.length;
  const isProse = WORD.test(match[2]!) && !COMPOUND.test(match[2]!) && /\s/.test(withoutComment(value));
  return isProse && !isEnded ? undefined : { span, isQuoted: false };
}

/** The quote that closes the one here, where nothing goes on behind it that would belong to the value. */
function quotedEnd(line: string, at: number): number | undefined {
  const quote = line[at]!;
  if (quote !== '"' && quote !== "'") return undefined;
  const close = closingQuote(line.slice(at), quote);
  if (close === undefined) return undefined;
  const next = line[behind(/[ \t]*/y, line, at + close + 1)];
  return next === undefined || ',;{}#)]\r'.includes(next) ? at + close : undefined;
}

/** Where a value without quotes ends: with its line, or before a `;`, or before the end of its block. */
function bareEnd(line: string, at: number, opening: Opening): number {
  if (opening === 'line') return line.length;
  return endFrom(line, at, end => line[end] === ';');
}

/** The first end that counts, outside of quotes; the block's own counts in any case. */
function endFrom(line: string, from: number, counts: (at: number) => boolean): number {
  let depth = 1;
  let word = from;
  for (let at = from; at < line.length; at = afterUnit(line, at, from)) {
    const sign = line[at]!;
    if (isBlank(sign)) word = at + 1;
    const next = line[at + 1] ?? ' ';
    // Within a word either is a letter in some dialects.
    if (sign === ';' && isBlank(next) && counts(at)) return at;
    if (sign === '{') depth++;
    if (sign !== '}' || !(isBlank(next) || next === '{' || next === '}')) continue;
    if (counts(at) || (!line.slice(word, at).includes('{') && --depth === 0)) return at;
  }
  return line.length;
}

/** Behind one unit of a word: a whole quoted part, a whole `${...}`, or one letter. */
function afterUnit(line: string, at: number, start: number): number {
  const sign = line[at]!;
  if ((sign === '"' || sign === "'") && (at === start || ' \t=:,({['.includes(line[at - 1]!))) {
    const close = closingQuote(line.slice(at), sign);
    if (close !== undefined) return at + close + 1;
  }
  const variable = sign === '$' ? /^\$\{[^{}]*\}/.exec(line.slice(at, at + LONGEST)) : null;
  return at + (variable === null ? 1 : variable[0].length);
}

function isSecretHeader(line: string, start: number, sign: number, judge: Judge): boolean {
  if (sign - start > LONGEST) return false;
  const words = line.slice(start, sign).trimEnd();
  return HEADER.test(words) && judge(words.replace(/["']/g, ''), start);
}

function signFrom(line: string, at: number): number {
  const sign = /[;{}]/g;
  sign.lastIndex = at;
  return sign.exec(line)?.index ?? line.length;
}

function behind(sticky: RegExp, line: string, at: number): number {
  sticky.lastIndex = at;
  sticky.exec(line);
  return sticky.lastIndex;
}

/** Without blanks around it, and without the sign that ended it. */
function trimmed(line: string, from: number, to: number): Span {
  let start = from;
  let end = to;
  while (start < end && isBlank(line[start]!)) start++;
  while (end > start && (isBlank(line[end - 1]!) || line[end - 1] === ';')) end--;
  return { start, end };
}

function isBlank(sign: string): boolean {
  return sign === ' ' || sign === '\t' || sign === '\r';
}
