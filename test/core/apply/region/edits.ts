import { BORDER_EDITS, editAtBorder, IDENTIFIERS } from '../../law/model.ts';
import type { Tape } from './tape.ts';

/** What an administrator types by mistake, or means: each may end what it stands in, or swallow what follows. */
const PIECES = [
  '"',
  "'",
  '#',
  '[',
  ']',
  '{',
  '}',
  ':',
  ': ',
  ',',
  '- ',
  '\n',
  ' ',
  '  ',
  '\t',
  '=',
  '\\',
  '|',
  '>',
  '&a ',
  '*a',
  ';',
  '!',
  '%',
  '\r\n',
  '"""',
  '\n\n',
  '? ',
  '---\n',
  '...\n',
  'name: ',
  '}\n',
  '\u0000',
  '<<: ',
  '0',
  'é',
  '/',
];

const HARD = ['nas10', 'vg_nas1', 'Nas1', '%6eas1', '10.0.0.2', 'fd00:0::1a', '52:54:00:A1:b2:c3'];

type Edit = (text: string, tape: Tape) => string;

function lineOf(text: string, tape: Tape): { lines: string[]; at: number } {
  const lines = text.split('\n');
  return { lines, at: tape.below(lines.length) };
}

const spliced = (text: string, at: number, remove: number, put: string) =>
  text.slice(0, at) + put + text.slice(at + remove);

/** Every sort of edit, from harmless to one that breaks the file. */
export const EDITS: Readonly<Record<string, Edit>> = {
  piece: (text, tape) => spliced(text, tape.below(text.length + 1), 0, tape.pick(PIECES)),
  cut: (text, tape) => spliced(text, tape.below(text.length), 1 + tape.below(6), ''),
  'line removed': (text, tape) => {
    const { lines, at } = lineOf(text, tape);
    return lines.toSpliced(at, 1 + tape.below(3)).join('\n');
  },
  'line twice': (text, tape) => {
    const { lines, at } = lineOf(text, tape);
    return lines.toSpliced(at, 0, lines[at]!).join('\n');
  },
  'line elsewhere': (text, tape) => {
    const { lines, at } = lineOf(text, tape);
    return lines.toSpliced(tape.below(lines.length), 0, lines[at]!).join('\n');
  },
  'lines exchanged': (text, tape) => {
    const { lines, at } = lineOf(text, tape);
    const next = Math.min(at + 1, lines.length - 1);
    return lines.with(at, lines[next]!).with(next, lines[at]!).join('\n');
  },
  'some lines twice': (text, tape) => {
    const { lines, at } = lineOf(text, tape);
    const to = at + 1 + tape.below(8);
    return lines.toSpliced(to, 0, ...lines.slice(at, to)).join('\n');
  },
  indentation: (text, tape) => {
    const { lines, at } = lineOf(text, tape);
    const line = lines[at]!;
    const put = tape.pick([
      `  ${line}`,
      ` ${line}`,
      line.replace(/^ {1,2}/, ''),
      line.trimStart(),
      `\t${line}`,
    ]);
    return lines.with(at, put).join('\n');
  },
  'carriage return': (text, tape) => {
    const { lines, at } = lineOf(text, tape);
    const line = lines[at]!;
    return lines.with(at, line.endsWith('\r') ? line.slice(0, -1) : `${line}\r`).join('\n');
  },
  'final newline': text => (text.endsWith('\n') ? text.slice(0, -1) : `${text}\n`),
  appended: (text, tape) =>
    text + tape.pick(['# nas1\n', '\n', 'x\n', text.split('\n').at(-2) ?? '', '  # y\n']),
  token: (text, tape) => {
    const { lines, at } = lineOf(text, tape);
    return lines.with(at, editAtBorder(lines[at]!, tape.pick(BORDER_EDITS), tape.below(50))).join('\n');
  },
  word: (text, tape) => {
    const words = [...text.matchAll(/[\w.]+/g)];
    const word = tape.pick(words);
    if (word === undefined) return `${text}x`;
    return spliced(text, word.index, word[0].length, tape.pick([...IDENTIFIERS, ...HARD, 'new', '17']));
  },
  'comment line': (text, tape) => {
    const { lines, at } = lineOf(text, tape);
    const indent = /^ */.exec(lines[at]!)![0];
    return lines
      .toSpliced(at, 0, tape.pick([`${indent}# nas1 was here`, '# x', '', `${indent}# 10.0.0.1 [ {`]))
      .join('\n');
  },
};
