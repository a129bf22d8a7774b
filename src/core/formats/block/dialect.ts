/**
 * Which dialect a block text is written in: by its content, one small question per family. All
 * questions look at lines outside of comments.
 */
import type { Rules } from './statement.ts';

export type Dialect =
  | { readonly shape: 'braces'; readonly rules: Rules }
  | { readonly shape: 'tags'; readonly rules: Rules }
  | { readonly shape: 'end-words'; readonly rules: Rules; readonly words: ReadonlySet<string> }
  | { readonly shape: 'sections'; readonly rules: Rules };

const BY_LINE: Rules = { ends: 'line', braces: 'none', lineComments: '#', sameLineComments: '#' };
/** Ganesha, DRBD, nginx. */
const SEMICOLON: Rules = { ends: 'semicolon', braces: 'all', lineComments: '#', sameLineComments: '#' };
/** keepalived, multipath, SCST, LVM. */
const LINE: Rules = { ends: 'line', braces: 'words', lineComments: '#!', sameLineComments: '#!' };
/** corosync: a `#` behind a value belongs to the value. */
const COLON: Rules = { ends: 'line', braces: 'words', lineComments: '#', sameLineComments: '' };

/** `<target iqn...>` or `</target>` alone on its line; `<<include x>>` is a directive. */
export const TAG = /^\s*<\/?[A-Za-z][^<>]*>\s*(#.*)?$/;
const END_WORD = /^\s*end-([A-Za-z][\w-]*)\s*(#.*)?$/;
const GLUSTER_HEAD = /^volume\s+\S+\s*$/;
const GLUSTER_TYPE = /^\s*type\s+[\w-]+\/[\w-]+\s*$/;
const BRACE_ALONE = /^\s*\}/;

const SECTION_WORDS =
  'global|defaults|frontend|backend|listen|peers|resolvers|userlist|mailers|cache|program|ring|http-errors|log-forward|fcgi-app|crt-store|traces|acme';

/** An unindented HAProxy section header. It holds no brace and no sign of another format. */
export const HAPROXY_HEADER = new RegExp(`^(${SECTION_WORDS})(\\s+[^\\s{}=]+)*\\s*$`);

/** What the head of a longer line tells is enough, and patterns cost at most its square. */
const LONGEST = 1000;

/** Lines that are neither empty nor comments, without comments behind a blank. */
export function significantLines(text: string): string[] {
  const lines: string[] = [];
  for (const line of text.replace(/^\ufeff/, '').split('\n')) {
    if (/^\s*([#!;]|\/\/|$)/.test(line)) continue;
    lines.push(
      line
        .slice(0, LONGEST)
        .replace(/\s(#|!\s).*$/, '')
        .trimEnd(),
    );
  }
  return lines;
}

/** What the dialect is told by, beside end-words. A line's part in it depends on that line and the next. */
export interface Tally {
  readonly tags: number;
  readonly braces: number;
  readonly headers: number;
  readonly ends: number;
  readonly semicolons: number;
  readonly colons: number;
  readonly others: number;
}

export function dialectOf(text: string): Dialect {
  const lines = significantLines(text);
  return dialectFrom(tallyOf(lines), endWordsOf(lines));
}

export function dialectFrom(tally: Tally, words: ReadonlySet<string>): Dialect {
  if (words.size > 0) return { shape: 'end-words', rules: BY_LINE, words };
  if (tally.tags > 0 && tally.tags >= tally.braces) return { shape: 'tags', rules: BY_LINE };
  if (tally.headers > 0 && tally.ends === 0) return { shape: 'sections', rules: BY_LINE };
  return { shape: 'braces', rules: braceRules(tally) };
}

/** Counts all of `lines`, or the first `count`: then those after them are only looked ahead to. */
export function tallyOf(lines: readonly string[], count = lines.length): Tally {
  const tally = { tags: 0, braces: 0, headers: 0, ends: 0, semicolons: 0, colons: 0, others: 0 };
  for (let index = 0; index < count; index++) {
    const line = lines[index]!;
    if (TAG.test(line)) tally.tags++;
    if (/\{$|^\s*\}/.test(line)) tally.braces++;
    if (HAPROXY_HEADER.test(line)) tally.headers++;
    if (BRACE_ALONE.test(line)) tally.ends++;
    if (/;\s*(\}[\s;}]*)?$/.test(line)) tally.semicolons++;
    else if (/\{$|^[\s{}]*$/.test(line) || /^\s*\{/.test(lines[index + 1] ?? '')) continue;
    else if (/^\s*[A-Za-z_][\w.-]*:(\s|$)/.test(line)) tally.colons++;
    else tally.others++;
  }
  return tally;
}

/** The words that `end-<word>` closes; those of Gluster also where a cut has taken every end away. */
export function endWordsOf(lines: readonly string[]): Set<string> {
  const words = new Set<string>();
  lines.forEach((line, index) => {
    const word = END_WORD.exec(line)?.[1];
    if (word !== undefined) words.add(word);
    if (GLUSTER_HEAD.test(line) && GLUSTER_TYPE.test(lines[index + 1] ?? '')) words.add('volume');
  });
  return words;
}

/** Semicolons end the statements when at least half of the statements end with one. */
function braceRules({ semicolons, colons, others }: Tally): Rules {
  if (semicolons > 0 && semicolons >= colons + others) return SEMICOLON;
  return colons > others ? COLON : LINE;
}
