import type { Container, Item, Span } from '../../document.ts';
import { decide, type MergeContext } from './context.ts';
import { emitNode } from './nodes.ts';
import { emitShifted, fateOfEntry, isShifted } from './shifted.ts';
import { mergeTrivia, ownLines, withoutEnd } from './trivia.ts';

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
export function emitWhole(context: MergeContext, side: Side, item: Item, slot: Slot, base?: Item): void {
  const was = base === undefined ? undefined : { start: base.head.start, end: base.foot.end };
  endLine(context);
  emitLead(context, side, item, slot, base?.lead);
  take(context, side, { start: item.head.start, end: item.foot.end }, was);
  emitTrail(context, side, item, slot, base?.trail);
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
    context.out.merged(lead.merged, next.lead, local.lead, base?.lead);
  }
  const sides = { base, next, local };
  const fate = fateOfEntry(context, sides);
  if (slot.style.local.join === 'plain' && isShifted(context, sides, fate))
    return emitShifted(context, sides, fate);
  for (const part of ['head', 'node', 'foot'] as const) {
    if (part === 'node') emitNode(context, fate, base?.node, next.node, local.node, local.pointer);
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
  context.out.own(ownComments(context, base, local), local.lead.start);
}

/** The comments of an entry that are the backup's own, as whole lines. */
export function ownComments(context: MergeContext, base: Item, local: Item): string {
  const lead = slice(context, 'local', local.lead);
  const lines = ownLines(slice(context, 'base', base.lead), lead);
  const remark = withoutComma(slice(context, 'local', local.trail), local).trim();
  const before = withoutComma(slice(context, 'base', base.trail), base).trim();
  if (remark === '' || remark === before) return lines;
  return `${lines}${indentOf(lead)}${remark}${context.local.text.includes('\r\n') ? '\r\n' : '\n'}`;
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
  if (part === 'trail') {
    // Whether a line end follows is a matter of what stands behind it, see endLine.
    const [bareB, bareN, bareL] = [b === undefined ? b : withoutEnd(b), withoutEnd(n), withoutEnd(l)];
    if (bareN === bareL) return { side: l === b || l === n ? 'next' : 'local' };
    if (bareL === bareB) return { side: 'next' };
    if (bareN === bareB) return { side: 'local' };
  }
  if (l === b || l === n) return { side: 'next' };
  if (n === b) return { side: 'local' };
  if (b === undefined && (part === 'head' || part === 'foot' || n.trim() === '')) return { side: 'local' };
  if (b === undefined && l.trim() === '') return { side: 'next' };
  if (part === 'lead') {
    const merged = mergeLead(b ?? '', n, l);
    if (merged !== undefined) return { merged };
  }
  if ([b ?? '', n, l].every(text => text.trim() === '')) return { side: 'next' };
  const what = part === 'head' ? 'both nodes changed its spelling' : 'both nodes changed the same comment';
  return { side: decide(context, local.pointer, local[part], what) };
}

/** Comment lines are merged as lines; the indentation before the entry itself is the side's that changed it. */
function mergeLead(base: string, next: string, local: string): string | undefined {
  const cut = (text: string) => text.lastIndexOf('\n') + 1;
  const lines = mergeTrivia(base.slice(0, cut(base)), next.slice(0, cut(next)), local.slice(0, cut(local)));
  if (lines === undefined) return undefined;
  const [b, n, l] = [indentOf(base), indentOf(next), indentOf(local)];
  const indent = l === b || l === n ? n : n === b || base === '' ? l : undefined;
  return indent === undefined ? undefined : lines + indent;
}

/**
 * The first entry of a container often stands differently from the rest (`[a, b]`, or a YAML mapping
 * that begins behind a dash). An entry that comes to stand first, or no longer does, takes the
 * spacing of its new neighbours; where entries are whole lines its own blank lines and comments stay.
 */
function emitLead(context: MergeContext, side: Side, item: Item, slot: Slot, base?: Span): void {
  const text = slice(context, side, item.lead);
  const { next, local } = slot.style;
  const wasFirst = (side === 'next' ? next : local).items[0] === item;
  const spacing = wasFirst === slot.first ? undefined : spacingAt(context, slot);
  if (spacing === undefined) return take(context, side, item.lead, base);
  if (local.join === 'comma')
    return text.trim() === '' ? context.out.glue(spacing) : take(context, side, item.lead, base);
  take(context, side, { start: item.lead.start, end: item.lead.end - indentOf(text).length }, base);
  context.out.glue(indentOf(spacing));
}

/** How a first entry stands in this container, or one that is not first; undefined where there is none, or with a comment. */
function spacingAt(context: MergeContext, slot: Slot): string | undefined {
  const { next, local } = slot.style;
  const at = slot.first ? 0 : 1;
  const from: Side = local.items[at] === undefined ? 'next' : 'local';
  const model = local.items[at] ?? next.items[at];
  if (model === undefined) return undefined;
  const spacing = slice(context, from, model.lead);
  return local.join === 'plain' || spacing.trim() === '' ? spacing : undefined;
}

/** A last line without a line end gets one before something follows it. */
export function endLine(context: MergeContext): void {
  if (context.out.unended) context.out.glue(context.local.text.includes('\r\n') ? '\r\n' : '\n');
}

function emitTrail(context: MergeContext, side: Side, item: Item, slot: Slot, base?: Span): void {
  const { trail, comma } = item;
  if (slot.style.local.join === 'plain') {
    take(context, side, trail, base);
    // An empty trail at the end of a file says nothing of what another side put in front of it.
    if (trail.end === context[side].text.length) context.out.unended = !context.out.endsWithNewline();
    return;
  }
  const wanted = !slot.last || slot.style.trailingComma;
  if (wanted && comma === undefined) context.out.glue(',');
  if (wanted || comma === undefined) return take(context, side, trail, base);
  take(context, side, { start: trail.start, end: comma });
  take(context, side, { start: comma + 1, end: trail.end });
}
