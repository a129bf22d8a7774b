/**
 * Which format a text is written in. The content decides; the name settles what the content leaves
 * open, and an unknown text is `lines`.
 *
 * A cut or broken file must keep its format: a half-saved JSON file that were taken for lines would be
 * replicated instead of held. So nothing is parsed here. Each format gets a score between 0 and 1 from
 * the shape of the lines, and a few marks that no other format has count most.
 */
import type { FormatName } from '../document.ts';
import { endWordsOf, HAPROXY_HEADER, significantLines, TAG } from './block/dialect.ts';
import { hintOf } from './file-names.ts';

/** UTF-16 units that are looked at: more than any header comment, and quick for a file of 20 MB. */
const SAMPLE = 256 * 1024;

/** What the name adds. Less than the distance between a clear case and the next one. */
const HINT = 0.3;

/** Formats whose ending says what a file is, and which of the three it is; never that it is another one. */
const DATA: ReadonlySet<FormatName | undefined> = new Set(['json', 'yaml', 'toml'] as const);

/** The format of a file from its text and its name or path. Never fails. */
export function detectFormat(text: string, name: string): FormatName {
  const sample = text.slice(0, SAMPLE);
  const lines = significantLines(sample);
  const scores: { name: FormatName; score: number }[] = [
    { name: 'json', score: jsonScore(sample, lines) },
    { name: 'block', score: blockScore(lines) },
    { name: 'ini', score: iniScore(lines) },
    { name: 'toml', score: tomlScore(sample, lines) },
    { name: 'yaml', score: yamlScore(lines) },
    { name: 'lines', score: linesScore(lines) },
  ];
  const hint = hintOf(name);
  // What is named as data is data: a broken TOML file looks like INI, and must be held, not replicated.
  const isData = DATA.has(hint);
  let best: FormatName = hint ?? 'lines';
  let most = -1;
  for (const { name: format, score } of scores) {
    if (isData && !DATA.has(format)) continue;
    const total = score + (format === hint ? HINT : 0);
    if (total > most) {
      most = total;
      best = format;
    }
  }
  return best;
}

/** Whether a text has nothing but blank lines and comments: then it tells of no format. */
export function tellsNothing(text: string): boolean {
  return text.length <= SAMPLE && significantLines(text).length === 0;
}

function share(lines: readonly string[], test: (line: string) => boolean): number {
  if (lines.length === 0) return 0;
  return lines.filter(test).length / lines.length;
}

/** Lines as far to the left as the first one: the outermost structure, without embedded texts. */
function outermost(lines: readonly string[]): string[] {
  const indent = /^\s*/.exec(lines[0] ?? '')![0];
  return lines.filter(line => line.startsWith(indent) && !/^\s/.test(line.slice(indent.length)));
}

const JSON_LINE = /^\s*("[^"]*"\s*:.*|[[\]{}]+,?|"[^"]*",?|\{.*\},?)$/;

