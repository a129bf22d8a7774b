import type { FormatName } from '../../../../src/core/document.ts';
import type { Tape } from './tape.ts';

type Ordinary = (text: string, format: FormatName, tape: Tape) => string | undefined;

function pickLine(text: string, tape: Tape, wanted: RegExp): number | undefined {
  const found = [...text.split('\n').entries()].filter(([, line]) => wanted.test(line)).map(([at]) => at);
  return found.length === 0 ? undefined : tape.pick(found);
}

function changeLine(
  text: string,
  at: number | undefined,
  change: (line: string) => string[],
): string | undefined {
  if (at === undefined) return undefined;
  const lines = text.split('\n');
  return lines.toSpliced(at, 1, ...change(lines[at]!)).join('\n');
}

const VALUE = /(size|owner|comment|type|option|serial)\W+\w+|^\/srv/;

/** A line that a format has for one more setting, beside the one given. */
const MORE: Record<FormatName, (indent: string) => string> = {
  json: indent => `${indent}"added": "nas1",`,
  yaml: indent => `${indent}added: nas1`,
  toml: () => 'added = "nas1"',
  ini: indent => `${indent}added = nas1`,
  block: indent => `${indent}added nas1;`,
  lines: () => '/srv/added nas1(rw)',
};

/** A line that is a setting of its own. */
const SETTING: Record<FormatName, RegExp> = {
  json: /^ +"(?:host|portal|path|size|owner|device)": "/,
  yaml: /^ *(?:host|portal|path|size|owner|device): /,
  toml: /^(?:host|portal|path|size|owner|device) = /,
  ini: /^ *(?:host|portal|path|size|owner|device) = /,
  block: /^ *(?:host|portal|path|size|owner|device) .*;/,
  lines: /^\/srv\/\w+\/(?:host|portal)/,
};

/** The changes of a single line that make up most of an administrator's day. */
export const ORDINARY = {
  value: (text, _format, tape) =>
    changeLine(text, pickLine(text, tape, VALUE), line => [
      line.replace(/(\w)("?[;,]?\r?|\(rw\).*)$/, '$18$2'),
    ]),
  comment: (text, _format, tape) =>
    changeLine(text, pickLine(text, tape, /^\s*[#;] \w/), line => [line.replace(/([#;] )/, '$1see nas1, ')]),
  'comment added': (text, format, tape) =>
    format === 'json'
      ? undefined
      : changeLine(text, pickLine(text, tape, SETTING[format]), line => [
          `${/^ */.exec(line)![0]}# by nas1`,
          line,
        ]),
  'line added': (text, format, tape) =>
    changeLine(text, pickLine(text, tape, SETTING[format]), line => [
      MORE[format](/^ */.exec(line)![0]),
      line,
    ]),
  'line removed': (text, format, tape) => changeLine(text, pickLine(text, tape, SETTING[format]), () => []),
  'entry in a list': (text, format, tape) => {
    const item: Record<FormatName, [RegExp, (line: string) => string[]]> = {
      json: [/^ +"(?:\w+)",$/, line => [`${/^ */.exec(line)![0]}"new",`, line]],
      yaml: [/^ *- serial: /, line => [`${/^ */.exec(line)![0]}- {serial: new, lun: 99, name: new}`, line]],
      toml: [/^ {2}\{ /, line => ['  { serial = "new", name = "new" },', line]],
      ini: [/^ *option = /, line => [`${/^ */.exec(line)![0]}option = new`, line]],
      block: [/^ *option .*;/, line => ['    option new x;', line]],
      lines: [/^option /, line => ['option new', line]],
    };
    const [wanted, change] = item[format];
    return changeLine(text, pickLine(text, tape, wanted), change);
  },
} satisfies Record<string, Ordinary>;
