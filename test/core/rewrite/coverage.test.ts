/** What an administrator is shown: near and unmapped strings, each with a ready-made pair. */
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Document } from '../../../src/core/document.ts';
import { formatNamed } from '../../../src/core/formats/registry.ts';
import { lookalikes, occurrences } from '../../../src/core/rewrite/coverage.ts';
import type { Kind } from '../../../src/core/rewrite/identity.ts';
import { compileMapping } from '../../../src/core/rewrite/mapping.ts';
import { mappingOf, rawDocument, spec } from './texts.ts';

const mapping = mappingOf(
  [
    ['hostname', 'nas1', 'nas2'],
    ['fqdn', 'nas1.example.com', 'nas2.example.com'],
    ['ipv4', '10.0.0.1', '10.0.1.1'],
    ['iqn', 'iqn.2008-09.com.example:tgt', 'iqn.2008-09.com.example:bak'],
    ['uuid', '7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b61', '91d0aa13-6c2b-4e77-8d51-5be0c4f2a9d8'],
    { kind: 'text', primary: '150', backup: '100', at: 'priority' },
    { kind: 'text', primary: 'pool', backup: 'tank', in: ['other'] },
  ],
  [{ kind: 'ipv4', value: '10.0.0.100' }],
);

const seen = (text: string) =>
  lookalikes(rawDocument(text), mapping, 'f').map(({ sort, found, suggestion }) => [sort, found, suggestion]);

test.each([
  ['nas1.key', '- {kind: text, primary: nas1.key, backup: nas2.key}'],
  ['nas1.corp.example.org', '- {kind: fqdn, primary: nas1.corp.example.org, backup: nas2.corp.example.org}'],
  ['vg_nas1', '- {kind: text, primary: vg_nas1, backup: vg_nas2}'],
  ['nas1-x', '- {kind: text, primary: nas1-x, backup: nas2-x}'],
  ['Nas1', '- {kind: hostname, primary: Nas1, backup: Nas2}'],
  ['NAS1-X', '- {kind: text, primary: NAS1-X, backup: NAS2-X}'],
  ['nas1.example.com.bak', '- {kind: text, primary: nas1.example.com.bak, backup: nas2.example.com.bak}'],
  ['NAS1.EXAMPLE.COM', '- {kind: fqdn, primary: NAS1.EXAMPLE.COM, backup: NAS2.EXAMPLE.COM}'],
])('%s is near: %s', (text, suggestion) => {
  expect(seen(`see ${text},`)).toEqual([['near', text, suggestion]]);
});

test.each([
  ['nAS1', '- {kind: hostname, primary: nAS1, backup: nAS2}'],
  ['nas1.Example.com', '- {kind: fqdn, primary: nas1.Example.com, backup: nas2.Example.com}'],
  [
    'IQN.2001-04.com.x:tgt',
    '- {kind: iqn, primary: "IQN.2001-04.com.x:tgt", backup: "IQN.2001-04.com.x:tgt-b"}',
  ],
  [
    'IQN.2001-04.COM.X:TGT',
    '- {kind: iqn, primary: "IQN.2001-04.COM.X:TGT", backup: "IQN.2001-04.COM.X:TGT-B"}',
  ],
  ['Filer-X', '- {kind: text, primary: Filer-X, backup: spare-X}'],
  ['SN1-X', '- {kind: text, primary: SN1-X, backup: b7-X}'],
])('%s: what both sides share stays as it was found, the rest is as the mapping writes it', (text, line) => {
  const cased = mappingOf([
    ['hostname', 'nas1', 'nas2'],
    ['hostname', 'filer', 'spare'],
    ['fqdn', 'nas1.example.com', 'nas2.example.com'],
    ['iqn', 'iqn.2001-04.com.x:tgt', 'iqn.2001-04.com.x:tgt-b'],
    ['serial', 'SN1', 'b7'],
  ]);
  const hits = lookalikes(rawDocument(`see ${text},`), cased, 'f');
  expect(hits.map(({ sort, found, suggestion }) => [sort, found, suggestion])).toEqual([
    ['near', text, line],
  ]);
});

