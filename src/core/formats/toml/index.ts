import { parse, TomlError } from 'smol-toml';
import type { Document } from '../../document.ts';
import { type Failure, FailureError, type Place } from '../../failure.ts';
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
    const refused = libraryFailure(text, file);
    // Of two keys that clash the library names one; the reader knows both.
    if (refused !== undefined && refused.failure !== 'duplicate-key') return refused;
    try {
      const reader = new TomlReader(text, file);
      const { root, value } = reader.root();
      return refused ?? { format: 'toml', text, root, scalars: reader.scalars, value };
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      return refused === undefined || error.failure.failure === 'duplicate-key' ? error.failure : refused;
    }
  },

  respell,
};

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
  // The library has no codes: these two are told by their words, and a test holds the words fast.
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
  if (/excessively nested/.test(words)) {
    return { failure: 'too-deep', message: `the file nests deeper than ${MAX_DEPTH} levels`, at };
  }
  return { failure: 'syntax', message: words, at };
}
