import type { Container, Leaf, Node } from '../../document.ts';
import { type MergeContext, decide } from './context.ts';
import { mergeItems } from './items.ts';
import { mergeTrivia } from './trivia.ts';

type MaybeNode = Node | undefined;

/** Appends the merge of one value, as up to three sides have it, to the output. */
export function mergeNode(
  context: MergeContext,
  base: MaybeNode,
  next: Node,
  local: Node,
  pointer: string,
): void {
  const { out, policy } = context;
  const b = base === undefined ? undefined : context.base!.text.slice(base.span.start, base.span.end);
  const n = context.next.text.slice(next.span.start, next.span.end);
  const l = context.local.text.slice(local.span.start, local.span.end);
  if (policy.preserved(pointer) && !policy.shared(n)) return out.takeLocal(local.span, base?.span);
  if (!policy.preservedBelow(pointer)) {
    if (l === b || l === n) return out.takeNext(next.span);
    if (n === b) return out.takeLocal(local.span, base?.span);
  }
  if (next.kind === 'leaf' || local.kind === 'leaf' || next.kind !== local.kind || next.join !== local.join) {
    return mergeLeaf(context, base, next, local, pointer, b);
  }
  const below = base !== undefined && base.kind === next.kind && (base as Container).join === next.join;
  if (!below && next.kind === 'list' && policy.conflict === 'local' && b === undefined) {
    // Two lists without a common past say nothing about which items belong together.
    return out.takeLocal(local.span);
  }
  mergeContainer(context, below ? (base as Container) : undefined, next, local as Container, pointer);
}

function mergeLeaf(
  context: MergeContext,
  base: MaybeNode,
  next: Leaf | Container,
  local: Leaf | Container,
  pointer: string,
  before: string | undefined,
): void {
  const what =
    before === undefined
      ? 'both nodes set it, differently'
      : 'the primary and the backup both changed it since the last replication';
  const n = context.next.text.slice(next.span.start, next.span.end);
  const l = context.local.text.slice(local.span.start, local.span.end);
  const winner =
    n === l || l === before
      ? 'next'
      : n === before
        ? 'local'
        : decide(context, pointer, local.span, what);
  if (winner === 'next') context.out.takeNext(next.span);
  else context.out.takeLocal(local.span, base?.span);
}

function mergeContainer(
  context: MergeContext,
  base: Container | undefined,
  next: Container,
  local: Container,
  pointer: string,
): void {
  const { out } = context;
  const openOf = (container: Container) => ({
    start: container.span.start,
    end: container.items[0]?.lead.start ?? container.close.start,
  });
  // A container that was empty on one side has that side's cramped delimiters: `[]`.
  const layout = local.items.length > 0 || next.items.length === 0 ? 'local' : 'next';
  const open = openOf(local);
  const texts = {
    base: base === undefined ? undefined : context.base!.text.slice(openOf(base).start, openOf(base).end),
    next: context.next.text.slice(openOf(next).start, openOf(next).end),
    local: context.local.text.slice(open.start, open.end),
  };
  if (layout === 'next' || texts.local === texts.next || texts.local === texts.base) out.takeNext(openOf(next));
  else out.takeLocal(open, base === undefined ? undefined : openOf(base));
  mergeItems(context, base, next, local, pointer);
  mergeClose(context, base, next, local, pointer, layout);
}

function mergeClose(
  context: MergeContext,
  base: Container | undefined,
  next: Container,
  local: Container,
  pointer: string,
  layout: 'next' | 'local',
): void {
  const { out } = context;
  if (layout === 'next') return out.takeNext(next.close);
  const b = base === undefined ? undefined : context.base!.text.slice(base.close.start, base.close.end);
  const n = context.next.text.slice(next.close.start, next.close.end);
  const l = context.local.text.slice(local.close.start, local.close.end);
  if (l === b || l === n) return out.takeNext(next.close);
  if (n === b || b === undefined) return out.takeLocal(local.close, base?.close);
  const merged = mergeTrivia(b, n, l);
  if (merged !== undefined) return out.merged(merged, next.close, local.close, base!.close);
  const winner = decide(context, pointer, local.close, 'both nodes changed the same comment');
  if (winner === 'next') out.takeNext(next.close);
  else out.takeLocal(local.close, base!.close);
}
