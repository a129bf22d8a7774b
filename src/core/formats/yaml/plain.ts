import { isMap, isScalar, isSeq, type Node, parseDocument, Scalar } from 'yaml';
import { READING } from './load.ts';
import type { YamlScalar } from './scalar.ts';

/** Plain in every context, and a string to every schema: ordinary words, paths, IPv4 addresses. */
const SAFE = /^(?:[A-Za-z/_](?:[\w./@+=-]|:(?=[\w/]))*|\d+\.\d+\.\d+\.\d+(?:\/\d+)?)$/;
const NO_STRING = /^(?:null|true|false|yes|no|on|off|y|n)$/i;

/**
 * Whether `source`, put in the place of a plain scalar, is still read as one plain scalar with the
 * text `text`, and as a string if the scalar was one.
 *
 * Other programs read version 1.1, where `yes`, `1:20` and `0b1` are no strings: what was a string
 * there has to stay one too. A scalar that was none there already is left as its author wrote it.
 */
export function readsPlain(scalar: YamlScalar, source: string, text: string, whole: string): boolean {
  if (SAFE.test(source) && !NO_STRING.test(source) && source === text) return true;
  if (text === '') return false;
  const value = readPlain(scalar, source, text, whole, 'core');
  // A merge key is no scalar at all.
  if (value === undefined || typeof value === 'symbol') return false;
  if (!scalar.isString) return true;
  if (typeof value !== 'string') return false;
  if (typeof readPlain(scalar, source, text, whole, 'yaml-1.1') === 'string') return true;
  const before = whole.slice(scalar.span.start, scalar.span.end);
  return typeof readPlain(scalar, before, scalar.text, whole, 'yaml-1.1') !== 'string';
}

/** The value of a plain scalar as read in its context; undefined where it is not read as `text`. */
function readPlain(
  scalar: YamlScalar,
  source: string,
  text: string,
  whole: string,
  schema: 'core' | 'yaml-1.1',
): unknown {
  const { start } = scalar.span;
  const atLineStart = start === 0 || whole[start - 1] === '\n';
  let value: unknown;
  for (const sample of samplesOf(scalar, scalar.tagged ? `! ${source}` : source, atLineStart)) {
    const document = parseDocument(sample, { ...READING, schema });
    const node = document.errors.length === 0 ? nodeIn(document.contents, scalar.role) : undefined;
    if (!isScalar(node) || node.type !== Scalar.PLAIN || node.source !== text) return undefined;
    if (node.comment !== undefined && node.comment !== null) return undefined;
    value = node.value;
  }
  return value;
}

/** The smallest documents in which the scalar stands as it does in its own. */
function samplesOf(scalar: YamlScalar, source: string, atLineStart: boolean): string[] {
  // With and without a blank before the colon: it could become part of the scalar.
  const pairs = [`${source}: v`, `${source} : v`];
  if (scalar.role === 'key') return scalar.flow ? pairs.map(pair => `{${pair}}`) : pairs;
  if (scalar.flow) return [`[${source}]`];
  // At the start of a line `---` and `%` have a meaning of their own.
  return atLineStart ? [`--- ${source}\n`, `${source}\n`] : [`--- ${source}\n`];
}

function nodeIn(contents: Node | null, role: 'key' | 'value'): unknown {
  if (isMap(contents))
    return role === 'key' && contents.items.length === 1 ? contents.items[0]?.key : undefined;
  if (isSeq(contents)) return contents.items.length === 1 ? contents.items[0] : undefined;
  return role === 'value' ? contents : undefined;
}
