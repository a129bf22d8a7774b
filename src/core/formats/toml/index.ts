import { parse, TomlError } from 'smol-toml';
import type { Document } from '../../document.ts';
import { type Failure, FailureError, isFailure, type Place } from '../../failure.ts';
import type { Format } from '../format.ts';
import { TomlReader } from './reader.ts';
import { respell } from './respell.ts';
import { MAX_DEPTH } from './tables.ts';

/**
 * TOML 1.0, and what 1.1 adds where the library takes it: a file is never refused for being newer
 * than its reader. What warmspare writes itself is always 1.0.
 */
export const toml: Format = {
  name: 'toml',

  parse(text: string, file?: string): Document | Failure {
    const read = readTree(text, file);
    // The library makes a table of each dot of a key: what nests without end must not get there.
    if (isFailure(read) && read.failure === 'too-deep') return read;
    const refused = libraryFailure(text, file);
    if (refused === undefined) return read;
    // Of two keys that clash the library names one; the reader knows both.
    return isFailure(read) && read.failure === 'duplicate-key' && refused.failure === 'duplicate-key'
      ? read
      : refused;
  },

  respell,
};

function readTree(text: string, file: string | undefined): Document | Failure {
  try {
    const reader = new TomlReader(text, file);
    const { root, value } = reader.root();
    return { format: 'toml', text, root, scalars: reader.scalars, value };
  } catch (error) {
    if (error instanceof FailureError) return error.failure;
    throw error;
  }
}

/** What the library has against the text. It has the say on what is TOML. */
function libraryFailure(text: string, file: string | undefined): Failure | undefined {
  try {
    parse(text, { integersAsBigInt: true, maxDepth: MAX_DEPTH });
    return undefined;
  } catch (error) {
    if (error instanceof TomlError) return fromLibrary(error, text, file);
    // A mistake of the library: the file is not replicated, and the other files are.
    const at = file === undefined ? {} : { at: { file } };
    return { failure: 'internal', message: `the TOML library failed: ${String(error)}`, ...at };
  }
}

function fromLibrary(error: TomlError, text: string, file: string | undefined): Failure {
  // The library has no codes: this one is told by its words, and a test holds the words fast.
  const words = (error.message.split('\n', 1)[0] ?? '')
    .replace(/^Invalid TOML document: /, '')
    .replace(/\.$/, '');
  const source = text.split('\n', error.line)[error.line - 1]?.replace(/\r$/, '') ?? '';
  const at: Place = {
    ...(file === undefined ? {} : { file }),
    line: error.line,
    column: error.column,
    source,
  };
  if (/redefine/.test(words)) {
    return { failure: 'duplicate-key', message: 'this key already has a value or a table', at };
  }
  return { failure: 'syntax', message: words, at };
}
