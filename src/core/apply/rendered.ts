import { prescan } from '../capture/prescan.ts';
import { canonical } from '../change/align.ts';
import type { Document, FormatName, Json } from '../document.ts';
import { type Failure, FailureError, isFailure, placeAt } from '../failure.ts';
import { detectFormat } from '../formats/detect.ts';
import type { Format } from '../formats/format.ts';
import { formatNamed } from '../formats/registry.ts';
import type { Swap } from '../rewrite/identity.ts';
import { rewrite } from '../rewrite/rewrite.ts';
import { KeysCollide, valueRewriter } from '../rewrite/values.ts';
import type { FileRules } from './file-input.ts';

/** The primary's file and what it is for the backup: rewrite(primary). */
export interface Rendered {
  readonly format: Format;
  readonly primary: Document;
  readonly next: Document;
  readonly swaps: readonly Swap[];
  /** An ambiguous swap and the like; `next` stands all the same, for approval. */
  readonly held: readonly Failure[];
}

/**
 * Parses a primary's file and rewrites it. The result is checked by the law, in its simplest form:
 * what the rewritten text says equals the rewritten value of what the primary's text says.
 */
export function render(
  bytes: Uint8Array,
  path: string,
  rules: FileRules,
  known: FormatName | undefined,
): Rendered | Failure {
  const scanned = prescan(bytes);
  if (isFailure(scanned)) return { ...scanned, at: { ...scanned.at, file: path } };
  const format = formatNamed(rules.format ?? known ?? detectFormat(scanned.text, path));
  const primary = format.parse(scanned.text, path);
  if (isFailure(primary)) return primary;
  if (rules.rewrite === 'none') return { format, primary, next: primary, swaps: [], held: [] };
  // First, because its failure says why: two keys that become one are no valid text either.
  const expected = rewrittenValue(primary, rules, path);
  if (isFailure(expected)) return expected;
  const rewritten = rewrite(primary, rules.mapping, path, format);
  const next = format.parse(rewritten.text, path);
  if (isFailure(next)) {
    return broken(path, `the rewritten text would not be valid ${format.name}: ${next.message}`);
  }
  if (canonical(expected.value) !== canonical(next.value)) {
    return broken(path, 'rewriting its text and rewriting its value differ');
  }
  return { format, primary, next, swaps: rewritten.swaps, held: rewritten.failures };
}

function rewrittenValue(
  primary: Document,
  rules: FileRules,
  path: string,
): { readonly value: Json } | Failure {
  try {
    return { value: valueRewriter(rules.mapping, path).value(primary.value, '') };
  } catch (error) {
    if (error instanceof KeysCollide) return { ...error.failure, ...placesOf(primary, error.pointers, path) };
    if (error instanceof FailureError) return error.failure;
    throw error;
  }
}

/** Where two keys stand, the later one first. */
function placesOf(
  document: Document,
  pointers: readonly string[],
  path: string,
): Pick<Failure, 'at' | 'also'> {
  const [first, second] = pointers
    .map(pointer => document.scalars.find(({ role, pointer: own }) => role === 'key' && own === pointer))
    .filter(scalar => scalar !== undefined)
    .map(({ span }) => ({ ...placeAt(document.text, span.start, path), length: span.end - span.start }));
  if (first === undefined) return { at: { file: path } };
  return second === undefined ? { at: first } : { at: second, also: [first] };
}

function broken(path: string, message: string): Failure {
  return {
    failure: 'law',
    message: `${path}: ${message}`,
    at: { file: path },
    hint: 'nothing was written; run `warmspare check` for what is unusual in the mapping, and report this file',
  };
}
