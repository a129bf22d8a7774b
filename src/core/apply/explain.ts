import { commonSubsequence } from '../change/align.ts';
import type { Container, Document, Leaf } from '../document.ts';
import type { Swap } from '../rewrite/identity.ts';

/** Why one line of the backup reads as it does. Lines count from 1. */
export interface Explanation {
  readonly line: number;
  readonly text: string;
  /** The setting that the line bears, as a pointer into the backup's value. */
  readonly pointer?: string;
  /** `replicated`: made from the primary's line. `local`: the backup's own. */
  readonly origin: 'replicated' | 'local';
  readonly primary?: { readonly line: number; readonly text: string };
  readonly swaps: readonly Swap[];
}

export interface ExplainInput {
  /** The primary's text and rewrite(primary): the same lines, identifiers swapped. */
  readonly primary: string;
  readonly base: string;
  readonly swaps: readonly Swap[];
  readonly local: Document;
}

/**
 * Explains a line of the backup: the line of the primary that it was made from, and each swap on it.
 * Rewriting never adds or removes a line, so that line n of rewrite(primary) is line n of the primary.
 */
export function explainLine(input: ExplainInput, line: number): Explanation | undefined {
  const local = input.local.text.split('\n');
  const base = input.base.split('\n');
  if (line < 1 || line > local.length) return undefined;
  const found = commonSubsequence(local, base).find(([i]) => i === line - 1);
  const pointer = pointerOfLine(input.local, line);
  const common = { line, text: local[line - 1]!, ...(pointer === undefined ? {} : { pointer }) };
  if (found === undefined) return { ...common, origin: 'local', swaps: [] };
  const at = found[1];
  const start = base.slice(0, at).reduce((sum, text) => sum + text.length + 1, 0);
  const end = start + base[at]!.length;
  return {
    ...common,
    origin: 'replicated',
    primary: { line: at + 1, text: input.primary.split('\n')[at] ?? '' },
    swaps: input.swaps.filter(swap => swap.to.start >= start && swap.to.end <= end),
  };
}

/** The line on which a setting stands, or undefined where there is none of that name. */
export function lineOfPointer(document: Document, pointer: string): number | undefined {
  const span = find(document.root, pointer);
  return span === undefined ? undefined : document.text.slice(0, span).split('\n').length;
}

function find(node: Container | Leaf, pointer: string): number | undefined {
  if (node.kind === 'leaf') return undefined;
  for (const item of node.items) {
    if (item.pointer === pointer) return item.head.start;
    const below = find(item.node, pointer);
    if (below !== undefined) return below;
  }
  return undefined;
}

function pointerOfLine(document: Document, line: number): string | undefined {
  let start = 0;
  for (let at = 1; at < line; at++) start = document.text.indexOf('\n', start) + 1;
  const next = document.text.indexOf('\n', start);
  const end = next === -1 ? document.text.length : next;
  const on = document.scalars.filter(scalar => scalar.span.start >= start && scalar.span.start < end);
  return (on.find(scalar => scalar.role === 'value') ?? on[0])?.pointer;
}
