/**
 * Sections and `key = value` in the dialects of Samba, Ceph and systemd.
 *
 * Only what all of them agree on is structure. A `#` or `;` after a value stays part of the value:
 * Samba reads it so, Ceph does not, and the bytes are the same in both. Samba takes `Read Only` and
 * `readonly` for one key; here they are two labels, which at worst costs an alignment.
 */
import type { Document } from '../document.ts';
import { type Failure, placeAt } from '../failure.ts';
import type { Format } from './format.ts';
import {
  afterMark,
  type Draft,
  type DraftSection,
  documentOf,
  type Line,
  lineAt,
  logicalLineAt,
  respellRaw,
  skipBlanks,
  skipJoined,
  trimJoined,
} from './text-tree.ts';

export const ini: Format = { name: 'ini', parse, respell: respellRaw };

/** A section whose entries are still being read. */
interface OpenSection {
  readonly draft: Omit<Draft, 'node' | 'foot' | 'trail'>;
  readonly start: number;
  readonly entries: Draft[];
}

function parse(text: string, file?: string): Document | Failure {
  const root: Draft[] = [];
  let section: OpenSection | undefined;
  let lead = afterMark(text);
  for (let line = lineAt(text, lead); line.start < text.length; line = lineAt(text, line.next)) {
    const own = skipBlanks(text, line.start, line.end);
    if (own === line.end || text[own] === '#' || text[own] === ';') continue;
    if (text[own] === '[') {
      const length = text.slice(own, line.end).indexOf(']');
      if (length === -1) return unclosed(text, own, line, file);
      if (section !== undefined) root.push(closeSection(section, lead));
      section = openSection(text, lead, own, own + length, line.next);
    } else {
      line = logicalLineAt(text, line.start);
      (section?.entries ?? root).push(entryOf(text, lead, own, line));
    }
    lead = line.next;
  }
  if (section !== undefined) root.push(closeSection(section, lead));
  const tree: DraftSection = { entries: root, start: 0, close: lead, end: text.length };
  return documentOf('ini', text, tree, file);
}

function openSection(text: string, lead: number, own: number, bracket: number, start: number): OpenSection {
  const name = { start: skipBlanks(text, own + 1, bracket), end: trimJoined(text, own + 1, bracket) };
  const word = name.end > name.start ? name : { start: own + 1, end: own + 1 };
  const label = text.slice(word.start, word.end);
  return { draft: { label, words: [word], lead, head: own }, start, entries: [] };
}

/** A section ends with its last entry: what stands below it leads in the next one. */
function closeSection(section: OpenSection, end: number): Draft {
  const node = { entries: section.entries, start: section.start, close: end, end };
  return { ...section.draft, node, foot: end, trail: end };
}

function entryOf(text: string, lead: number, own: number, line: Line): Draft {
  const contentEnd = trimJoined(text, own, line.end);
  const sign = text.slice(own, contentEnd).indexOf('=');
  const keyEnd = trimJoined(text, own, sign === -1 ? contentEnd : own + sign);
  const label = text.slice(own, keyEnd).replace(/(\s|\\\r?\n)+/g, ' ');
  const valueStart = sign === -1 ? contentEnd : skipJoined(text, own + sign + 1, contentEnd);
  const node = sign === -1 ? contentEnd : { start: valueStart, end: contentEnd };
  return {
    label,
    words: [{ start: own, end: keyEnd }],
    lead,
    head: own,
    node,
    foot: contentEnd,
    trail: line.next,
  };
}

function unclosed(text: string, own: number, line: Line, file?: string): Failure {
  return {
    failure: 'syntax',
    message: "']' is missing at the end of the section name",
    at: { ...placeAt(text, own, file), length: line.end - own },
  };
}
