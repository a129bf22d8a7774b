import type { FormatName } from '../../../src/core/document.ts';
import { type Ability, END, type Entry, Items, isSection, type World } from './merge-world.ts';

/** A way to write a world down. The same world always gives the same lines. */
export interface Layout {
  readonly name: string;
  readonly format: FormatName;
  readonly ability: Ability;
  readonly print: (world: World) => string;
}

const ALL: Ability = { comments: true, remarks: true, lists: true, sections: true };
const BARE: Ability = { comments: false, remarks: false, lists: true, sections: true };
const NO_LISTS: Ability = { ...ALL, lists: false };

const above = (entry: Entry, indent: string, mark = '#') =>
  entry.above.map(line => `${indent}${mark} ${line}\n`).join('');
const behind = (entry: Entry) => (entry.remark === '' ? '' : ` # ${entry.remark}`);
const words = (entry: Entry) => (entry.value instanceof Items ? entry.value.words : []);

function jsonOf(world: World): unknown {
  const value = (entry: Entry): unknown =>
    isSection(entry) ? jsonOf(entry.value) : entry.value instanceof Items ? words(entry) : entry.value;
  return Object.fromEntries(world.map(entry => [entry.key, value(entry)]));
}

type YamlList = (list: readonly string[], indent: string) => string;
const blockList =
  (deeper: string): YamlList =>
  (list, indent) =>
    list.map(word => `\n${indent}${deeper}- ${word}`).join('');
const flowList: YamlList = list => ` [${list.join(', ')}]`;
const openFlowList: YamlList = (list, indent) =>
  list.length === 0 ? ' []' : ` [\n${list.map(word => `${indent}  ${word},\n`).join('')}${indent}]`;

/** Where a list is written below its key, the remark stands behind the key. */
function yamlEntries(world: World, indent: string, list: YamlList): string {
  return world
    .map(entry => {
      const head = `${above(entry, indent)}${indent}${entry.key}:`;
      if (isSection(entry)) {
        return entry.value.length === 0
          ? `${head} {}\n`
          : `${head}\n${yamlEntries(entry.value, `${indent}  `, list)}`;
      }
      if (!(entry.value instanceof Items)) return `${head} ${entry.value}${behind(entry)}\n`;
      if (entry.value.words.length === 0) return `${head} []${behind(entry)}\n`;
      const written = list(entry.value.words, indent);
      return written.startsWith('\n')
        ? `${head}${behind(entry)}${written}\n`
        : `${head}${written}${behind(entry)}\n`;
    })
    .join('');
}

/** Sections as records of a list: `- name: x`, with what follows below. */
function yamlRecords(world: World, dash: string): string {
  const records = world
    .filter(isSection)
    .map(
      entry =>
        `${above(entry, dash)}${dash}- name: ${entry.key}\n${yamlEntries(entry.value, `${dash}  `, flowList)}`,
    );
  const settings = yamlEntries(
    world.filter(entry => !isSection(entry)),
    '',
    blockList('  '),
  );
  return `${settings}records:\n${dash}- name: first\n${records.join('')}last: 1\n`;
}

function yamlDocuments(world: World): string {
  const settings = world.filter(entry => !isSection(entry));
  const documents = world
    .filter(isSection)
    .map(entry => `---\n${above(entry, '')}name: ${entry.key}\n${yamlEntries(entry.value, '', flowList)}`);
  return `---\nname: first\n${yamlEntries(settings, '', flowList)}${documents.join('')}---\nname: last\n`;
}

type TomlList = (list: readonly string[]) => string;
const inlineList: TomlList = list => `[${list.map(word => `"${word}"`).join(', ')}]`;
const longList: TomlList = list =>
  list.length === 0 ? '[]' : `[\n${list.map(word => `  "${word}",\n`).join('')}]`;

function toml(list: TomlList, header: (entry: Entry) => string, gap: string): (world: World) => string {
  const entries = (world: World): string =>
    world
      .map(entry => {
        if (isSection(entry)) return `${gap}${above(entry, '')}${header(entry)}${entries(entry.value)}`;
        const value = entry.value instanceof Items ? list(entry.value.words) : `"${entry.value as string}"`;
        return `${above(entry, '')}${entry.key} = ${value}${behind(entry)}\n`;
      })
      .join('');
  return entries;
}

