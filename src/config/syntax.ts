import { type Document, isNode, isScalar, visit, type YAMLError } from 'yaml';
import type { Failure } from '../core/failure.ts';
import { type Range, spanPlace } from './span.ts';

/** What the YAML library reports, in our words where a configuration file commonly gets there. */
export function yamlFailure(
  document: Document.Parsed,
  error: YAMLError,
  text: string,
  file: string,
): Failure {
  const at = spanPlace(error.pos, text, file);
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return duplicateKey(document, error.pos, text, file);
    case 'TAB_AS_INDENT':
      return { failure: 'config-syntax', message: 'a tab is no indentation', at, hint: 'indent with spaces' };
    case 'BAD_ALIAS':
      return {
        failure: 'config-syntax',
        message: 'a word that starts with * is an alias',
        at: spanPlace(wordAt(text, error.pos[0]), text, file),
        hint: QUOTE,
      };
    case 'BAD_SCALAR_START':
      return {
        failure: 'config-syntax',
        message: `a word cannot start with ${text[error.pos[0]]}`,
        at,
        hint: 'put it in double quotes',
      };
    case 'MULTIPLE_DOCS':
      return {
        failure: 'config-syntax',
        message: 'a second document starts here',
        at,
        hint: 'keep one document in the file',
      };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        failure: 'config-syntax',
        message: 'a second key stands on the line of the first',
        at,
        hint: 'put the value in double quotes, or the key on a line of its own',
      };
    case 'MISSING_CHAR':
    case 'BAD_INDENT':
      return unclosed(document, error, text, file);
    default:
      return other(error, text, file);
  }
}

function other(error: YAMLError, text: string, file: string): Failure {
  let start = error.pos[0];
  while (text[start] === ' ') start++;
  const at = spanPlace([start, Math.max(start + 1, error.pos[1])], text, file);
  const hint = 'look at the quotes, the brackets and the indentation here and in the line before';
  return { failure: 'config-syntax', message: lowerFirst(error.message), at, hint };
}

const CLOSES: Readonly<Record<string, string>> = { '"': '"', "'": "'", '[': ']', '{': '}' };

/** Shown where the quote or bracket opens: its end is only known to be missing at the end of the file. */
function unclosed(document: Document.Parsed, error: YAMLError, text: string, file: string): Failure {
  let open: number | undefined;
  visit(document, {
    Node: (_, node) => {
      const [start, end] = rangeOf(node);
      const close = CLOSES[text[start] ?? ''];
      if (close === undefined || start >= error.pos[0]) return;
      if (end - start < 2 || text[end - 1] !== close) open = start;
    },
  });
  if (open === undefined) return other(error, text, file);
  const at = spanPlace([open, open + 1], text, file);
  const mark = text[open]!;
  const hint = `close it with ${CLOSES[mark]}`;
  return { failure: 'config-syntax', message: `this ${mark} is not closed`, at, hint };
}

const QUOTE = 'put a pattern that starts with * in double quotes';

/** What the parser lets pass and a configuration must not hold: dangling aliases, keys that are no text. */
export function treeFailures(document: Document.Parsed, text: string, file: string): Failure[] {
  const failures: Failure[] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return;
      const at = spanPlace(rangeOf(alias), text, file);
      failures.push({
        failure: 'config-syntax',
        message: 'a word that starts with * is an alias',
        at,
        hint: QUOTE,
      });
    },
    Pair: (_, pair) => {
      const key = pair.key;
      const at = spanPlace(rangeOf(key), text, file);
      if (!isScalar(key) || typeof key.value !== 'string') {
        failures.push({
          failure: 'config-invalid',
          message: 'a key must be a text',
          at,
          hint: 'put the key in double quotes',
        });
      } else if (key.value === '__proto__') {
        failures.push({
          failure: 'forbidden-key',
          message: 'the key "__proto__" is not allowed',
          at,
          hint: 'remove it: no setting is called so',
        });
      }
    },
  });
  return failures;
}

function duplicateKey(document: Document.Parsed, pos: Range, text: string, file: string): Failure {
  let name = '';
  let first: Range | undefined;
  visit(document, {
    Map: (_, map) => {
      const double = map.items.find(item => isScalar(item.key) && item.key.range?.[0] === pos[0]);
      if (double === undefined || !isScalar(double.key)) return;
      name = String(double.key.value);
      const other = map.items.find(item => isScalar(item.key) && String(item.key.value) === name);
      if (other !== undefined) first = rangeOf(other.key);
    },
  });
  const failure: Failure = {
    failure: 'duplicate-key',
    message: `the key "${name}" stands twice`,
    at: spanPlace([pos[0], pos[0] + Math.max(name.length, 1)], text, file),
    hint: 'keep one of the two',
  };
  return first === undefined ? failure : { ...failure, also: [spanPlace(first, text, file)] };
}

function rangeOf(node: unknown): Range {
  return isNode(node) && node.range ? [node.range[0], node.range[1]] : [0, 1];
}

function wordAt(text: string, offset: number): [number, number] {
  let start = offset;
  let end = offset;
  while (start > 0 && !/[\s,[{]/.test(text[start - 1]!)) start--;
  while (end < text.length && !/[\s,\]}]/.test(text[end]!)) end++;
  return [start, end];
}

function lowerFirst(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, '');
}
