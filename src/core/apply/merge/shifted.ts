import { type Item, type Span, textOf } from '../../document.ts';
import { decide, type MergeContext } from './context.ts';
import { emitNode, fateOfNode, isEmptied, type NodeFate } from './nodes.ts';
import { type Remark, remarkOf, stanceOf } from './remark.ts';

/** An entry that both sides have, and what it was when it was replicated last. */
interface Sides<T> {
  readonly base: T | undefined;
  readonly next: T;
  readonly local: T;
}

type Side = 'next' | 'local';

/** Formats in which the same value may stand behind its key or below it. */
const FREE: readonly string[] = ['yaml', 'toml'];

/**
 * Whether heads and trails are no match: the value stands to its key in another way on one side, or in
 * what both sides make of it, or both made the entry with the remark in its head, where no past tells a
 * remark from a spelling.
 */
export function isShifted(context: MergeContext, sides: Sides<Item>, fate: NodeFate): boolean {
  if (!FREE.includes(context.next.format)) return false;
  if (needsSign(context, sides, fate)) return true;
  const { base, next, local } = ofEach(context, sides, stanceOf);
  return next !== local || (base !== local && (base !== undefined || local !== 'behind'));
}

/**
 * Appends a shifted entry from its head to its trail. All of it but the value and the remark is of one
 * side, the frame, so that key, value and line end fit each other. The remark is merged on its own, and
 * put where the frame has its place.
 */
export function emitShifted(context: MergeContext, sides: Sides<Item>, fate: NodeFate): void {
  const { base, next, local } = sides;
  const { pointer } = local;
  const remarks = ofEach(context, sides, remarkOf);
  const frame = frameOf(context, sides, fate);
  compareSpelling(context, sides, remarks, frame);
  const chosen = chooseRemark(context, sides, remarks, frame);
  const item = sides[frame];
  const hole = remarks[frame].place;
  const was = remarks.base?.place;
  const keyOfBase = base && {
    start: base.head.start,
    end: was?.part === 'head' ? was.span.start : base.head.end,
  };
  const sign = next.node.kind === 'map' ? ' {}' : ' []';
  const takePart = (part: 'head' | 'node' | 'trail', span: Span, before: Span | undefined) => {
    if (hole?.part !== part) return take(context, frame, span, before);
    take(context, frame, { start: span.start, end: hole.span.start }, part === 'node' ? undefined : before);
    if (needsSign(context, sides, fate)) context.out.glue(sign);
    const { text, place } = remarks[chosen];
    if (place !== undefined && (chosen === frame || text !== ''))
      take(context, chosen, place.span, was?.span);
    take(context, frame, { start: hole.span.end, end: span.end }, part === 'node' ? before : undefined);
  };
  takePart('head', item.head, keyOfBase);
  if (hole?.part === 'node') takePart('node', item.node.span, base?.node.span);
  else emitNode(context, fate, base?.node, next.node, local.node, pointer);
  take(context, frame, item.foot, base?.foot);
  takePart('trail', item.trail, undefined);
  // An empty trail at the end of a file says nothing of what another side put in front of it.
  if (item.trail.end === context[frame].text.length) context.out.unended = !context.out.endsWithNewline();
}

/** In YAML a value that lost its last entry needs a sign, behind its key; in TOML the header is enough. */
function needsSign(context: MergeContext, { next }: Sides<Item>, fate: NodeFate): boolean {
  return context.next.format === 'yaml' && isEmptied(fate, next.node);
}

function ofEach<T>(
  context: MergeContext,
  { base, next, local }: Sides<Item>,
  of: (document: MergeContext['next'], item: Item) => T,
): Sides<T> {
  return {
    base: base === undefined ? undefined : of(context.base!, base),
    next: of(context.next, next),
    local: of(context.local, local),
  };
}

function take(context: MergeContext, side: Side, span: Span, base: Span | undefined): void {
  if (side === 'next') context.out.takeNext(span);
  else context.out.takeLocal(span, base);
}

