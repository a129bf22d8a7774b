import type { Container, Item, Span } from '../../document.ts';
import { type MergeContext, decide } from './context.ts';
import { mergeNode } from './nodes.ts';
import { mergeTrivia, ownLines } from './trivia.ts';

/** Where an entry stands in the merged container. */
export interface Slot {
  readonly style: {
    readonly next: Container;
    readonly local: Container;
    /** Whether a comma follows the last entry (TOML and YAML allow it). */
    readonly trailingComma: boolean;
  };
  readonly first: boolean;
  readonly last: boolean;
}

type Side = 'next' | 'local';
type Part = 'lead' | 'head' | 'foot' | 'trail';

function slice(context: MergeContext, side: Side | 'base', span: Span): string {
  const document = side === 'base' ? context.base! : context[side];
  return document.text.slice(span.start, span.end);
}

function take(context: MergeContext, side: Side, span: Span, base?: Span): void {
  if (side === 'next') context.out.takeNext(span);
  else context.out.takeLocal(span, base);
}

/** An entry that one side alone has, as it stands there. */
export function emitWhole(context: MergeContext, side: Side, item: Item, slot: Slot): void {
  endLine(context);
  emitLead(context, side, item, slot);
  take(context, side, { start: item.head.start, end: item.foot.end });
  emitTrail(context, side, item, slot);
}

/** An entry that both sides have. */
export function emitMerged(
  context: MergeContext,
  base: Item | undefined,
  next: Item,
  local: Item,
  slot: Slot,
): void {
  endLine(context);
  const lead = chooseTrivia(context, 'lead', base, next, local);
  if (lead.side !== undefined) {
    emitLead(context, lead.side, lead.side === 'next' ? next : local, slot, base?.lead);
  } else {
    context.out.merged(lead.merged, next.lead, local.lead, base!.lead);
  }
  for (const part of ['head', 'node', 'foot'] as const) {
    if (part === 'node') mergeNode(context, base?.node, next.node, local.node, local.pointer);
    else {
      const chosen = chooseTrivia(context, part, base, next, local).side ?? 'local';
      take(context, chosen, (chosen === 'next' ? next : local)[part], base?.[part]);
    }
  }
  const trail = chooseTrivia(context, 'trail', base, next, local);
  const side = trail.side ?? 'local';
  emitTrail(context, side, side === 'next' ? next : local, slot, base?.trail);
}

/** The primary deleted an entry; comments that are the backup's own stay where it stood. */
export function emitDeleted(context: MergeContext, base: Item, local: Item): void {
  endLine(context);
  const own = ownLines(slice(context, 'base', base.lead), slice(context, 'local', local.lead));
  const lines = own === '' || own.endsWith('\n') ? own : '';
  const remark = withoutComma(slice(context, 'local', local.trail), local).trim();
  const before = withoutComma(slice(context, 'base', base.trail), base).trim();
  const kept = remark !== '' && remark !== before ? `${indentOf(slice(context, 'local', local.lead))}${remark}\n` : '';
  context.out.own(lines + kept, local.lead.start);
}

function indentOf(lead: string): string {
  return lead.slice(lead.lastIndexOf('\n') + 1);
}

function withoutComma(trail: string, item: Item): string {
  if (item.comma === undefined) return trail;
  const at = item.comma - item.trail.start;
  return trail.slice(0, at) + trail.slice(at + 1);
}

type Choice =
  | { readonly side: Side; readonly merged?: undefined }
  | { readonly side?: undefined; readonly merged: string };

/** Whose spacing and comments stand: the side that changed them; lines of both where both did. */
function chooseTrivia(
  context: MergeContext,
  part: Part,
  base: Item | undefined,
  next: Item,
  local: Item,
): Choice {
  const read = (side: Side | 'base', item: Item) => {
    const text = slice(context, side, item[part]);
    return part === 'trail' ? withoutComma(text, item) : text;
  };
  const n = read('next', next);
  const l = read('local', local);
  const b = base === undefined ? undefined : read('base', base);
  if (l === b || l === n) return { side: 'next' };
  if (n === b || b === undefined) return { side: 'local' };
  if (part === 'lead') {
    const merged = mergeLead(b, n, l);
    if (merged !== undefined) return { merged };
  }
  if ([b, n, l].every(text => text.trim() === '')) return { side: 'next' };
  const what = part === 'head' ? 'both nodes changed its spelling' : 'both nodes changed the same comment';
  return { side: decide(context, local.pointer, local[part], what) };
}

/** Comment lines are merged as lines; the indentation before the entry itself is the side's that changed it. */
function mergeLead(base: string, next: string, local: string): string | undefined {
  const cut = (text: string) => text.lastIndexOf('\n') + 1;
  const lines = mergeTrivia(
    base.slice(0, cut(base)),
    next.slice(0, cut(next)),
    local.slice(0, cut(local)),
  );
  if (lines === undefined) return undefined;
  const [b, n, l] = [indentOf(base), indentOf(next), indentOf(local)];
  const indent = l === b || l === n ? n : n === b ? l : undefined;
  return indent === undefined ? undefined : lines + indent;
}

/**
 * The first entry of a container often stands differently from the rest (`[a, b]`, or a YAML mapping
 * that begins behind a dash). An entry that comes to stand first, or no longer does, takes the
 * spacing of its new neighbours, unless a comment is in it.
 */
function emitLead(context: MergeContext, side: Side, item: Item, slot: Slot, base?: Span): void {
  const text = slice(context, side, item.lead);
  const { next, local } = slot.style;
  const wasFirst = (side === 'next' ? next : local).items[0] === item;
  if (wasFirst !== slot.first && text.trim() === '') {
    const at = slot.first ? 0 : 1;
    const model = local.items[at] ?? next.items[at];
    const from: Side = local.items[at] === undefined ? 'next' : 'local';
    if (model !== undefined) {
      const spacing = slice(context, from, model.lead);
      if (spacing.trim() === '') return context.out.glue(spacing.slice(indentStart(spacing, slot)));
    }
  }
  take(context, side, item.lead, base);
}

/** Blank lines before a model entry are its own; only the indentation is borrowed for whole lines. */
function indentStart(spacing: string, slot: Slot): number {
  const join = slot.style.local.join;
  return join === 'plain' ? spacing.lastIndexOf('\n') + 1 : 0;
}

/** A last line without a line end gets one before something follows it. */
function endLine(context: MergeContext): void {
  if (context.out.unended) context.out.glue(context.local.text.includes('\r\n') ? '\r\n' : '\n');
}

function emitTrail(context: MergeContext, side: Side, item: Item, slot: Slot, base?: Span): void {
  const { out } = context;
  const { trail, comma } = item;
  if (slot.style.local.join === 'plain') {
    take(context, side, trail, base);
    // An empty trail says nothing: the last entry of the node before it may still be without line end.
    if (trail.end === context[side].text.length) out.unended = !out.endsWithNewline();
    return;
  }
  const wanted = !slot.last || slot.style.trailingComma;
  if (wanted && comma === undefined) out.glue(',');
  if (wanted || comma === undefined) return take(context, side, trail, base);
  take(context, side, { start: trail.start, end: comma });
  take(context, side, { start: comma + 1, end: trail.end });
}
