/**
 * The law of every format: the tree covers each byte of the text once, as document.ts says. Gathers
 * all breaches before it fails, so that one run shows the whole picture.
 */
import { expect } from 'vitest';
import {
  type Container,
  type Document,
  type Item,
  type Json,
  type Leaf,
  type Node,
  type Scalar,
  type Span,
  segmentsOf,
} from '../../../src/core/document.ts';

export interface TilingOptions {
  /** Items whose value is not the one that stands there (YAML aliases and merges, repeated keys). */
  readonly valueElsewhere?: (item: Item) => boolean;
}

/** Expects that `document` tiles its text, and that its scalars and pointers say what stands there. */
export function expectTiles(document: Document, options: TilingOptions = {}): void {
  expect(breachesOfTiling(document, options)).toEqual([]);
}

/** The breaches, as sentences; empty when the document tiles. */
export function breachesOfTiling(document: Document, options: TilingOptions = {}): string[] {
  const breaches: string[] = [];
  const { root, text } = document;
  if (root.span.start !== 0 || root.span.end !== text.length) {
    breaches.push(`root is ${show(root.span)}, the text is [0,${text.length})`);
  }
  tile(document, root, breaches, options);
  checkScalars(document, breaches);
  return breaches;
}

function tile(document: Document, top: Node, breaches: string[], options: TilingOptions): void {
  const known = new Set(document.scalars);
  const open: { node: Node; name: string }[] = [{ node: top, name: 'root' }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, name } = next;
    if (node.kind === 'leaf') {
      checkLeaf(node, name, known, breaches);
      continue;
    }
    tileContainer(node, name, breaches);
    node.items.forEach((item, index) => {
      const itemName = `${name} > ${item.label || index}`;
      tileItem(document, node, item, index, itemName, breaches);
      if (options.valueElsewhere?.(item) !== true) checkValue(document, item, itemName, breaches);
      open.push({ node: item.node, name: itemName });
    });
  }
}

function checkLeaf(leaf: Leaf, name: string, known: Set<Scalar>, breaches: string[]): void {
  if (leaf.span.end < leaf.span.start) breaches.push(`${name}: leaf ${show(leaf.span)} runs backwards`);
  const { scalar } = leaf;
  if (scalar === undefined) return;
  if (!known.has(scalar)) breaches.push(`${name}: its scalar is not among document.scalars`);
  if (!within(scalar.span, leaf.span)) {
    breaches.push(`${name}: scalar ${show(scalar.span)} is outside of its leaf ${show(leaf.span)}`);
  }
}

function tileContainer(container: Container, name: string, breaches: string[]): void {
  const { span, items, close } = container;
  // `open` has no field: it may have any length, but it must start within the span.
  let at = items[0]?.lead.start ?? close.start;
  if (at < span.start) breaches.push(`${name}: first item starts at ${at}, before ${show(span)}`);
  for (const item of items) {
    if (item.lead.start !== at)
      breaches.push(`${name}: item '${item.label}' starts at ${item.lead.start}, not ${at}`);
    at = item.trail.end;
  }
  if (close.start !== at) breaches.push(`${name}: close starts at ${close.start}, not ${at}`);
  if (close.end !== span.end) breaches.push(`${name}: close ends at ${close.end}, not ${span.end}`);
  if (close.end < close.start) breaches.push(`${name}: close ${show(close)} runs backwards`);
}

function tileItem(
  document: Document,
  container: Container,
  item: Item,
  index: number,
  name: string,
  breaches: string[],
): void {
  const parts = {
    lead: item.lead,
    head: item.head,
    node: item.node.span,
    foot: item.foot,
    trail: item.trail,
  };
  let at = item.lead.start;
  for (const [part, span] of Object.entries(parts)) {
    if (span.start !== at) breaches.push(`${name}: ${part} starts at ${span.start}, not ${at}`);
    if (span.end < span.start) breaches.push(`${name}: ${part} ${show(span)} runs backwards`);
    at = span.end;
  }
  if (item.comma !== undefined) {
    const inside = item.comma >= item.trail.start && item.comma < item.trail.end;
    if (!inside) breaches.push(`${name}: comma ${item.comma} is outside of trail ${show(item.trail)}`);
    if (document.text[item.comma] !== ',') breaches.push(`${name}: no comma stands at ${item.comma}`);
  } else if (container.join === 'comma' && index < container.items.length - 1) {
    breaches.push(`${name}: no comma before the next item`);
  }
}

/** A leaf's pointer leads to the value of its scalar. */
function checkValue(document: Document, item: Item, name: string, breaches: string[]): void {
  if (item.node.kind !== 'leaf' || item.node.scalar === undefined) return;
  const found = resolve(document.value, item.pointer);
  const { value } = item.node.scalar;
  if (!Object.is(found, value)) {
    breaches.push(
      `${name}: ${item.pointer} is ${JSON.stringify(found)}, its scalar ${JSON.stringify(value)}`,
    );
  }
}

/** The value at a pointer, or undefined. Looks at own properties only. */
export function resolve(value: Json, pointer: string): Json | undefined {
  let at: Json | undefined = value;
  for (const segment of segmentsOf(pointer)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, segment)) return undefined;
    at = (at as { readonly [key: string]: Json })[segment];
  }
  return at;
}

function checkScalars(document: Document, breaches: string[]): void {
  let end = 0;
  for (const scalar of document.scalars) {
    const name = `scalar ${JSON.stringify(scalar.text.slice(0, 40))} at ${show(scalar.span)}`;
    if (scalar.span.start < end)
      breaches.push(`${name} overlaps or precedes the one before, which ends at ${end}`);
    if (scalar.span.end < scalar.span.start) breaches.push(`${name} runs backwards`);
    if (scalar.span.end > document.text.length) breaches.push(`${name} ends after the text`);
    if (scalar.isString && typeof scalar.value !== 'string') {
      breaches.push(`${name} is a string and its value is a ${typeof scalar.value}`);
    }
    checkOffsets(document.text, scalar, name, breaches);
    end = Math.max(end, scalar.span.end);
  }
}

function checkOffsets(source: string, scalar: Scalar, name: string, breaches: string[]): void {
  const { offsets, text, span } = scalar;
  if (offsets === undefined) {
    const stands = source.slice(span.start, span.start + text.length);
    if (stands !== text) breaches.push(`${name}: has no offsets, and ${JSON.stringify(stands)} stands there`);
    if (span.start + text.length > span.end) breaches.push(`${name}: its text is longer than its span`);
    return;
  }
  if (offsets.length !== text.length + 1) {
    breaches.push(`${name}: ${offsets.length} offsets for ${text.length} units of text`);
  }
  let before = span.start;
  for (let i = 0; i < offsets.length; i++) {
    const offset = offsets[i] ?? -1;
    if (offset < before) breaches.push(`${name}: offset ${i} is ${offset}, after ${before}`);
    if (offset > span.end) breaches.push(`${name}: offset ${i} is ${offset}, after its span`);
    before = Math.max(before, offset);
  }
}

function within(inner: Span, outer: Span): boolean {
  return inner.start >= outer.start && inner.end <= outer.end;
}

function show(span: Span): string {
  return `[${span.start},${span.end})`;
}
