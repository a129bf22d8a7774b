/** The second matcher: what the primary is called, in any spelling, wherever it hides. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Document, Scalar } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { formatNamed } from '../../../src/core/formats/registry.ts';
import type { Mapping } from '../../../src/core/rewrite/identity.ts';
import { findResidue } from '../../../src/core/rewrite/residue.ts';
import { rewrite } from '../../../src/core/rewrite/rewrite.ts';
import { runs } from '../../runs.ts';
import { mappingOf, plainFormat, rawDocument, rewriteText, scalarAt } from './texts.ts';

const mapping = mappingOf(
  [
    ['hostname', 'nas1', 'nas2'],
    ['fqdn', 'nas1.example.com', 'nas2.example.com'],
    ['ipv4', '10.0.0.1', '10.0.1.1'],
    ['ipv6', 'fd00::a1', 'fd00::b2'],
    ['cidr', '10.3.0.1/24', '10.4.0.1/24'],
    ['subnet', '10.7.0.0/24', '10.8.0.0/24'],
    ['mac', '52:54:00:a1:b2:c3', '52:54:00:d4:e5:f6'],
    ['wwn', '5000c500a1b2c3d4', '5000c500e5f60718'],
    ['iqn', 'iqn.2003-01.org.nas1:*', 'iqn.2003-01.org.nas2:*'],
    ['iqn', 'iqn.2008-09.com.example:tgt', 'iqn.2008-09.com.example:bak'],
    ['uuid', '7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b61', '91d0aa13-6c2b-4e77-8d51-5be0c4f2a9d8'],
    ['path', '/d/brick1', '/d/brick2'],
    ['text', 'Storage Box', 'Spare Box'],
  ],
  [
    { kind: 'ipv4', value: '10.7.0.254' },
    { kind: 'fqdn', value: 'nas1.shared.org' },
    { kind: 'path', value: '/shared/nas1' },
  ],
);

const foundIn = (text: string, by: Mapping = mapping) =>
  findResidue(rawDocument(text), by, 'f').map(({ found }) => found);

test.each([
  ['at nas1:/x', ['nas1']],
  ['NAS1', ['NAS1']],
  ['nas1.example.com', ['nas1.example.com']],
  ['10.0.0.1/24', ['10.0.0.1']],
  ['010.000.000.001', ['010.000.000.001']],
  ['10.3.0.1/24', ['10.3.0.1/24']],
  ['10.3.0.1/255.255.255.0', ['10.3.0.1/255.255.255.0']],
  ['10.7.0.99', ['10.7.0.99']],
  ['fd00:0::a1', ['fd00:0::a1']],
  ['Fd00::00A1', ['Fd00::00A1']],
  ['[fd00:0:0::0:a1]:80', ['fd00:0:0::0:a1']],
  ['52:54:00:A1:b2:C3', ['52:54:00:A1:b2:C3']],
  ['5254-525400A1b2c3', ['525400A1b2c3']],
  ['naa.5000C500a1b2c3d4', ['5000C500a1b2c3d4']],
  ['0x5000C500a1b2c3d4-part1', ['5000C500a1b2c3d4']],
  ['50:00:c5:00:A1:b2:c3:d4', ['50:00:c5:00:A1:b2:c3:d4']],
  ['7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4B61', ['7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4B61']],
  ['7C1e1c523f1d4f0e9a390a5d2f3e4b61', ['7C1e1c523f1d4f0e9a390a5d2f3e4b61']],
  ['iqn.2003-01.org.nas1:sn.1/x', ['iqn.2003-01.org.nas1:sn.1']],
  ['<iqn.2008-09.com.example:tgt>', ['iqn.2008-09.com.example:tgt']],
  ['x:/d/brick1/y', ['/d/brick1']],
  ['a Storage Box.', ['Storage Box']],
  ['http://x/%6eas1', ['%6eas1']],
  ['%2Fnas1%2f', ['nas1']],
  ['10%2E0.0%2e1', ['10%2E0.0%2e1']],
])('%j still says %j', (text, expected) => {
  expect(foundIn(text)).toEqual(expected);
  const [hit] = findResidue(rawDocument(`x ${text}`), mapping, 'f');
  expect(`x ${text}`.slice(hit!.span.start, hit!.span.end)).toBe(expected[0]);
});

test.each([
  ...[
    'nas10',
    'mynas1',
    'nas1-x',
    'vg_nas1',
    'nas1.key',
    'Nas1',
    'nAS1',
    'nas1é',
    'x.nas1',
    'nas2',
    '%20',
    '100%',
  ],
  ...[
    '10.0.0.10',
    '110.0.0.1',
    '10.0.0.1.5',
    '10.0.0.1_',
    '10.0.0.256',
    '10.3.0.1',
    '10.3.0.1/25',
    '10.8.0.9',
  ],
  ...['fd00::a10', 'fd00::a1:', 'fd00::a1:1', '12:30:45', 'fd00::b2', '::', 'xfd00::a1'],
  ...[
    '52:54:00:a1:b2:c3:00',
    '0:0',
    '525400a1b2c30',
    'x525400a1b2c3',
    '5000c500a1b2c3d40',
    'a5000c500a1b2c3d4',
  ],
  ...[
    '7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b610',
    '7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b61-0000',
    '_7c1e1c523f1d4f0e9a390a5d2f3e4b61',
  ],
  ...[
    'iqn.2008-09.com.example:tgt2',
    'iqn.2008-09.com.example:tgt:sub',
    'iqn.2008-09.com.example:TGT',
    'iqn.2003-01.org.nas10:x',
  ],
  ...[
    'iqn.2003-01.org.other:nas1',
    '/d/brick10',
    'x/d/brick1',
    'Storage Boxes',
    '10.7.0.254',
    'nas1.shared.org',
    '/shared/nas1',
  ],
])('%j is none', text => {
  expect(foundIn(text)).toEqual([]);
});

describe('in a document', () => {
  test('decoded scalars are read decoded, and only so', () => {
    const text = '["\\u006eas1", "\\nas1", "%6eas1", "x\\tnas1", "C:\\\\nas1"]';
    const document = formatNamed('json').parse(text, 'f');
    if (isFailure(document)) throw new Error(document.message);
    const hits = findResidue(document, mapping, 'f');
    expect(hits.map(({ found, view }) => [found, view])).toEqual([
      ['\\u006eas1', 'decoded'],
      ['%6eas1', 'percent'],
      ['nas1', 'decoded'],
      ['nas1', 'decoded'],
    ]);
    for (const { span, found } of hits) expect(text.slice(span.start, span.end)).toBe(found);
  });

  test('comments between isolated scalars are raw', () => {
    const text = '# nas1\na: |- # nas1\n  x\nb: nas10\n';
    const document = formatNamed('yaml').parse(text, 'f') as Document;
    expect(findResidue(document, mapping, 'f').map(({ span }) => span.start)).toEqual([2, 15]);
  });

  test('limits are read as the backup calls its places', () => {
    const placed = mappingOf([
      ['hostname', 'nas1', 'nas2'],
      { kind: 'text', primary: '150', backup: '100', in: ['a/*'], at: '/nas1/priority' },
    ]);
    const text = '150 150';
    const scalars: Scalar[] = [
      scalarAt(text, '150', { pointer: '/nas2/priority' }),
      { ...scalarAt(text, '150', { pointer: '/nas1/priority' }), span: { start: 4, end: 7 } },
    ];
    const spans = (file: string, by: Mapping) =>
      findResidue(rawDocument(text, scalars), by, file).map(({ span }) => span.start);
    expect(spans('a/x', placed)).toEqual([0]);
    expect(spans('b/x', placed)).toEqual([]);
    // On the way back the primary's side follows, and is called as the mapping writes it.
    expect(
      findResidue(
        rawDocument('100', [scalarAt('100', '100', { pointer: '/nas1/priority' })]),
        placed.reversed(),
        'a/x',
      ),
    ).toHaveLength(1);
  });

  test('the other direction looks for the backup', () => {
    expect(foundIn('nas1 nas2 10.0.1.1', mapping.reversed())).toEqual(['nas2', '10.0.1.1']);
  });
});

describe('after rewriting', () => {
  const fragments = [
    'nas1',
    'nas2',
    'NAS1',
    '10.0.0.1',
    '10.0.1.1',
    '10.7.0.3',
    'fd00::a1',
    '525400A1B2C3',
    'iqn.2003-01.org.nas1:nas1',
    '/d/brick1',
    '7c1e1c523f1d4f0e9a390a5d2f3e4b61',
    '0x5000c500a1b2c3d4',
    'Storage Box',
    '10.3.0.1/24',
    'x',
    '.',
    '-',
    '_',
    ' ',
    '/',
    ':',
    '1',
    'é',
    '\n',
  ];
  const texts = fc.array(fc.constantFrom(...fragments), { maxLength: 8 }).map(parts => parts.join(''));

  test('nothing is left but what a swap has put there', () => {
    fc.assert(
      fc.property(texts, before => {
        const { text, swaps } = rewrite(rawDocument(before), mapping, 'f', plainFormat);
        for (const { span } of findResidue(rawDocument(text), mapping, 'f')) {
          expect(swaps.some(({ to }) => to.start <= span.start && span.end <= to.end)).toBe(true);
        }
      }),
      runs(1500),
    );
  });

  test('whatever the scanner takes, the second matcher sees', () => {
    fc.assert(
      fc.property(texts, before => {
        const { swaps } = rewrite(rawDocument(before), mapping, 'f', plainFormat);
        const seen = findResidue(rawDocument(before), mapping, 'f');
        const own = swaps.filter(({ rule }) => mapping.spec.pairs[rule.pair]!.primary === rule.from);
        for (const { from } of own) {
          expect(seen.some(({ span }) => span.start === from.start && span.end === from.end)).toBe(true);
        }
      }),
      runs(1500),
    );
  });

  test('a scanner that overlooked something would be found out', () => {
    const blind = mappingOf([['ipv4', '10.0.0.1', '10.0.1.1']]);
    expect(foundIn(rewriteText('nas1 10.0.0.1', blind))).toEqual(['nas1']);
  });
});
