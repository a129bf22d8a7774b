/**
 * One statement, word by word: quotes, comments, joined lines and braces as the dialect has them.
 *
 * It never fails. A quote that does not close on its line is an apostrophe, a brace within a word is
 * a letter where the dialect lets braces be words.
 */
import type { Span } from '../../document.ts';
import { isBlank, joinsLines, lineAt, skipBlanks } from '../text-tree.ts';

export interface Rules {
  /** 'line': the line end ends a statement. 'semicolon': a line end is a blank. */
  readonly ends: 'line' | 'semicolon';
  /** 'none': a brace is a letter. 'words': where it stands alone or ends a line. 'all': everywhere. */
  readonly braces: 'none' | 'words' | 'all';
  /** What begins a comment on a line of its own. */
  readonly lineComments: string;
  /** What begins a comment behind a blank. */
  readonly sameLineComments: string;
}

/** No name of a variable is longer; without a limit, a line of `${` alone would cost its square. */
const LONGEST_VARIABLE = 256;

export interface Statement {
  readonly words: readonly Span[];
  /** Behind the last word. */
  readonly end: number;
  /** What ended it; `stop` is where that stands. */
  readonly by: 'line' | 'semicolon' | 'open' | 'close' | 'text';
  readonly stop: number;
}

/** The statement whose first word begins at `start`. */
export function statementAt(text: string, start: number, rules: Rules, limit = text.length): Statement {
  const words: Span[] = [];
  let word = -1;
  let i = start;
  let by: Statement['by'] = 'text';
  while (i < limit) {
    const char = text[i]!;
    const brace = braceAt(text, i, word, rules);
    const newline = char === '\n';
    if (isBlank(char) || newline || brace !== undefined || (char === ';' && rules.ends === 'semicolon')) {
      if (word !== -1) words.push({ start: word, end: i });
      word = -1;
      if (brace !== undefined) by = brace;
      else if (char === ';') by = 'semicolon';
      else if (newline && endsHere(text, i, start, rules)) by = 'line';
      if (by !== 'text') break;
      i++;
    } else if (word === -1 && rules.sameLineComments.includes(char)) {
      i = Math.min(lineAt(text, i).end, limit);
    } else if (rules.ends === 'line' && joinsLines(text, i)) {
      if (word !== -1) words.push({ start: word, end: i });
      word = -1;
      i = lineAt(text, i).next;
    } else {
      if (word === -1) word = i;
      i = afterUnit(text, i, word, rules);
    }
  }
  if (word !== -1) words.push({ start: word, end: i });
  return { words, end: words.at(-1)?.end ?? start, by, stop: i };
}

/** Behind one unit of a word: a whole quoted part, a whole `${...}`, or one letter. */
function afterUnit(text: string, at: number, word: number, rules: Rules): number {
  const char = text[at];
  if ((char === '"' || char === "'") && (at === word || '=:,({['.includes(text[at - 1]!))) {
    const close = closingQuote(text, at);
    if (close !== -1) return close + 1;
  }
  if (char === '$' && text[at + 1] === '{' && rules.braces !== 'none') {
    const variable = /^\$\{[^{}\n]*\}/.exec(text.slice(at, at + LONGEST_VARIABLE));
    if (variable !== null) return at + variable[0].length;
  }
  return at + 1;
}

/** The quote that closes the one at `at`, on the same line; -1 when none does. */
function closingQuote(text: string, at: number): number {
  const quote = text[at];
  for (let i = at + 1; i < text.length && text[i] !== '\n'; i++) {
    if (text[i] === '\\' && quote === '"' && text[i + 1] !== '\n') i++;
    else if (text[i] === quote) return i;
  }
  return -1;
}

/** Whether a brace of the structure stands here. `word` is where the current word began, or -1. */
export function braceAt(text: string, at: number, word: number, rules: Rules): 'open' | 'close' | undefined {
  const char = text[at];
  if ((char !== '{' && char !== '}') || rules.braces === 'none') return undefined;
  const sort = char === '{' ? 'open' : 'close';
  if (rules.braces === 'all') return sort;
  const next = text[at + 1];
  const free = next === undefined || next === '\n' || isBlank(next) || next === '{' || next === '}';
  if (word === -1) return sort === 'close' || free ? sort : undefined;
  if (sort === 'open') return endsLine(text, at + 1) ? 'open' : undefined;
  return free && !text.slice(word, at).includes('{') ? 'close' : undefined;
}

function endsLine(text: string, at: number): boolean {
  const own = skipBlanks(text, at);
  return own === text.length || text[own] === '\n';
}

/** Whether the newline at `at` ends the statement. It does not before a brace on the next line. */
function endsHere(text: string, at: number, start: number, rules: Rules): boolean {
  if (rules.ends === 'semicolon') return text[start] === '%';
  if (rules.braces === 'none') return true;
  let next = at;
  while (next < text.length && (text[next] === '\n' || isBlank(text[next]))) next++;
  return braceAt(text, next, -1, rules) !== 'open';
}

/** The first offset from `at` on that is neither blank, empty line nor comment. */
export function skipTrivia(text: string, at: number, rules: Rules): number {
  let i = at;
  for (;;) {
    i = skipBlanks(text, i);
    const char = text[i];
    if (char === undefined) return text.length;
    if (char === '\n') i++;
    else if (rules.ends === 'line' && joinsLines(text, i)) i = lineAt(text, i).next;
    else if (rules.ends === 'semicolon' && char === ';') i++;
    else if (beginsComment(text, i, rules)) i = lineAt(text, i).end;
    else return i;
  }
}

function beginsComment(text: string, at: number, rules: Rules): boolean {
  if (rules.lineComments.includes(text[at]!)) return true;
  return rules.ends === 'semicolon' && text[at] === '/' && text[at + 1] === '/';
}

/** Behind the blanks, the comment and the line end that follow; `at` itself when more text does. */
export function afterLine(text: string, at: number, rules: Rules): number {
  let i = skipBlanks(text, at);
  if (i < text.length && beginsComment(text, i, rules)) i = lineAt(text, i).end;
  i = skipBlanks(text, i);
  if (i === text.length) return i;
  return text[i] === '\n' ? i + 1 : at;
}

/** A directive: its first word, and the rest. `rest` is undefined where neither value nor separator stands. */
export function directiveOf(text: string, statement: Statement): { label: Span; rest: Span | undefined } {
  const first = statement.words[0]!;
  const second = statement.words[1];
  const raw = text.slice(first.start, first.end);
  const sign = /^[\w.$%@-]+(=)/.exec(raw) ?? /^[A-Za-z_][\w.-]*(:)$/.exec(raw);
  if (sign !== null) {
    const label = { start: first.start, end: first.start + sign[0].length - 1 };
    return { label, rest: restFrom(text, label.end + 1, statement.end) };
  }
  if (second === undefined) return { label: first, rest: undefined };
  const separated = text[second.start] === '=' || text.slice(second.start, second.end) === ':';
  return { label: first, rest: restFrom(text, second.start + (separated ? 1 : 0), statement.end) };
}

function restFrom(text: string, at: number, end: number): Span {
  let start = at;
  while (start < end && (isBlank(text[start]) || text[start] === '\n')) start++;
  return { start, end };
}
