import type { Span } from '../document.ts';
import { isCephKey, isHarmless, isSecretBelow, looksRandom, mayBeSecretKey } from './secret-keys.ts';

/** What of the following lines belongs to a value. `column` is that of its key. */
export type Rest =
  | { readonly kind: 'block'; readonly column: number }
  | { readonly kind: 'nested'; readonly column: number }
  | { readonly kind: 'array'; readonly column: number }
  | { readonly kind: 'quoted'; readonly column: number; readonly quote: string }
  | { readonly kind: 'triple'; readonly quote: string }
  | { readonly kind: 'continued' };

/** What one line hides: spans within it, and what it leaves open. */
export interface LineSecrets {
  readonly spans: Span[];
  readonly rest?: Rest;
}

/** Which labels are secret on a line; it depends on the lines before (`name: DB_PASSWORD`, `value: x`). */
export type Judge = (label: string, column: number) => boolean;

/** Indentation, and the marks of diffs, comments and list items. */
const PREFIX = /^[ \t+\-#;|>]*/;
/** Looking for labels costs something, and most lines have no word that could be part of one. */
const WORTH =
  /pass|secret|token|key|pw|cred|chap|auth|psk|community|user|monitor|dhhc|:\/\/|bearer|basic|-U/i;
/** Longest label that is looked for, so that a long line costs no more than its length. */
const LABEL = 80;

export function columnOf(line: string): number {
  return PREFIX.exec(line)![0].length;
}

/** Whether a label cannot be missed on a line without any of the usual words. */
export function isWorthALook(line: string): boolean {
  return WORTH.test(line);
}

/**
 * The secrets of `key = value`, `key: value`, `"key": "value"` on one line; behind a secret key's opening
 * brace all values up to the closing one.
 */
export function keyedValues(line: string, judge: Judge): LineSecrets {
  const spans: Span[] = [];
  let secretUntil = 0;
  const above = new Above(line);
  const column = columnOf(line);
  const separator = /[:=]/g;
  for (let match = separator.exec(line); match !== null; match = separator.exec(line)) {
    const label = labelBefore(line, match.index, column);
    if (label === undefined) continue;
    const isSecret =
      (label.start < secretUntil && !describes(label.text)) ||
      isSecretBelow(above.at(label), label.text) ||
      judge(label.text, label.start);
    if (!isSecret && !mayBeSecretKey(label.text)) continue;
    const found = valueAt(line, match.index, label);
    if (found === undefined) {
      if (isSecret) secretUntil = Math.max(secretUntil, closingBrace(line, match.index));
      continue;
    }
    const value = line.slice(found.span.start, found.span.end);
    if (!isSecret && !looksRandom(value) && !isCephKey(value)) continue;
    if (found.rest === undefined && isHarmless(withoutComment(value))) continue;
    if (found.span.end > found.span.start) spans.push(found.span);
    if (found.rest !== undefined) return { spans, rest: found.rest };
    separator.lastIndex = Math.max(found.span.end, match.index + 1);
  }
  return { spans };
}

/** The keys whose braces are open at a label, going along a line once. */
class Above {
  readonly #open: string[] = [];
  #last = '';
  #at = 0;

  constructor(private readonly line: string) {}

  /** The key of the innermost brace around a label; '' where there is none. */
  at({ text, start }: Label): string {
    for (; this.#at < start; this.#at++) {
      const sign = this.line[this.#at];
      if (sign === '{') this.#open.push(this.#last);
      else if (sign === '}') this.#open.pop();
    }
    this.#last = text;
    return this.#open.at(-1) ?? '';
  }
}

/** Below a secret key: what tells which secret it is, or where it lies. All else there is as secret as it. */
export function describes(label: string): boolean {
  return /^(?:name|type|kind|namespace|path|file|user|username)$/i.test(label);
}

/** Where the braces that open behind a separator close again; else the end of the line. */
function closingBrace(line: string, from: number): number {
  let depth = 0;
  for (let at = line.indexOf('{', from); at !== -1 && at < line.length; at++) {
    const sign = line[at]!;
    // An apostrophe within a word opens nothing.
    const isQuote = sign === '"' || (sign === "'" && !/\w/.test(line[at - 1] ?? ''));
    if (isQuote) at += closingQuote(line.slice(at), sign) ?? line.length;
    else if (sign === '{') depth++;
    else if (sign === '}' && --depth === 0) return at;
  }
  return line.length;
}

interface Label {
  readonly text: string;
  readonly start: number;
  readonly quoted: boolean;
  /** Nothing but indentation and marks before it: the value may take the rest of the line. */
  readonly first: boolean;
}

function labelBefore(line: string, separator: number, column: number): Label | undefined {
  const isColon = line[separator] === ':';
  const next = line[separator + 1];
  if (isColon ? next === '=' || line.startsWith('//', separator + 1) : next === '=') return undefined;
  const offset = Math.max(0, separator - LABEL);
  const before = line.slice(offset, separator).replace(/[ \t]{0,8}[:+?]?$/, '');
  const quoted = /(["'])([^"']+)\1$/.exec(before);
  if (quoted) {
    const start = offset + quoted.index;
    return { text: quoted[2]!, start, quoted: true, first: start === column };
  }
  const bare = /[A-Za-z0-9_][A-Za-z0-9_.-]*(?:[ \t]+[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/.exec(before);
  if (bare === null) return undefined;
  const start = offset + bare.index;
  if (isColon) return colonLabel(line, bare[0], start, start <= column, next);
  const first = start <= column || (offset === 0 && !/[=,{(&?"']/.test(line.slice(column, start)));
  return { text: bare[0], start, quoted: false, first };
}

/** A colon also stands in prose, in IQNs and times: only what looks like a key of YAML counts. */
function colonLabel(
  line: string,
  text: string,
  start: number,
  first: boolean,
  next?: string,
): Label | undefined {
  const spaced = next === undefined || next === ' ' || next === '\t' || next === '\r';
  if (!spaced && !first) return undefined;
  const words = text.split(/[ \t]+/);
  const isComment = /^[ \t+-]*[#;]/.test(line);
  if (words.length > (isComment ? 1 : 3)) return undefined;
  if (!first && words.length > 1) return undefined;
  return { text, start, quoted: false, first };
}

interface Value {
  readonly span: Span;
  readonly rest?: Rest;
}

/** Where the value behind a separator stands. Undefined for an opening brace: its keys come next. */
function valueAt(line: string, separator: number, label: Label): Value | undefined {
  const isColon = line[separator] === ':';
  let start = separator + 1;
  if (line[start] === '>' && !isColon) start++;
  while (line[start] === ' ' || line[start] === '\t') start++;
  if (isColon) start += /^(?:[!&][^\s|>]*[ \t]+)*/.exec(line.slice(start, start + LABEL))![0].length;
  const rest = line.slice(start).trimEnd();
  const end = start + rest.length;
  const column = label.start;
  const empty = { start: end, end };
  if (rest === '') return isColon ? { span: empty, rest: { kind: 'nested', column } } : undefined;
  if (isColon && /^[|>][+-]?\d?[+-]?(?:\s+#.*)?$/.test(rest))
    return { span: empty, rest: { kind: 'block', column } };
  if (rest === '{') return { span: empty, rest: { kind: 'nested', column } };
  if (rest[0] === '{' && !/^\{\{|^\{[a-z]+\}$/.test(rest)) return undefined;
  if (rest[0] === '[') return arrayAt(rest, start, column);
  if (rest[0] === '"' || rest[0] === "'") return quotedAt(rest, start, label, isColon);
  return bareAt(rest, start, label, isColon);
}

function arrayAt(rest: string, start: number, column: number): Value {
  const close = rest.indexOf(']');
  const end = close === -1 ? rest.length : close;
  const inner = { start: start + 1, end: start + end };
  return close === -1 ? { span: inner, rest: { kind: 'array', column } } : { span: inner };
}

function quotedAt(rest: string, start: number, label: Label, isColon: boolean): Value {
  const quote = rest[0]!;
  const triple = quote.repeat(3);
  if (rest.startsWith(triple)) {
    const close = rest.indexOf(triple, 3);
    const end = close === -1 ? rest.length : close;
    const span = { start: start + 3, end: start + end };
    return close === -1 ? { span, rest: { kind: 'triple', quote: triple } } : { span };
  }
  const close = closingQuote(rest, quote);
  if (close === undefined) {
    const span = { start: start + 1, end: start + rest.length };
    return isColon ? { span, rest: { kind: 'quoted', column: label.start, quote } } : { span };
  }
  // What goes on after the quote without a separator is part of the value for an INI reader.
  const goesOn = label.first && !isColon && !/^[ \t]*(?:$|[,;}\])#])/.test(rest.slice(close + 1));
  return { span: { start: start + 1, end: start + (goesOn ? rest.length : close) } };
}

export function closingQuote(rest: string, quote: string): number | undefined {
  for (let i = 1; i < rest.length; i++) {
    if (rest[i] === '\\' && quote === '"') i++;
    else if (rest[i] === quote && quote === "'" && rest[i + 1] === "'") i++;
    else if (rest[i] === quote) return i;
  }
  return undefined;
}

function bareAt(rest: string, start: number, label: Label, isColon: boolean): Value {
  const ends = label.quoted ? /[,}\]]/ : label.first ? undefined : isColon ? /[,}\]]/ : /[\s,;)\]}"'&<]/;
  const stop = ends === undefined ? -1 : rest.search(ends);
  const end = stop === -1 ? rest.length - (/;$/.test(rest) ? 1 : 0) : stop;
  const span = { start, end: start + end };
  return label.first && rest.endsWith('\\') ? { span, rest: { kind: 'continued' } } : { span };
}

export function withoutComment(value: string): string {
  const comment = value.search(/[ \t][#;]/);
  return comment === -1 ? value : value.slice(0, comment);
}

/** Forms without a separator. The last group of each is the value; `label` is judged where named. */
const FORMS: readonly { readonly form: RegExp; readonly judged: boolean }[] = [
  // tgt, SCST: incominguser NAME PASSWORD
  { form: /(?:incoming|outgoing)_?user["']?[\s:=]+["']?[^\s"']+[ \t]+["']?([^\s"';,]+)/dgi, judged: false },
  // HAProxy: user NAME [insecure-]password PASSWORD, stats auth NAME:PASSWORD
  { form: /^[ \t+\-#]*user[ \t]+\S+.*[ \t](?:insecure-)?password[ \t]+(\S+)/dgi, judged: false },
  { form: /\bstats[ \t]+auth[ \t]+[^\s:]+:(\S+)/dgi, judged: false },
  // a command line: --password VALUE, -U NAME%PASSWORD
  { form: /(?:^|\s)--?(?<label>[A-Za-z][\w-]*)[ \t]+["']?((?!-)[^\s"']+)/dg, judged: true },
  { form: /(?:^|\s)-U[ \t]*["']?[^\s%"']+%([^\s"']+)/dg, judged: false },
  // Gluster: option KEY VALUE
  { form: /^[ \t+\-#]*option[ \t]+(?<label>[\w.-]+)[ \t]+(\S+)/dgi, judged: true },
  // snmpd: createUser NAME SHA PASSWORD AES PASSWORD; NUT: MONITOR UPS N USER PASSWORD ROLE
  { form: /^[ \t+\-#]*createUser[ \t].*?[ \t](?:MD5|SHA(?:-?\d+)?)[ \t]+["']?([^\s"']+)/dgi, judged: false },
  { form: /^[ \t+\-#]*createUser[ \t].*[ \t](?:DES|AES(?:-?\d+)?)[ \t]+["']?([^\s"']+)/dgi, judged: false },
  { form: /^[ \t+\-#]*MONITOR[ \t]+\S+[ \t]+\d+[ \t]+\S+[ \t]+(\S+)/dg, judged: false },
  // NVMe in-band authentication: the form itself says what it is
  { form: /\b(DHHC-1:[^\s"',;]+)/dg, judged: false },
  // HAProxy writes a blank as one that is escaped: `Authorization:\ Basic\ x`, `tcp-check send AUTH\ x\r\n`
  { form: /\b(?:Bearer|Basic)(?:\\?[ \t])+([A-Za-z0-9+/=._~-]{8,})/dgi, judged: false },
  { form: /\bAUTH(?:\\?[ \t])+((?:[^\s\\"']|\\[ \t])+)/dg, judged: false },
  // up to the last @, for a password may hold / and @ as they are; a port with a path behind it is none
  { form: /:\/\/[^\s:@/"']*:(?!\d{1,5}\/)((?:(?!:\/\/)[^\s"'])+)@/dg, judged: false },
  // the same, cut off by an unfinished save; a port or the place of one is none
  { form: /:\/\/[^\s:@/"'[]+:((?![\d{$<%])[^\s@/"':]+)$/dg, judged: false },
  { form: /<(?<label>[\w:.-]{1,60})(?:\s[^<>]*)?>([^<>]+)<\//dg, judged: true },
];

/** The secrets of the forms that have their own grammar: user directives, URLs, command lines, XML. */
export function formValues(line: string, judge: Judge): Span[] {
  const spans: Span[] = [];
  for (const { form, judged } of FORMS) {
    for (const match of line.matchAll(form)) {
      const [start, end] = match.indices!.at(-1)!;
      if (judged && !judge(match.groups?.label ?? '', match.index)) continue;
      if (!isHarmless(line.slice(start, end))) spans.push({ start, end });
    }
  }
  return spans;
}
