import { type Document, isAlias, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import { prescan } from '../core/capture/prescan.ts';
import { type Failure, isFailure, type Place, placeAt } from '../core/failure.ts';
import { type Range, spanPlace } from './span.ts';
import { treeFailures, yamlFailure } from './syntax.ts';

/** A YAML file with its value, and the place of each part of it. */
export interface Source {
  readonly file: string;
  readonly value: unknown;
  /**
   * Of the value at the path. A value of several lines is shown by its key, as is one where nothing
   * stands; where the path leads nowhere, the place of what lacks the key.
   */
  place(path: Path): Place;
  /** Of the key that names the value at the path. */
  keyPlace(path: Path): Place;
}

export type Path = readonly PropertyKey[];

/** Deeper than any configuration. The parser recurses, and a deep text can abort the whole process. */
const LIMITS = { sizeBytes: 1_048_576, depth: 64, aliases: 10_000 };

/** Reads YAML. Everything wrong with the bytes or the syntax comes back with places; nothing throws. */
export function parseSource(content: Uint8Array | string, file: string): Source | Failure[] {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const scanned = prescan(bytes, LIMITS, file);
  if (isFailure(scanned)) return [scanned];
  const text = scanned.text;
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) return syntaxFailures(document, text, file);
  const wrong = treeFailures(document, text, file);
  if (wrong.length > 0) return wrong;
  try {
    return sourceOf(document, text, file);
  } catch {
    // All aliases resolve, so this can only be their number: the library counts what they unfold to.
    const message = 'the aliases unfold to too much';
    return [
      { failure: 'alias-bomb', message, at: placeAt(text, 0, file), hint: 'write out what they repeat' },
    ];
  }
}

/** Mistakes that stand by themselves. Of the others, what follows the first is mostly its consequence. */
const ALONE: ReadonlySet<string> = new Set([
  'DUPLICATE_KEY',
  'TAB_AS_INDENT',
  'BAD_SCALAR_START',
  'BAD_ALIAS',
]);

function syntaxFailures(document: Document.Parsed, text: string, file: string): Failure[] {
  const found = [...document.warnings, ...document.errors];
  const tabs = found.filter(({ code }) => code === 'TAB_AS_INDENT');
  const alone = tabs.length > 0 ? tabs : found.filter(({ code }) => ALONE.has(code));
  const first = document.errors.find(({ code }) => !ALONE.has(code));
  const shown = alone.length > 0 || first === undefined ? alone : [first];
  return shown.map(error => yamlFailure(document, error, text, file));
}

function sourceOf(document: Document.Parsed, text: string, file: string): Source {
  const value: unknown = document.toJS();
  const first = isMap(document.contents) ? document.contents.items[0]?.key : document.contents;
  const top = rangeOf(first) ?? [0, 1];
  return {
    file,
    value,
    place(path) {
      const { node, key, left } = find(document, path);
      const range = left > 0 || isBlock(node, text) ? (rangeOf(key) ?? rangeOf(node)) : rangeOf(node);
      const isRoot = path.length === left;
      return spanPlace(isRoot ? top : (range ?? rangeOf(key) ?? top), text, file);
    },
    keyPlace(path) {
      const { node, key } = find(document, path);
      return spanPlace(rangeOf(key) ?? (path.length === 0 ? top : (rangeOf(node) ?? top)), text, file);
    },
  };
}

interface Found {
  readonly node: unknown;
  /** The key of the last step, when that was a step into a map. */
  readonly key: unknown;
  /** How many segments at the end of the path lead nowhere. */
  readonly left: number;
}

function find(document: Document.Parsed, path: Path): Found {
  let node: unknown = document.contents;
  let key: unknown;
  for (let step = 0; step < path.length; step++) {
    const into = isAlias(node) ? node.resolve(document) : node;
    const segment = path[step];
    if (isMap(into)) {
      const pair = into.items.find(item => isScalar(item.key) && item.key.value === segment);
      if (pair === undefined) return { node, key, left: path.length - step };
      key = pair.key;
      node = pair.value;
    } else if (isSeq(into) && typeof segment === 'number' && segment < into.items.length) {
      key = undefined;
      node = into.items[segment];
    } else {
      return { node, key, left: path.length - step };
    }
  }
  return { node, key, left: 0 };
}

/** Undefined where nothing stands: `key:` has an empty node, whose place says nothing. */
function rangeOf(node: unknown): Range | undefined {
  if (!isNode(node) || !node.range || node.range[0] === node.range[1]) return undefined;
  return [node.range[0], node.range[1]];
}

/** Whether a map or list runs over several lines. */
function isBlock(node: unknown, text: string): boolean {
  const range = rangeOf(node);
  if (range === undefined || !(isMap(node) || isSeq(node))) return false;
  return text.slice(range[0], range[1]).trimEnd().includes('\n');
}