/** What becomes of the value of an entry. As with `fateOfNode`, asked once for each. */
export function fateOfEntry(context: MergeContext, sides: Sides<Item>): NodeFate {
  const { base, next, local } = sides;
  const filled = filledBeside(context, sides);
  return filled ?? fateOfNode(context, base?.node, next.node, local.node, local.pointer);
}

/**
 * Of an entry that both sides made, the side that has something in it where the other's is empty and is
 * written in another way: in YAML `a: {}` stands on one line, and a filled one below its key.
 */
function filledBeside(context: MergeContext, sides: Sides<Item>): Side | undefined {
  const { base, next, local } = sides;
  const [n, l] = [next.node, local.node];
  if (base !== undefined || context.policy.preserved(local.pointer)) return undefined;
  if (n.kind !== 'map' || l.kind !== 'map' || n.join === l.join) return undefined;
  const remarks = ofEach(context, sides, remarkOf);
  const isFrame = (side: Side, other: Side) =>
    /^\{\s*\}$/.test(textOf(context[other].text, sides[other].node.span)) &&
    (remarks[side].place !== undefined || remarks[other].text === '');
  return isFrame('next', 'local') ? 'next' : isFrame('local', 'next') ? 'local' : undefined;
}

/** The side that the value is of; where the values of both fit either frame, the side that shifted it. */
function frameOf(context: MergeContext, sides: Sides<Item>, fate: NodeFate): Side {
  if (context.policy.preserved(sides.local.pointer)) return fate === 'next' ? 'next' : 'local';
  const { base, next, local } = ofEach(context, sides, stanceOf);
  const onLines = [next, local].some(stance => stance !== 'behind' && stance !== 'apart');
  const alike =
    textOf(context.next.text, sides.next.node.span) === textOf(context.local.text, sides.local.node.span);
  if (typeof fate === 'string' && onLines && !alike) return fate;
  return local === base && next !== base ? 'next' : 'local';
}

/** Key, anchor and tag are the frame's; it is told where the other side changed them. */
function compareSpelling(
  context: MergeContext,
  sides: Sides<Item>,
  remarks: Sides<Remark>,
  frame: Side,
): void {
  const { base, local } = sides;
  const other = frame === 'next' ? 'local' : 'next';
  if (base === undefined || context.policy.preserved(local.pointer)) return;
  // Several comments were compared together with the key that they stand at.
  if (remarks[other].place === undefined && remarks[other].text !== '') return;
  const spelling = (side: Side | 'base') => {
    const { text } = context[side]!;
    const { head } = sides[side]!;
    const { place } = remarks[side]!;
    const cut = place?.part === 'head' ? place.span : { start: head.end, end: head.end };
    return (text.slice(head.start, cut.start) + text.slice(cut.end, head.end)).trimEnd();
  };
  const now = spelling(other);
  if (now === spelling(frame) || now === spelling('base')) return;
  decide(context, local.pointer, local.head, 'both nodes changed its spelling');
}

/** The side whose remark stands. One that the frame has no place for is held, and so are several. */
function chooseRemark(context: MergeContext, sides: Sides<Item>, remarks: Sides<Remark>, frame: Side): Side {
  const { next, local } = remarks;
  const { pointer, head } = sides.local;
  const at = local.place?.span ?? head;
  const before = remarks.base?.text ?? '';
  if (next.text === local.text) return frame;
  const changedOnce = local.text === before ? 'next' : next.text === before ? 'local' : undefined;
  const side = changedOnce ?? decide(context, pointer, at, 'both nodes changed the same comment');
  const movable = remarks[side].place !== undefined || remarks[side].text === '';
  if (side === frame || (movable && remarks[frame].place !== undefined)) return side;
  if (changedOnce !== undefined) {
    decide(context, pointer, at, 'one node changed its layout, the other the comment on its line');
  }
  return frame;
}
