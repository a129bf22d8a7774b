/** Shorthands for tests of formats that never read more than a text. */
import { expect } from 'vitest';
import type { Document, Item, Span } from '../../../src/core/document.ts';
import { type Failure, isFailure } from '../../../src/core/failure.ts';
import type { Format } from '../../../src/core/formats/format.ts';
import { expectTiles } from './tiling.ts';

/** The document of a text that must parse; it tiles. */
export function parsed(format: Format, text: string): Document {
  const document = format.parse(text, 'sample');
  if (isFailure(document)) throw new Error(`${document.message} ${JSON.stringify(document.at)}`);
  expect(document.text).toBe(text);
  expectTiles(document);
  return document;
}

/** The failure of a text that must not parse. */
export function failed(format: Format, text: string): Failure {
  const failure = format.parse(text, 'sample');
  if (!isFailure(failure)) throw new Error(`parsed as ${JSON.stringify(failure.value)}`);
  return failure;
}

/** The five parts of an item as text, without those that are empty at the end. */
export function parts(document: Document, pointer: string): string[] {
  const item = itemAt(document, pointer);
  return [item.lead, item.head, item.node.span, item.foot, item.trail].map(span => slice(document, span));
}

export function itemAt(document: Document, pointer: string): Item {
  let items: readonly Item[] = document.root.kind === 'leaf' ? [] : document.root.items;
  while (items.length > 0) {
    const found = items.find(item => item.pointer === pointer);
    if (found !== undefined) return found;
    items = items.flatMap(item => (item.node.kind === 'leaf' ? [] : item.node.items));
  }
  throw new Error(`no item at ${pointer}`);
}

/** What stands behind the last item of a container: its closing trivia and delimiter. */
export function closing(document: Document, pointer: string): string {
  const node = pointer === '' ? document.root : itemAt(document, pointer).node;
  if (node.kind === 'leaf') throw new Error(`${pointer} is a leaf`);
  return slice(document, node.close);
}

/** Every scalar as `pointer role source`. */
export function scalarsOf(document: Document): string[] {
  return document.scalars.map(scalar => `${scalar.pointer} ${scalar.role} ${slice(document, scalar.span)}`);
}

function slice(document: Document, span: Span): string {
  return document.text.slice(span.start, span.end);
}
