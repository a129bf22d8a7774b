/**
 * Reads some entries of a container by themselves, as a small document, in such a way that they are sure to
 * be the same entries in the file: they begin where entries begin, and an entry of ours, put behind them,
 * is read as one. So nothing in them is left open, and nothing that follows in the file is drawn in.
 */
import type { Container, Document, FormatName, Item, Node } from '../../document.ts';
import { isFailure } from '../../failure.ts';
import type { Dialect } from '../../formats/block/dialect.ts';
import { parseAs } from '../../formats/block/index.ts';
import { formatNamed } from '../../formats/registry.ts';
import { spansLines } from './build.ts';
import { MARK } from './groups.ts';
import { mergesNothing, plainYaml } from './yaml-lines.ts';

/** What stands around the entries. */
export interface Surroundings {
  readonly format: FormatName;
  readonly dialect: Dialect | undefined;
  readonly isList: boolean;
  /** Whether more text follows; else they are the end of the file, and need not end with their line. */
  readonly more: boolean;
  /** Columns before the first entry on its line, where it does not begin with one (`- name: x`). */
  readonly pad: number;
  /** The column of entries in YAML. */
  readonly column: number;
}

/** Entries that were read by themselves. */
export interface Part {
  readonly document: Document;
  /** Their text is [shift, shift + length) of the document's. */
  readonly shift: number;
  readonly length: number;
  readonly items: readonly Item[];
}

/** A part as it was planned last: read and rewritten once, it need not be again when it changes again. */
export interface Recent {
  readonly around: Surroundings;
  readonly primary: string;
  /** rewrite(primary), and how it reads. */
  readonly replicated: string;
  readonly part: Part;
}

/** Whether it is that very text, in the surroundings in which it was read. */
export function isRecent(
  recent: Recent | undefined,
  primary: string,
  around: Surroundings,
): recent is Recent {
  if (recent === undefined || recent.primary !== primary) return false;
  const keys = Object.keys(around) as (keyof Surroundings)[];
  return keys.every(key => recent.around[key] === around[key]);
}

/** undefined where they can't be read, or would not be the same in their file. */
export function readAlone(text: string, around: Surroundings): Part | undefined {
  const part = read(text, around);
  // Comments alone are no entry, and would belong to none of those that the part stands for.
  return part !== undefined && (part.items.length > 0 || text === '') ? part : undefined;
}

function read(text: string, around: Surroundings): Part | undefined {
  const { format } = around;
  if (format === 'yaml' && !plainYaml(text, around.pad, around.column)) return undefined;
  const [before, after] = wrapping(around);
  const whole = before + text + after;
  const document =
    around.dialect === undefined ? formatNamed(format).parse(whole) : parseAs(whole, around.dialect);
  if (isFailure(document) || document.root.kind === 'leaf') return undefined;
  if (format === 'yaml' && !mergesNothing(document)) return undefined;
  const { root } = document;
  if (root.kind !== (around.isList ? 'list' : 'map')) return undefined;
  const end = before.length + text.length;
  const items = around.more ? root.items.slice(0, -1) : root.items;
  const isWhole = around.more ? isOurs(root, end, around) : endOf(root) === end;
  if (!isWhole || items.some(item => isUnfit(item, document, around))) return undefined;
  return { document, shift: before.length, length: text.length, items };
}

/** Comments and blank lines alone, between two entries: `part.items` is empty. */
export function readTrivia(text: string, around: Surroundings): Part | undefined {
  const part =
    text.endsWith('\n') || text === ''
      ? read(text, { ...around, isList: false, more: true, pad: 0, column: 0 })
      : undefined;
  return part?.items.length === 0 ? part : undefined;
}

/** What is put before and behind the entries. */
function wrapping({ format, dialect, isList, more, pad, column }: Surroundings): [string, string] {
  if (format === 'json')
    return [isList ? '[' : '{', (more ? (isList ? '""' : `"${MARK}":""`) : '') + (isList ? ']' : '}')];
  if (format === 'yaml') {
    return [' '.repeat(pad), more ? `${' '.repeat(column)}${isList ? '- ""' : `"${MARK}": ""`}\n` : ''];
  }
  if (!more) return ['', ''];
  if (format === 'toml') return ['', `"${MARK}" = ""\n`];
  return ['', dialect?.rules.ends === 'semicolon' ? `${MARK};\n` : `${MARK}\n`];
}

/** Whether the last entry is the one that we put there, with nothing of the text before it in it. */
function isOurs(root: Container, end: number, { format, column, isList }: Surroundings): boolean {
  const last = root.items.at(-1);
  if (last === undefined || last.head.start !== end + (format === 'yaml' ? column : 0)) return false;
  if (!isList && last.label !== MARK) return false;
  // Without entries before it the comments are its lead, or the head of the document.
  return root.items.length === 1 || last.lead.start === end;
}

function endOf(root: Container): number {
  return root.items.at(-1)?.trail.end ?? root.close.start;
}

/** Entries that are more than they look like alone: the header of a section, text over several lines. */
function isUnfit(item: Item, { text, format, scalars }: Document, around: Surroundings): boolean {
  if (format === 'yaml') {
    return spansLines(item.node, text) || (!around.isList && !isPlainKey());
  }
  // In INI, TOML and HAProxy a section goes on to the next header.
  if (format === 'ini' || format === 'toml') return text[item.head.start] === '[';
  return around.dialect?.shape === 'sections' && item.node.kind === 'map';

  /** One scalar that is a string, so that it can be compared with its siblings by its text. */
  function isPlainKey(): boolean {
    const keys = scalars.filter(one => one.role === 'key' && one.pointer === item.pointer);
    return keys.length === 1 && keys[0]!.isString && keys[0]!.text === item.label;
  }
}

/** Containers within containers. */
export function depthOf(node: Node): number {
  if (node.kind === 'leaf') return 0;
  return 1 + node.items.reduce((most, item) => Math.max(most, depthOf(item.node)), 0);
}
