import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Document, Item, Node } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { block } from '../../../src/core/formats/block/index.ts';
import type { Format } from '../../../src/core/formats/format.ts';
import { ini } from '../../../src/core/formats/ini.ts';
import { lines } from '../../../src/core/formats/lines.ts';
import { corpusMissing, corpusSets } from '../../corpus/sets.ts';
import { runs } from '../../runs.ts';
import { breachesOfTiling, expectTiles } from './tiling.ts';

const FORMATS: readonly Format[] = [ini, lines, block];

const MARKS = [
  ...'{}[]<>"\'#!;:=\\$ \t\n',
  ...[
    '\r\n',
    '\\\n',
    '\\\r\n',
    '\n\n',
    ' # ',
    '; ',
    '${',
    '{ ',
    ' }',
    '\n}',
    '\n{',
    '\r',
    '\ufeff',
    'é',
    '😀',
    '\u2028',
  ],
  ...['a', 'nas1', '10.0.0.1', 'fd00::1', '/srv', 'key = ', 'name: ', '__proto__', 'a b;\n', '%x', '//'],
  ...['<t x>\n', '</t>\n', 'volume v\n', 'end-volume\n', 'global\n', 'frontend f\n', '[s]\n', 'a {\n', '}\n'],
];

/** Texts that are dense in whatever means something to one of the dialects. */
const anyText = fc.oneof(
  fc.array(fc.constantFrom(...MARKS), { maxLength: 40 }).map(marks => marks.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

describe.each(FORMATS)('$name', format => {
  test('any text is a document that tiles, or a failure with its place', () => {
    let documents = 0;
    let failures = 0;
    fc.assert(
      fc.property(anyText, text => {
        const result = format.parse(text, 'sample');
        if (!isFailure(result)) {
          documents++;
          expect(result.text).toBe(text);
          expect(breachesOfTiling(result)).toEqual([]);
          return;
        }
        failures++;
        const rows = text.split('\n');
        for (const place of [result.at, ...(result.also ?? [])]) {
          expect(place?.line).toBeGreaterThanOrEqual(1);
          expect(place?.line).toBeLessThanOrEqual(rows.length);
          expect(place?.column).toBeLessThanOrEqual(rows[place!.line! - 1]!.length + 1);
        }
      }),
      runs(1000),
    );
    expect(documents).toBeGreaterThan(50);
    expect(failures).toBeGreaterThan(0);
  });
});

/** What a reader of the text would list: each entry's depth, name and value, in order. */
function outline(document: Document, without?: Item): string[] {
  const rows: string[] = [];
  const walk = (node: Node, depth: number): void => {
    if (node.kind === 'leaf') return;
    for (const item of node.items) {
      if (item === without) continue;
      const value = item.node.kind === 'leaf' ? JSON.stringify(item.node.scalar?.value ?? null) : '';
      rows.push(`${depth} ${item.label} ${value}`);
      walk(item.node, depth + 1);
    }
  };
  walk(document.root, 0);
  return rows;
}

function itemsOf(node: Node): Item[] {
  return node.kind === 'leaf' ? [] : node.items.flatMap(item => [item, ...itemsOf(item.node)]);
}

/** An item stands for itself: its text can be taken out, and nothing else changes. */
function expectRemovable(format: Format, document: Document, item: Item): void {
  const text = document.text.slice(0, item.lead.start) + document.text.slice(item.trail.end);
  const rest = format.parse(text);
  if (isFailure(rest)) throw new Error(`without ${item.pointer}: ${rest.message}`);
  expect(outline(rest)).toEqual(outline(document, item));
}

test.each([ini, lines])('$name: each entry of any text can be taken out', format => {
  fc.assert(
    fc.property(anyText, fc.nat(), (source, pick) => {
      // A second mark would become the first one when the only entry before it goes.
      const text = source.slice(0, 1) + source.slice(1).replaceAll('\ufeff', '');
      const document = format.parse(text);
      if (isFailure(document)) return;
      const items = itemsOf(document.root);
      if (items.length === 0) return;
      expectRemovable(format, document, items[pick % items.length]!);
    }),
    runs(1000),
  );
});

test('the corpus tiles, and each entry of it can be taken out', () => {
  const sets = corpusSets().filter(set => FORMATS.some(format => format.name === set.format));
  expect(sets.length > 0).toBe(corpusMissing() === undefined);
  for (const set of sets) {
    const format = FORMATS.find(({ name }) => name === set.format)!;
    const document = format.parse(set.text, set.file);
    if (isFailure(document)) throw new Error(`${set.name}: ${document.message}`);
    expectTiles(document);
    const items = itemsOf(document.root);
    expect(items.length).toBeGreaterThanOrEqual(4);
    for (const item of items) expectRemovable(format, document, item);
  }
});

test('the corpus has the entries a reader sees', () => {
  const found = new Map<string, string[]>();
  for (const set of corpusSets()) {
    const document = FORMATS.find(({ name }) => name === set.format)?.parse(set.text);
    if (document === undefined || isFailure(document) || document.root.kind === 'leaf') continue;
    found.set(
      set.name,
      document.root.items.map(item => item.label),
    );
  }
  expect(found.size > 0).toBe(corpusMissing() === undefined);
  if (found.size === 0) return;
  expect(found.get('drbd-example-block')).toEqual([
    'resource example',
    'resource ipv6_example_res',
    'resource alpha-bravo',
    'resource stacked_multi_volume',
    'resource drbd_9_two_connection',
    'resource drbd_9_mesh',
    'resource drbd_9_multi_path',
    'resource dless',
    'resource nat-ed-addresses',
  ]);
  expect(found.get('keepalived-vrrp-block')).toEqual([
    ...['sshd', 'haproxy', 'http_port', 'https_port', 'smtp_port'].map(name => `vrrp_script chk_${name}`),
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(number => `vrrp_instance VI_${number}`),
  ]);
  expect(found.get('tgt-targets-block')).toEqual([
    'include',
    'default-driver',
    ...[1, 2, 3, 4, 4, 5, 6, 7, 8, 9].map(number => `target iqn.2008-09.com.example:server.target${number}`),
  ]);
  expect(found.get('gluster-brick-vol')).toHaveLength(9);
  expect(found.get('samba-default-ini')).toEqual(['global', 'homes', 'printers']);
  expect(found.get('nfs-exports-lines')).toEqual([
    '/srv/nfs4',
    '/srv/nfs4/homes',
    '/share',
    '/srv/with space',
  ]);
});
