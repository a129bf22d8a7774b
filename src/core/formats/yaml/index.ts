import type { Document } from '../../document.ts';
import { type Failure, FailureError, placeAt } from '../../failure.ts';
import type { Format } from '../format.ts';
import { load } from './load.ts';
import { respell } from './respell.ts';
import { layStream } from './stream.ts';

/**
 * YAML 1.2 by the `yaml` library, which decides what is valid. The tree, the scalars and the value
 * come from one walk of our own over its syntax tree, so that they always agree.
 */
export const yaml: Format = { name: 'yaml', parse, respell };

function parse(text: string, file?: string): Document | Failure {
  try {
    const loaded = load(text, file);
    if ('failure' in loaded) return loaded;
    return { format: 'yaml', text, ...layStream({ text, file }, loaded) };
  } catch (error) {
    if (error instanceof FailureError) return error.failure;
    const said = error instanceof Error ? error.message : String(error);
    return { failure: 'internal', message: `the YAML parser failed: ${said}`, at: placeAt(text, 0, file) };
  }
}
