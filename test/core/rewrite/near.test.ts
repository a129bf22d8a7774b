/** Identifiers inside longer tokens, and in spellings that are not followed: of every kind that has a form of its own. */
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Document } from '../../../src/core/document.ts';
import { formatNamed } from '../../../src/core/formats/registry.ts';
import { lookalikes } from '../../../src/core/rewrite/coverage.ts';
import { mappingOf, type PairRow, rawDocument, rewriteText } from './texts.ts';

const ID = '7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b61';
const OTHER_ID = '91d0aa13-6c2b-4e77-8d51-5be0c4f2a9d8';
const pairs: PairRow[] = [
  ['hostname', 'nas1', 'nas2'],
  ['wwn', 'naa.5001405abcdef001', 'naa.5001405abcdef002'],
  ['mac', '52:54:00:aa:bb:01', '52:54:00:aa:bb:02'],
  ['uuid', ID, OTHER_ID],
  ['ipv4', '10.0.0.1', '10.0.1.1'],
  ['ipv6', 'fd00::1', 'fd00::2'],
  ['cidr', '10.8.0.1/24', '10.9.0.1/24'],
  ['path', '/srv/a', '/srv/b'],
  ['text', 'pool/data', 'tank/data'],
];
const mapping = mappingOf(pairs);

const seen = (text: string, of = mapping) =>
  lookalikes(rawDocument(text), of, 'f').map(({ sort, found, suggestion }) => {
    const [{ kind, backup }] = parse(suggestion);
    return [sort, found, kind, backup];
  });

/** The text around, the token in it, and the pair that is proposed for it. */
const NEAR: [text: string, token: string, kind: string, backup: string][] = [
  ['wwid 35001405abcdef001', '35001405abcdef001', 'text', '35001405abcdef002'],
  ['WWID 35001405ABCDEF001', '35001405ABCDEF001', 'text', '35001405ABCDEF002'],
  ['/dev/disk/by-id/scsi-35001405abcdef001', 'scsi-35001405abcdef001', 'text', 'scsi-35001405abcdef002'],
  [
    '"/dev/disk/by-id/dm-uuid-mpath-35001405abcdef001-part1"',
    'dm-uuid-mpath-35001405abcdef001-part1',
    'text',
    'dm-uuid-mpath-35001405abcdef002-part1',
  ],
  ['x50:01:40:5a:bc:de:f0:01', 'x50:01:40:5a:bc:de:f0:01', 'text', 'x50:01:40:5a:bc:de:f0:02'],
  ['50:01:40:5a:bc:de:f0:01:99', '50:01:40:5a:bc:de:f0:01:99', 'text', '50:01:40:5a:bc:de:f0:02:99'],
  ['at naa.5001405ABcdef001', '5001405ABcdef001', 'wwn', '5001405abcdef002'],
  ['hw 5254.00aa.bb01;', '5254.00aa.bb01', 'text', '5254.00aa.bb02'],
  ['hw 5254.00AA.BB01;', '5254.00AA.BB01', 'text', '5254.00AA.BB02'],
  ['hw 52:54:00:Aa:bb:01;', '52:54:00:Aa:bb:01', 'mac', '52:54:00:aa:bb:02'],
  ['enx525400aabb01: dhcp', 'enx525400aabb01', 'text', 'enx525400aabb02'],
  [`${ID}-abcd`, `${ID}-abcd`, 'text', `${OTHER_ID}-abcd`],
  [`lv_${ID}`, `lv_${ID}`, 'text', `lv_${OTHER_ID}`],
  [
    `LVM-${ID.replaceAll('-', '')}x`,
    `LVM-${ID.replaceAll('-', '')}x`,
    'text',
    `LVM-${OTHER_ID.replaceAll('-', '')}x`,
  ],
  ['x10.0.0.1:80', 'x10.0.0.1', 'text', 'x10.0.1.1'],
  ['_10.0.0.1', '_10.0.0.1', 'text', '_10.0.1.1'],
  ['10.0.0.1_nfs/x', '10.0.0.1_nfs', 'text', '10.0.1.1_nfs'],
  ['to 10.0.0.1.2049.', '10.0.0.1.2049', 'text', '10.0.1.1.2049'],
  ['oid 1.3.10.0.0.1', '1.3.10.0.0.1', 'text', '1.3.10.0.1.1'],
  ['gw10.8.0.1/24', 'gw10.8.0.1/24', 'text', 'gw10.9.0.1/24'],
  ['ip_fd00::1', 'ip_fd00::1', 'text', 'ip_fd00::2'],
  ['ip6:fd00::1', 'ip6:fd00::1', 'text', 'ip6:fd00::2'],
  ['at fd00::1: here', 'fd00::1:', 'text', 'fd00::2:'],
  ['[x]:fd00::1', ':fd00::1', 'text', ':fd00::2'],
  ['[fd00:0::1]:80', 'fd00:0::1', 'ipv6', 'fd00::2'],
  ['/srv/a.x', '/srv/a.x', 'text', '/srv/b.x'],
  ['nas1:/srv/a-x/sub rw', '/srv/a-x', 'text', '/srv/b-x'],
  ['EnvironmentFile=-/srv/a', '-/srv/a', 'text', '-/srv/b'],
  ['lowerdir=/host/srv/a,ro', '/host/srv/a', 'text', '/host/srv/b'],
  ['/Srv/A', '/Srv/A', 'path', '/Srv/b'],
  ['zfs pool/data-old', 'pool/data-old', 'text', 'tank/data-old'],
  ['_nas1 =', '_nas1', 'text', '_nas2'],
  ['nas1-35001405abcdef001', 'nas1-35001405abcdef001', 'text', 'nas2-35001405abcdef002'],
];