/** No other format begins with a brace, and a bracket begins a section only when it closes on its line. */
function jsonScore(text: string, lines: readonly string[]): number {
  const start = text.search(/[^\s\ufeff]/);
  const first = text.slice(Math.max(start, 0), start + 2000);
  const body = /^(#|\/\/|\/\*)/.test(first) ? lines.join('\n').trimStart() : first;
  if (/^\{\s*("|\}|$)/.test(body)) return 1;
  if (/^\[\s*(["{[\]]|-?\d|true|false|null|$)/.test(body) && !/^\[\[?[^\],]*\]\]?[ \t]*(\r?\n|$)/.test(body))
    return 1;
  if (body.startsWith('{')) return 0.7;
  return 0.6 * share(lines, line => JSON_LINE.test(line));
}

const OPENS = /^\s*([^\s"'=:{}[\]#][^"{}=]*|[^\s{}=]+\s+"[^"]*"[^{}=]*)?(?<![:=]\s*)\{$/;
const CLOSES = /^\s*\}[\s};]*$/;
const ONE_LINER = /^\s*[A-Za-z][^"'=:{}]*\{[^{}]*\}?[\s;}]*$/;

function blockScore(lines: readonly string[]): number {
  if (lines.some(line => /<\w[^<>]*>.*<\/\w/.test(line) || line.startsWith('<?xml'))) return 0;
  if (endWordsOf(lines).size > 0) return 0.95;
  const outer = outermost(lines);
  if (outer.some(line => TAG.test(line))) return 0.9;
  const headers = outer.filter(line => HAPROXY_HEADER.test(line)).length;
  const closed = lines.filter(line => CLOSES.test(line)).length;
  if (headers > 0 && closed === 0) return HAPROXY_HEADER.test(outer[0]!) ? 0.9 : 0.6;
  const opened = outer.filter((line, index) => OPENS.test(line) || (line === '{' && index > 0)).length;
  const short = outer.filter(line => ONE_LINER.test(line) && !OPENS.test(line)).length;
  const marks = opened + short + outer.filter(line => CLOSES.test(line)).length;
  if (opened + short === 0) return 0.5 * share(outer, line => /;$/.test(line));
  return 0.5 + 0.45 * Math.min(1, (2 * marks) / outer.length);
}

const SECTION = /^\s*\[[^[\]{}"]*\]\s*([#;].*)?$/;
const CUT_SECTION = /^\s*\[[^[\]{}",]*$/;
/** Not a path, a host with options, or an fstab line; no colon with a blank behind it. */
const ASSIGNMENT =
  /^\s*(?!(?:PART)?(?:UUID|LABEL)=\S+\s+\S+\s)([^\s=#;[\](){}<"'/,:]|:(?=\S))([^=#;[\](){}<"'/,:\s]|:(?=\S)|[ \t])*=/;
/** Words with blanks between them are a key only where the sign stands apart, as in `hosts allow =`. */
const LOOSE = /^\s*\S+[ \t]+\S.*[^\s]=/;

function isAssignment(line: string): boolean {
  return ASSIGNMENT.test(line);
}

function iniScore(lines: readonly string[]): number {
  const outer = outermost(lines);
  const sections = outer.filter(line => SECTION.test(line)).length;
  if (sections === 0) {
    if (outer.some(line => OPENS.test(line))) return 0.3 * share(lines, isAssignment);
    return 0.8 * share(lines, line => isAssignment(line) && !LOOSE.test(line));
  }
  const known = share(lines, line => SECTION.test(line) || isAssignment(line) || CUT_SECTION.test(line));
  return 0.1 + 0.8 * known;
}

const TOML_KEY = /^\s*(?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*\s*=\s*(.*)$/;
/** A list and an inline table must go on as such: `[v2:10.0.0.1]` is Ceph's, and no value of TOML. */
const TOML_VALUE = new RegExp(
  '^(' +
    [
      '"""',
      "'''",
      '"(?:[^"\\\\]|\\\\.)*"',
      "'[^']*'",
      '\\[(?=\\s*(?:$|[#\\]"\'[{+-]|\\d|true|false))',
      '\\{(?=\\s*(?:\\}|[\\w."\'-]+\\s*=))',
      '(?:true|false|[+-]?(?:inf|nan))(?![\\w.:-])',
      '[+-]?(?:0x[\\da-fA-F_]+|0[ob][\\d_]+|\\d[\\d_]*(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)(?![\\w.:-])',
      '\\d{4}-\\d\\d-\\d\\d(?:[Tt ]\\d\\d:\\d\\d\\S*)?|\\d\\d:\\d\\d(?::\\d\\d)?(?![\\w.:-])',
    ].join('|') +
    ')\\s*(.*)$',
);
const TOML_TABLE = /^\s*\[\[[^[\]]+\]\]\s*(#.*)?$/;

/** As ini, and the values are such as only TOML has: strings in quotes, lists, tables of tables. */
function tomlScore(text: string, lines: readonly string[]): number {
  let [keys, valid, quoted] = [0, 0, 0];
  for (const line of lines) {
    if (!isAssignment(line) && !TOML_KEY.test(line)) continue;
    keys++;
    const value = TOML_VALUE.exec(TOML_KEY.exec(line)?.[1] ?? '');
    if (value === null) continue;
    const behind = value[2]!;
    if (behind !== '' && !behind.startsWith('#') && !/^("""|'''|\[|\{)/.test(value[1]!)) continue;
    valid++;
    if (/^["'[{]/.test(value[1]!)) quoted++;
  }
  const tables = lines.filter(line => TOML_TABLE.test(line)).length;
  // Values of LVM look like TOML's, its blocks do not.
  if (tables === 0 && outermost(lines).some(line => OPENS.test(line))) return 0;
  if (keys === 0) return tables > 0 ? 0.95 : 0;
  if (valid / keys < 0.8 || /^\s*;/m.test(text)) return tables > 0 ? 0.5 : 0;
  const sections = lines.filter(line => SECTION.test(line)).length;
  // Without a section, NAME="value" without blanks is a shell's way to write it.
  const isShell =
    tables + sections === 0 && share(lines, line => /^\s*(export\s+)?[A-Z_a-z0-9]+=\S/.test(line)) > 0.5;
  if (isShell) return 0.3;
  if (quoted + tables > 0) return 0.9 + 0.05 * (valid / keys);
  return 0.8 * share(lines, line => SECTION.test(line) || TOML_KEY.test(line));
}

const YAML_KEY =
  /^\s*(?:- +)*(?:"[^"]*"|'[^']*'|[^\s#:{}[\],&*!|>'"%@`;=-][^#:{}="]*(?::[^\s:#{}="]+)*)\s*:(\s|$)/;
const YAML_ITEM = /^\s*-(\s|$)/;
const YAML_MARK = /^(---(\s|$)|\.\.\.$|%YAML)/;

/** The outermost lines decide: a block scalar further in may hold any other format. */
function yamlScore(lines: readonly string[]): number {
  const outer = outermost(lines);
  if (outer.length === 0) return 0;
  const marked = YAML_MARK.test(outer[0]!);
  const keys = outer.filter(line => YAML_KEY.test(line)).length;
  const items = outer.filter(line => YAML_ITEM.test(line)).length;
  if (keys + items === 0) return marked ? 0.6 : 0;
  const known = share(
    outer,
    line => YAML_KEY.test(line) || YAML_ITEM.test(line) || YAML_MARK.test(line) || /^[\]}]/.test(line),
  );
  return Math.min(0.95, 0.9 * known + (marked ? 0.3 : 0));
}

/** A path, an address or a quoted path at the line's head, as in exports, hosts and fstab. */
const ENTRY =
  /^\s*("?\/|\d+\.\d+\.\d+\.\d+\S*\s|[0-9a-fA-F]*::?[0-9a-fA-F:]*\s|(?:PART)?(?:UUID|LABEL)=\S+\s)/;

function linesScore(lines: readonly string[]): number {
  return 0.25 + 0.55 * share(lines, line => ENTRY.test(line));
}
