import type { Container, Item, Span } from '../../document.ts';
import { decide, decideSetting, type MergeContext } from './context.ts';
import { emitDeleted, emitMerged, emitWhole, ownComments, type Slot } from './emit.ts';
import { type Entity, matchEntities } from './entities.ts';
import { isSame } from './nodes.ts';
import { mergeOrder } from './order.ts';

/** What becomes of one entry. A ghost is a deleted entry whose own comments on the backup remain. */
type Fate = 'merge' | 'next' | 'local' | 'ghost' | 'gone';

/** What becomes of the entries of three versions of a container, and in which order they stand. */
export interface Arrangement {
  readonly entities: readonly Entity[];
  readonly fates: readonly Fate[];
  readonly order: readonly number[];
  /** The order without ghosts: what is left as an entry. */
  readonly solid: readonly number[];
}

export function arrangeItems(
  context: MergeContext,
  base: Container | undefined,
  next: Container,
  local: Container,
  pointer: string,
): Arrangement {
  const matched = matchEntities(
    base === undefined ? undefined : { document: context.base!, container: base },
    { document: context.next, container: next },
    { document: context.local, container: local },
    context.bias,
  );
  const { entities } = matched;
  const fates = entities
    .map(entity => fateOf(context, entity))
    .map((fate, at) => laidToRest(context, entities[at]!, fate));
  const present = (entity: number) => fates[entity] !== 'gone';
  const { order, conflict } = mergeOrder(
    matched.base.filter(present),
    matched.next.filter(entity => present(entity) && fates[entity] !== 'local'),
    matched.local.filter(entity => present(entity) && fates[entity] !== 'next'),
    context.policy.conflict === 'primary',
    entity => isSection(context, entities[entity]!),
  );
  if (conflict && context.policy.conflict === 'hold') {
    decide(context, pointer, local.span, 'both nodes put its entries into another order');
  }
  return { entities, fates, order, solid: order.filter(entity => fates[entity] !== 'ghost') };
}

/** A ghost without a comment is none. */
function laidToRest(context: MergeContext, { base, local }: Entity, fate: Fate): Fate {
  return fate === 'ghost' && ownComments(context, base!, local!) === '' ? 'gone' : fate;
}

/** Appends the merged items of a container; its delimiters are the caller's. */
export function emitItems(
  context: MergeContext,
  next: Container,
  local: Container,
  { entities, fates, order, solid }: Arrangement,
): void {
  const style = {
    next,
    local,
    trailingComma: (local.items.at(-1) ?? next.items.at(-1))?.comma !== undefined,
  };
  for (const entity of order) {
    const slot: Slot = { style, first: entity === solid[0], last: entity === solid.at(-1) };
    emit(context, entities[entity]!, fates[entity]!, slot);
  }
}

/** In INI and TOML a header takes in all settings that follow it; elsewhere sections have an end. */
function isSection(context: MergeContext, entity: Entity): boolean {
  const { node } = (entity.local ?? entity.next ?? entity.base)!;
  return ['ini', 'toml'].includes(context.next.format) && node.kind !== 'leaf' && node.join === 'plain';
}

function emit(context: MergeContext, entity: Entity, fate: Fate, slot: Slot): void {
  if (fate === 'merge') emitMerged(context, entity.base, entity.next!, entity.local!, slot);
  else if (fate === 'next') emitWhole(context, 'next', entity.next!, slot);
  else if (fate === 'local') emitWhole(context, 'local', entity.local!, slot, entity.base);
  else emitDeleted(context, entity.base!, entity.local!);
}

function ownSpan(item: Item): Span {
  return { start: item.head.start, end: item.foot.end };
}

function fateOf(context: MergeContext, entity: Entity): Fate {
  const { base, next, local } = entity;
  const { policy } = context;
  const pointer = (local ?? next ?? base)!.pointer;
  if (
    policy.preserved(pointer) &&
    (local === undefined || next === undefined || !sharedLeaf(context, next))
  ) {
    return local === undefined ? 'gone' : next === undefined ? 'local' : 'merge';
  }
  if (next !== undefined && local !== undefined) return 'merge';
  if (base === undefined) return next !== undefined ? 'next' : 'local';
  const textB = context.base!.text.slice(ownSpan(base).start, ownSpan(base).end);
  if (next === undefined && local !== undefined) {
    const textL = context.local.text.slice(ownSpan(local).start, ownSpan(local).end);
    const untouched = isSame(base.node, textB, local.node, textL);
    if (untouched && !policy.preservedBelow(pointer)) return 'ghost';
    const winner = decideSetting(
      context,
      pointer,
      ownSpan(local),
      'the primary deleted it, the backup changed it since the last replication',
    );
    return winner === 'next' ? 'ghost' : 'local';
  }
  if (next !== undefined) {
    // The backup deleted it: its own decision, as long as the primary leaves the entry as it was.
    const textN = context.next.text.slice(ownSpan(next).start, ownSpan(next).end);
    const untouched = isSame(base.node, textB, next.node, textN);
    if (untouched) return 'gone';
    const winner = decideSetting(
      context,
      pointer,
      undefined,
      'the backup deleted it, the primary changed it since the last replication',
    );
    return winner === 'next' ? 'next' : 'gone';
  }
  return 'gone';
}

function sharedLeaf(context: MergeContext, item: Item): boolean {
  const { start, end } = item.node.span;
  return item.node.kind === 'leaf' && context.policy.shared(context.next.text.slice(start, end));
}
