/** What the tests of YAML hold the walk against: the library's own value, and a look at the trivia. */
import { type Document as AstDocument, parseAllDocuments } from 'yaml';
import {
  type Container,
  type Document,
  type Item,
  type Json,
  type Node,
  textOf,
} from '../../../src/core/document.ts';
import { READING } from '../../../src/core/formats/yaml/load.ts';

/** The value of a stream as the library makes it. Throws for aliases without anchor and the like. */
export function libraryValue(text: string): unknown {
  const documents = streamOf(text);
  // Through JSON: no shared nodes, and null for what JSON has no word for (.inf, .nan).
  const values = documents.map(one => JSON.parse(JSON.stringify(one.toJS({ maxAliasCount: -1 })) ?? 'null'));
  return values.length > 1 ? values : (values[0] ?? null);
}

/** The library counts a byte-order mark as a column, and then misreads a list on the first line. */
function streamOf(text: string): AstDocument[] {
  return [...parseAllDocuments(text.replace(/^\ufeff/, ''), { ...READING, keepSourceTokens: false })];
}

/** The value of a document with those numbers read that stand as their source. */
export function plainValue(document: Document): Json {
  const kept = new Set(
    document.scalars.filter(one => !one.isString && typeof one.value === 'string').map(one => one.text),
  );
  const strings = new Set(document.scalars.filter(one => one.isString).map(one => one.text));
  const read = (value: Json): Json => {
    if (typeof value === 'string') return kept.has(value) && !strings.has(value) ? numberOf(value) : value;
    if (Array.isArray(value)) return value.map(read);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, read(one)]));
  };
  return read(document.value);
}

function numberOf(text: string): Json {
  const number = /^0o/.test(text) ? Number.parseInt(text.slice(2), 8) : Number(text);
  return Number.isFinite(number) ? number : null;
}

/**
 * The leaves of a value in one order and one spelling: what two readings agree on when they name the
 * keys that are no scalars, and write the numbers, in their own way.
 */
export function leavesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(leavesOf).sort();
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leavesOf).sort();
  if (typeof value !== 'string') return [String(value)];
  if (/^[-+]?\.(?:inf|nan)$/i.test(value)) return ['null'];
  const number = /^0o/.test(value) ? Number.parseInt(value.slice(2), 8) : Number(value);
  return [value === '' || Number.isNaN(number) ? value : String(number)];
}

/** A second byte-order mark is as good as a blank to the library. */
const TRIVIA = /^(?:[ \t\ufeff]*(?:#[^\n]*)?\r?\n)*[ \t\ufeff]*$/;
const TRAIL = /^[ \t]*(?:#[^\n]*)?(?:\r?\n)?$/;

/**
 * Entries that are not whole lines, or whose own bytes went into a neighbour's trivia. The tiling
 * alone would let a tree pass that calls everything a lead.
 */
export function breachesOfTrivia(document: Document): string[] {
  const breaches: string[] = [];
  const visit = (node: Node, isRoot: boolean): void => {
    if (node.kind === 'leaf') return;
    const isStream = isRoot && streamOf(document.text).length > 1;
    for (const item of node.items) {
      if (!isStream && node.join === 'plain') breaches.push(...breachesOfEntry(document, node, item));
      visit(item.node, false);
    }
  };
  visit(document.root, true);
  return breaches;
}

function breachesOfEntry(document: Document, container: Container, item: Item): string[] {
  const { text } = document;
  const name = `${container.kind} ${item.pointer}`;
  const breaches: string[] = [];
  if (!TRIVIA.test(textOf(text, item.lead))) breaches.push(`${name}: lead ${show(text, item.lead)}`);
  if (!TRAIL.test(textOf(text, item.trail))) breaches.push(`${name}: trail ${show(text, item.trail)}`);
  const ends = item.trail.end === text.length || text[item.trail.end - 1] === '\n';
  if (!ends) breaches.push(`${name}: ends within a line`);
  const starts = item.lead.start <= 1 || text[item.lead.start - 1] === '\n' || item === container.items[0];
  if (!starts) breaches.push(`${name}: starts within a line`);
  if (/^[ \t#\n]/.test(textOf(text, item.head))) breaches.push(`${name}: head ${show(text, item.head)}`);
  return breaches;
}

function show(text: string, span: { start: number; end: number }): string {
  return JSON.stringify(textOf(text, span));
}