test.each(NEAR)('%j has a near %s', (text, token, kind, backup) => {
  const hits = seen(text);
  expect(hits).toEqual([['near', token, kind, backup]]);
});

test.each(NEAR)('%j is rewritten by the pair that is proposed', (text, token, _kind, backup) => {
  const proposed = lookalikes(rawDocument(text), mapping, 'f').map(({ suggestion }) => parse(suggestion)[0]);
  const covered = mappingOf([...pairs, ...proposed]);
  expect(rewriteText(text, covered, 'f')).toContain(backup);
  expect(seen(text, covered)).toEqual([]);
  expect(rewriteText(text, covered, 'f')).not.toContain(token);
});

test.each([
  ...['/srv/ab', '/srv/a', '/srv/a/x', 'my/srvs/a', '/srv/A2', 'mynas1', 'x110.0.0.1', 'x10.0.0.10'],
  ...['10.8.0.1/240', 'v10.8.0.1', '5001405abcdef00', '35001405abcdef00', 'enx525400aabb0', '5254:00aa:bb0'],
  ...[
    'naa.5001405abcdef001',
    '0x5001405ABCDEF001',
    '525400aabb01',
    ID,
    ID.toUpperCase(),
    ID.replaceAll('-', ''),
  ],
  ...['10.0.0.1-10.0.0.1', 'FD00:0:0:0:0:0:0:1', '12:30:45', 'a::b'],
])('%j is not near', text => {
  expect(seen(text).filter(([sort]) => sort === 'near')).toEqual([]);
});

describe('an identifier as it stands', () => {
  test('where its pair is limited to other files is meant', () => {
    const limited = mappingOf(
      pairs.map(row => {
        const [kind, primary, backup] = row as readonly [never, string, string];
        return { kind, primary, backup, in: ['other'] };
      }),
    );
    const whole = `nas1 5001405abcdef001 ${ID} 10.0.0.1 10.0.0.1-x fd00::1 10.8.0.1/24 /srv/a 525400aabb01`;
    expect(seen(whole, limited).filter(([sort]) => sort === 'near')).toEqual([]);
  });

  test('is sought on the side that the mapping is read from', () => {
    expect(seen('35001405abcdef002 /srv/b.x x10.0.1.1', mapping.reversed())).toEqual([
      ['near', '35001405abcdef002', 'text', '35001405abcdef001'],
      ['near', '/srv/b.x', 'text', '/srv/a.x'],
      ['near', 'x10.0.1.1', 'text', 'x10.0.0.1'],
    ]);
  });
});

test('in a structured document, a hit keeps to its scalar', () => {
  const text = '{"x5001405abcdef001": "\\/srv\\/a.x", "b": ["x10.0.0.1", 5001405]}';
  const document = formatNamed('json').parse(text, 'f') as Document;
  expect(
    lookalikes(document, mapping, 'f').map(({ found, span }) => [found, text.slice(span.start, span.end)]),
  ).toEqual([
    ['x5001405abcdef001', 'x5001405abcdef001'],
    ['/srv/a.x', '\\/srv\\/a.x'],
    ['x10.0.0.1', 'x10.0.0.1'],
  ]);
});
