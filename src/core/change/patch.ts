import jsonpatch from 'fast-json-patch';
import { type Json, segmentsOf } from '../document.ts';
import type { Failure } from '../failure.ts';
import type { ValueRewriter } from '../rewrite/identity.ts';

/** One operation of an RFC 6902 JSON Patch. */
export type Operation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string };

/**
 * Applies a patch to a value, all of it or nothing: the input is never touched. A patch that does not
 * fit, or that names `__proto__`, is a Failure.
 *
 * fast-json-patch is asked to validate and to work on a clone: without, a failing patch leaves its
 * input half applied, and removing what is not there is passed over in silence.
 */
export function applyPatch(value: Json, patch: readonly Operation[]): Json | Failure {
  const forbidden = patch.find(
    operation => isForbidden(operation.path) || ('from' in operation && isForbidden(operation.from)),
  );
  if (forbidden !== undefined) {
    return { failure: 'forbidden-key', message: `a patch may not name ${forbidden.path}` };
  }
  try {
    return jsonpatch.applyPatch(value, patch as jsonpatch.Operation[], true, false, true).newDocument as Json;
  } catch (error) {
    const reason = (error as { name?: string }).name ?? 'unknown';
    return { failure: 'law', message: `the patch does not fit the value (${reason})` };
  }
}

function isForbidden(pointer: string): boolean {
  return typeof pointer === 'string' && segmentsOf(pointer).includes('__proto__');
}

/**
 * The change in the backup's terms: pointers segment by segment, and values, are rewritten. `before` is
 * the value that the patch applies to; it tells a key that consists of digits from a list index.
 */
export function rewritePatch(
  patch: readonly Operation[],
  rewriter: ValueRewriter,
  before: Json,
): Operation[] {
  return patch.map((operation): Operation => {
    const path = rewriter.pointer(operation.path, before);
    if ('from' in operation)
      return { op: operation.op, from: rewriter.pointer(operation.from, before), path };
    if ('value' in operation) {
      return { op: operation.op, path, value: rewriter.value(operation.value, operation.path) };
    }
    return { op: operation.op, path };
  });
}
