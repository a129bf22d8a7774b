import { isKeyedAlike } from '../../change/align.ts';
import { type Container, type Document, type Node, type Span, textOf } from '../../document.ts';
import { decide, decideSetting, type MergeContext } from './context.ts';
import { endLine } from './emit.ts';
import { valueAt } from './entities.ts';
import { type Arrangement, arrangeItems, emitItems } from './items.ts';
import { mergeTrivia, withoutEnd } from './trivia.ts';

type MaybeNode = Node | undefined;

/** Appends the merge of one value, as up to three sides have it, to the output. */
export function mergeNode(
  context: MergeContext,
  base: MaybeNode,
  next: Node,
  local: Node,
  pointer: string,
): void {
  emitNode(context, fateOfNode(context, base, next, local, pointer), base, next, local, pointer);
}

/** One side's value as it stands there, or how the entries of both are brought together. */
export type NodeFate = 'next' | 'local' | Arrangement;

/** What becomes of a value. A conflict is recorded here, so this is asked once for each value. */
export function fateOfNode(
  context: MergeContext,
  base: MaybeNode,
  next: Node,
  local: Node,
  pointer: string,
): NodeFate {
  const { policy } = context;
  const b = base === undefined ? undefined : textOf(context.base!.text, base.span);
  const n = textOf(context.next.text, next.span);
  const l = textOf(context.local.text, local.span);
  if (policy.preserved(pointer) && !policy.shared(n)) return 'local';
  if (!policy.preservedBelow(pointer)) {
    if (l === b || l === n) return 'next';
    if (n === b) return 'local';
    if (isSame(base, b, local, l)) return 'next';
    if (isSame(base, b, next, n)) return 'local';
  }
  if (next.kind === 'leaf' || local.kind === 'leaf' || next.kind !== local.kind || next.join !== local.join) {
    if (n === l || l === b) return 'next';
    if (n === b) return 'local';
    const what =
      b === undefined
        ? 'both nodes set it, differently'
        : 'the primary and the backup both changed it since the last replication';
    return decideSetting(context, pointer, local.span, what);
  }
  if (next.kind === 'list' && policy.conflict === 'local' && b === undefined) {
    // Two lists without a common past, and without a key, say nothing about which items belong together.
    const items = (document: Document, list: Container) =>
      list.items.map(item => valueAt(document.value, item.pointer));
    const keyed = isKeyedAlike(items(context.next, next), items(context.local, local as Container));
    if (!keyed) return 'local';
  }
  const past = base?.kind === next.kind && (base as Container).join === next.join;
  return arrangeItems(context, past ? (base as Container) : undefined, next, local as Container, pointer);
}

/** Both sides together took out all entries of a value; where it is whole lines, nothing is left of it. */
export function isEmptied(fate: NodeFate, next: Node): boolean {
  return typeof fate !== 'string' && fate.solid.length === 0 && isWholeLines(next);
}

/** Appends a value by its fate. */
export function emitNode(
  context: MergeContext,
  fate: NodeFate,
  base: MaybeNode,
  next: Node,
  local: Node,
  pointer: string,
): void {
  if (typeof fate !== 'string') {
    const [toNext, toLocal] = [next as Container, local as Container];
    const past = base?.kind === toNext.kind && (base as Container).join === toNext.join;
    return mergeContainer(context, fate, past ? (base as Container) : undefined, toNext, toLocal, pointer);
  }
  const { span } = fate === 'next' ? next : local;
  if (span.end > span.start && isWholeLines(fate === 'next' ? next : local)) endLine(context);
  if (fate === 'next') context.out.takeNext(span);
  else context.out.takeLocal(span, base?.span);
}

/** A header may have been the last line of its file. */
function isWholeLines(node: Node): boolean {
  return node.kind !== 'leaf' && node.join === 'plain';
}

/** A last entry has no line end where its file has none: that alone is no change of its container. */
export function isSame(a: MaybeNode, textA: string | undefined, b: Node, textB: string): boolean {
  if (textA === textB) return true;
  if (a === undefined || textA === undefined || a.kind === 'leaf' || b.kind === 'leaf') return false;
  return withoutEnd(textA) === withoutEnd(textB);
}

function mergeContainer(
  context: MergeContext,
  arrangement: Arrangement,
  base: Container | undefined,
  next: Container,
  local: Container,
  pointer: string,
): void {
  const filled = arrangement.solid.length > 0;
  if (
    next.join === 'comma' &&
    arrangement.order.length === 0 &&
    next.items.length > 0 &&
    local.items.length > 0
  ) {
    const empty = emptied(context.local.text, local);
    if (empty !== undefined) return context.out.glue(empty);
  }
  mergeFrame(context, openOf, base, next, local, pointer, filled);
  emitItems(context, next, local, arrangement);
  mergeFrame(context, container => container.close, base, next, local, pointer, filled);
}

function openOf(container: Container): Span {
  return {
    start: container.span.start,
    end: container.items[0]?.lead.start ?? container.close.start,
  };
}

/** Both sides together took all entries out: the delimiters as they stand around nothing. */
function emptied(text: string, container: Container): string | undefined {
  const open = text.slice(openOf(container).start, openOf(container).end).trimEnd();
  const close = text.slice(container.close.start, container.close.end).trimStart();
  return /^\ufeff?\s*[[{]$/.test(open) && /^[\]}]\s*$/.test(close) ? open + close : undefined;
}

/** Appends the opening or the closing delimiter, with the comments that stand there. */
function mergeFrame(
  context: MergeContext,
  spanOf: (container: Container) => Span,
  base: Container | undefined,
  next: Container,
  local: Container,
  pointer: string,
  filled: boolean,
): void {
  const { out } = context;
  const was = base === undefined ? undefined : spanOf(base);
  const b = was === undefined ? undefined : context.base!.text.slice(was.start, was.end);
  const n = context.next.text.slice(spanOf(next).start, spanOf(next).end);
  const l = context.local.text.slice(spanOf(local).start, spanOf(local).end);
  if (n !== '' || l !== '') endLine(context);
  const takeLocal = () => out.takeLocal(spanOf(local), was);
  const takeNext = () => out.takeNext(spanOf(next));
  // Delimiters without anything between them stand otherwise than around entries: `[]`.
  const [fits, fitsLocal] = [next, local].map(side => side.items.length > 0 === filled);
  if (fits !== fitsLocal && n.replace(/\s/g, '') === l.replace(/\s/g, ''))
    return fits ? takeNext() : takeLocal();
  if (l === b || l === n) return takeNext();
  if (n === b || b === undefined) return takeLocal();
  const merged = mergeTrivia(b, n, l);
  if (merged !== undefined) return out.merged(merged, spanOf(next), spanOf(local), was!);
  if (decide(context, pointer, spanOf(local), 'both nodes changed the same comment') === 'next') takeNext();
  else takeLocal();
}