test.each<[string, Kind, string, string]>([
  ['peer 10.0.0.10:80', 'ipv4', '10.0.0.10', '"?"'],
  ['[fd00::10]', 'ipv6', 'fd00::10', '"?"'],
  ['InitiatorName=iqn.1994-05.com.redhat:abc', 'iqn', 'iqn.1994-05.com.redhat:abc', '"?"'],
  [
    'iqn.2003-01.org.linux-iscsi.nas1:x',
    'iqn',
    'iqn.2003-01.org.linux-iscsi.nas1:x',
    '"iqn.2003-01.org.linux-iscsi.nas2:x"',
  ],
  [
    'iqn.2008-09.com.example:tgt:sub',
    'iqn',
    'iqn.2008-09.com.example:tgt:sub',
    '"iqn.2008-09.com.example:bak:sub"',
  ],
  ['nqn.2014-08.com.example:x', 'nqn', 'nqn.2014-08.com.example:x', '"?"'],
  ['naa.50014380186b3a5c', 'wwn', '50014380186b3a5c', '"?"'],
  ['50:01:43:80:18:6b:3a:5c', 'wwn', '50:01:43:80:18:6b:3a:5c', '"?"'],
  ['hw 52:54:00:a1:b2:c3', 'mac', '52:54:00:a1:b2:c3', '"?"'],
  ['fsid=00000000-0000-0000-0000-000000000001', 'uuid', '00000000-0000-0000-0000-000000000001', '"?"'],
  ['db.example.com', 'fqdn', 'db.example.com', '"?"'],
  ['nas10.example.com', 'fqdn', 'nas10.example.com', '"?"'],
])('%j is unmapped: %s %s', (text, kind, found, backup) => {
  const [hit, ...more] = lookalikes(rawDocument(text), mapping, 'f');
  expect(more).toEqual([]);
  expect(hit).toMatchObject({ sort: 'unmapped', kind, found });
  expect(hit!.suggestion).toMatch(new RegExp(`backup: ${backup.replace(/[?.]/g, '\\$&')}}$`));
  expect(text.slice(hit!.span.start, hit!.span.end)).toBe(found);
});

test.each([
  ...[
    'nas10',
    'mynas1',
    'nas1',
    'NAS1',
    'nas2',
    'nas1.example.com',
    '10.0.0.1',
    '10.0.1.1',
    '10.0.0.100',
    'disknas1',
  ],
  ...[
    '0.0.0.0',
    '127.0.0.1',
    '::1',
    '::',
    '255.255.255.0',
    '00000000-0000-0000-0000-000000000000',
    '10.0.0.256',
  ],
  ...[
    'version 4.18.0.1',
    'pkg-1.2.3.4',
    'release: "1.2.3.4"',
    'v1.2.3.4',
    '12:30:45',
    'std::map',
    'a::b',
    'ab:cd',
  ],
  ...[
    '91d0aa13-6c2b-4e77-8d51-5be0c4f2a9d8',
    'nqn.2014-08.org.nvmexpress.discovery',
    '1234567890123456',
    'db.example.org',
  ],
  ...['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', '150', '150-x', 'pool', ''],
])('%j is neither', text => {
  expect(seen(text)).toEqual([]);
});

describe('each string', () => {
  test('comes once, at its first place, with its count', () => {
    const text = '10.0.0.9 vg_nas1 10.0.0.9\nvg_nas1 10.0.0.9';
    expect(lookalikes(rawDocument(text), mapping, 'f')).toMatchObject([
      { found: '10.0.0.9', count: 3, span: { start: 0, end: 8 } },
      { found: 'vg_nas1', count: 2, span: { start: 9, end: 16 } },
    ]);
  });

  test('in a structured document has its place in the source', () => {
    const text = '{"a\\u002fvg_nas1": "\\n10.0.0.9"}';
    const document = formatNamed('json').parse(text, 'f') as Document;
    expect(
      lookalikes(document, mapping, 'f').map(({ found, span }) => [found, text.slice(span.start, span.end)]),
    ).toEqual([
      ['vg_nas1', 'vg_nas1'],
      ['10.0.0.9', '10.0.0.9'],
    ]);
  });

  test('comes with a line that the configuration takes', () => {
    const text = 'vg_nas1 nas1.key Nas1 tgt iqn.2008-09.com.example:tgt:x iqn.1994-05.org.nas1:y';
    for (const { suggestion, found } of lookalikes(rawDocument(text), mapping, 'f')) {
      const [pair] = parse(suggestion);
      expect(pair.primary).toBe(found);
      expect(compileMapping(spec([...mapping.spec.pairs, pair])).failures).toEqual([]);
    }
    const many = lookalikes(rawDocument('10.0.0.9 yes_nas1 fd00::9 52:54:00:a1:b2:c3'), mapping, 'f');
    expect(many.map(({ suggestion }) => parse(suggestion)[0].primary)).toEqual(
      many.map(({ found }) => found),
    );
  });
});

test('occurrences counts each pair, and how often it is a key', () => {
  const document = formatNamed('json').parse(
    '{"nas1": "nas1 NAS1 nas2", "x": "10.0.0.1 nas10"}',
    'f',
  ) as Document;
  expect(occurrences(document, mapping, 'f')).toEqual([
    { pair: 0, count: 4, inKeys: 1, first: { start: 2, end: 6 } },
    { pair: 2, count: 1, inKeys: 0, first: { start: 33, end: 41 } },
  ]);
  expect(occurrences(rawDocument(''), mapping, 'f')).toEqual([]);
});