function sectioned(
  open: (entry: Entry) => string,
  indent: string,
  gap: string,
  close: string,
  sign: string,
  mark = '#',
) {
  const entries = (world: World, deeper: string): string =>
    world
      .map(entry => {
        if (isSection(entry)) {
          return `${gap}${above(entry, deeper, mark)}${deeper}${open(entry)}\n${entries(entry.value, deeper + indent)}${close === '' ? '' : `${deeper}${close}\n`}`;
        }
        return `${above(entry, deeper, mark)}${deeper}${entry.key}${sign}${entry.value as string}${behind(entry)}\n`;
      })
      .join('');
  return (world: World) => entries(world, '');
}

const json =
  (indent: number | string | undefined, end = '\n') =>
  (world: World) =>
    JSON.stringify(jsonOf(world), null, indent) + end;
type Finish = (text: string) => string;
const crlf: Finish = text => text.replaceAll('\n', '\r\n');
const unended: Finish = text => text.replace(/\r?\n$/, '');

const table = (entry: Entry) => `[${entry.key}]\n`;
const record = (entry: Entry) => `[[record]]\nname = "${entry.key}"\n`;
const ini = sectioned(entry => `[${entry.key}]`, '  ', '', '', ' = ', ';');
const braces = sectioned(entry => `group ${entry.key} {`, '    ', '\n', '}', ' ');
const yaml = (list: YamlList) => (world: World) => `first: 1\n${yamlEntries(world, '', list)}`;
const tables = toml(inlineList, table, '\n');
const statements = sectioned(entry => `resource ${entry.key} {`, '\t', '', '}', ' ');
const plain = (sign: string) => sectioned(() => '', '', '', '', sign);

function layout(
  name: string,
  format: FormatName,
  ability: Ability,
  print: (world: World) => string,
  ...finish: Finish[]
): Layout {
  const mark = format === 'ini' ? ';' : '#';
  const whole = (world: World) => {
    const comments = world.filter(entry => entry.key === END).map(entry => above(entry, '', mark));
    return print(world.filter(entry => entry.key !== END)) + comments.join('');
  };
  return { name, format, ability, print: world => finish.reduce((text, each) => each(text), whole(world)) };
}

const INI: Ability = { ...NO_LISTS, remarks: false };
const LINES: Ability = { ...NO_LISTS, sections: false };

export const LAYOUTS: readonly Layout[] = [
  layout('indented', 'json', BARE, json(2)),
  layout('tabs, no final newline', 'json', BARE, json('\t'), unended),
  layout('CRLF', 'json', BARE, json(2), crlf),
  layout('one line', 'json', BARE, json(undefined)),
  layout('nested', 'yaml', ALL, yaml(blockList('  '))),
  layout('lists not indented, CRLF', 'yaml', ALL, yaml(blockList('')), crlf),
  layout('flow lists, no final newline', 'yaml', ALL, yaml(flowList), unended),
  layout('flow lists on lines', 'yaml', ALL, yaml(openFlowList)),
  layout('records', 'yaml', ALL, world => yamlRecords(world, '  ')),
  layout('records not indented', 'yaml', ALL, world => yamlRecords(world, '')),
  layout('documents', 'yaml', ALL, yamlDocuments),
  layout('tables', 'toml', ALL, tables),
  layout('tables, CRLF, no final newline', 'toml', ALL, tables, crlf, unended),
  layout('records', 'toml', ALL, toml(longList, record, '')),
  layout('sections', 'ini', INI, ini),
  layout('sections, CRLF, no final newline', 'ini', INI, ini, crlf, unended),
  layout('braces', 'block', NO_LISTS, braces),
  layout('braces, no final newline', 'block', NO_LISTS, braces, unended),
  layout('statements with an end', 'block', NO_LISTS, world =>
    statements(world).replaceAll(/^(\s*[a-z0-9]+ [a-z0-9]+)( #.*)?$/gm, '$1;$2'),
  ),
  layout(
    'tags',
    'block',
    NO_LISTS,
    sectioned(entry => `<target ${entry.key}>`, '    ', '\n', '</target>', ' '),
  ),
  layout('entries', 'lines', LINES, plain('\t')),
  layout('entries, CRLF, no final newline', 'lines', LINES, plain(' '), crlf, unended),
];
