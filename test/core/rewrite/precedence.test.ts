/** Shared over placed over pairs, swaps and one-way pairs, limits by file and place. */
import { describe, expect, test } from 'vitest';
import type { Scalar } from '../../../src/core/document.ts';
import type { PairSpec } from '../../../src/core/rewrite/identity.ts';
import { rewrite, rewritePath } from '../../../src/core/rewrite/rewrite.ts';
import { mappingOf, plainFormat, rawDocument, rewriteText, scalarAt } from './texts.ts';

describe('shared', () => {
  test('wins over every pair, and protects the whole of its span', () => {
    const mapping = mappingOf(
      [
        ['hostname', 'nas1', 'nas2'],
        ['path', '/srv/vip/nas1', '/srv/b'],
        ['subnet', '10.0.0.0/24', '10.0.1.0/24'],
      ],
      [
        { kind: 'ipv4', value: '10.0.0.100' },
        { kind: 'hostname', value: 'vip' },
        { kind: 'fqdn', value: 'nas1.example.com' },
      ],
    );
    expect(rewriteText('/srv/vip/nas1 10.0.0.100 10.0.0.1 nas1.example.com', mapping)).toBe(
      '/srv/vip/nas2 10.0.0.100 10.0.1.1 nas1.example.com',
    );
  });

  test('in every spelling, and as a whole region', () => {
    const mapping = mappingOf(
      [['mac', '52:54:00:a1:b2:c3', '52:54:00:a1:b2:c4']],
      [
        { kind: 'ipv6', value: 'fd00::1' },
        { kind: 'subnet', value: '10.9.0.0/16' },
        { kind: 'iqn', value: 'iqn.2003-01.site:*' },
      ],
    );
    const text = 'fd00:0:0:0:0:0:0:1 10.9.3.4 iqn.2003-01.site:x FD00::1';
    expect(rewriteText(text, mapping)).toBe(text);
  });
});

describe('the longest identifier at a place', () => {
  test('wins', () => {
    const mapping = mappingOf([
      ['ipv4', '10.0.0.1', '10.0.1.1'],
      ['cidr', '10.0.0.1/24', '10.0.2.1/25'],
      ['hostname', 'nas1', 'nas2'],
      { kind: 'path', primary: '/srv/nas1/x', backup: '/srv/other/x', swap: false },
    ]);
    expect(rewriteText('10.0.0.1 10.0.0.1/24 /srv/nas1/x /srv/nas1/y', mapping)).toBe(
      '10.0.1.1 10.0.2.1/25 /srv/other/x /srv/nas2/y',
    );
  });

  test('a result is never replaced again', () => {
    const mapping = mappingOf([['ipv4', '10.0.0.1', '10.0.0.2']]);
    expect(rewriteText('10.0.0.1 10.0.0.2 10.0.0.1', mapping)).toBe('10.0.0.2 10.0.0.1 10.0.0.2');
  });
});

describe('one-way pairs', () => {
  const one = { kind: 'path', primary: '/d/a', backup: '/d/b' } as const;
  const text = 'x = /d/a\ny = /d/b/c\nz = /d/b\n';
  const rewritten = (pair: PairSpec) => rewrite(rawDocument(text), mappingOf([pair]), 'a.conf', plainFormat);

  test('ask where their counterpart already stands', () => {
    const { text: result, failures, swaps } = rewritten(one);
    expect(result).toBe('x = /d/b\ny = /d/b/c\nz = /d/b\n');
    expect(failures).toMatchObject([
      {
        failure: 'swap-ambiguous',
        at: { file: 'a.conf', line: 2, column: 5, length: 4 },
        also: [{ file: 'warmspare.yaml', line: 1 }],
      },
    ]);
    expect(failures[0]!.message).toContain('path /d/a -> /d/b');
    expect(failures[0]!.hint).toMatch(/swap: true.*swap: false/);
    expect(swaps).toHaveLength(1);
  });

  test('are a swap, or leave it, when the pair says so', () => {
    expect(rewritten({ ...one, swap: true })).toMatchObject({
      text: 'x = /d/b\ny = /d/a/c\nz = /d/a\n',
      failures: [],
    });
    expect(rewritten({ ...one, swap: false })).toMatchObject({
      text: 'x = /d/b\ny = /d/b/c\nz = /d/b\n',
      failures: [],
    });
  });

  test('a counterpart within a longer token is no question', () => {
    const mapping = mappingOf([one]);
    expect(rewrite(rawDocument('/d/bb /d/b.x x/d/b'), mapping, 'a', plainFormat).failures).toEqual([]);
  });

  test('what stays keeps what is in it', () => {
    const mapping = mappingOf([
      ['hostname', 'nas1', 'nas2'],
      { kind: 'path', primary: '/srv/nas1', backup: '/srv/nas2/x', swap: false },
    ]);
    expect(rewriteText('/srv/nas2/x /srv/nas2/y', mapping)).toBe('/srv/nas2/x /srv/nas1/y');
  });

  test('swap: false on a kind that is a swap by default', () => {
    const mapping = mappingOf([{ kind: 'hostname', primary: 'nas1', backup: 'nas2', swap: false }]);
    expect(rewriteText('nas1 nas2 NAS1 NAS2', mapping)).toBe('nas2 nas2 NAS2 NAS2');
  });
});

describe('provenance', () => {
  test('says what stood where, and what stands where now', () => {
    const mapping = mappingOf([
      ['ipv4', '10.0.0.1', '10.0.100.100'],
      ['hostname', 'nas1', 'n2'],
    ]);
    const before = 'a 10.0.0.1 NAS1 10.0.100.100';
    const { text, swaps } = rewrite(rawDocument(before), mapping, 'f', plainFormat);
    expect(text).toBe('a 10.0.100.100 N2 10.0.0.1');
    for (const { from, to, found, put } of swaps) {
      expect(before.slice(from.start, from.end)).toBe(found);
      expect(text.slice(to.start, to.end)).toBe(put);
    }
    expect(swaps.map(({ rule }) => rule)).toEqual([
      { kind: 'ipv4', from: '10.0.0.1', to: '10.0.100.100', pair: 0 },
      { kind: 'hostname', from: 'nas1', to: 'n2', pair: 1 },
      { kind: 'ipv4', from: '10.0.100.100', to: '10.0.0.1', pair: 0 },
    ]);
  });
});

describe('limits', () => {
  const inFile = (pair: Partial<PairSpec>, file: string, text = '150') =>
    rewriteText(text, mappingOf([{ kind: 'text', primary: '150', backup: '100', ...pair }]), file);

  test('by file', () => {
    expect(inFile({ in: ['keepalived/*.conf'] }, 'keepalived/a.conf')).toBe('100');
    expect(inFile({ in: ['keepalived/*.conf'] }, 'haproxy/a.conf')).toBe('150');
    expect(inFile({ in: ['x', 'haproxy/**'] }, 'haproxy/y/a.conf')).toBe('100');
    expect(inFile({ not: ['haproxy/**'] }, 'haproxy/a.conf')).toBe('150');
    expect(inFile({ not: ['haproxy/**'] }, 'a.conf')).toBe('100');
    expect(inFile({ in: ['*.conf'], not: ['b.conf'] }, 'b.conf')).toBe('150');
  });

  const text = 'vrrp_instance VI_1 {\n  priority 150\n  weight 150\n}\n# priority 150\n';
  const scalar = (line: string, pointer: string): Scalar => {
    const start = text.indexOf(line) + line.length - 3;
    return { ...scalarAt(text, '150'), span: { start, end: start + 3 }, pointer };
  };
  const placed = (pair: Partial<PairSpec>, ordinal = '') => {
    const scalars = [
      scalar('  priority 150', `/vrrp_instance VI_1${ordinal}/priority${ordinal}`),
      scalar('  weight 150', `/vrrp_instance VI_1${ordinal}/weight${ordinal}`),
    ];
    const mapping = mappingOf([{ kind: 'text', primary: '150', backup: '100', ...pair }]);
    const result = rewrite(rawDocument(text, scalars), mapping, 'k/a.conf', plainFormat).text;
    return [...result.matchAll(/1[05]0/g)].map(([number]) => number).join(' ');
  };

  test.each([
    [{ at: 'VI_1/priority' }, '100 150 150'],
    [{ at: 'priority' }, '100 150 150'],
    [{ at: 'vrrp_instance VI_1/weight' }, '150 100 150'],
    [{ at: '/vrrp_instance VI_1' }, '100 100 150'],
    [{ at: '/vrrp_instance VI_1/priority' }, '100 150 150'],
    [{ at: '/vrrp_instance' }, '150 150 150'],
    [{ at: '1/priority' }, '150 150 150'],
    [{ at: 'VI_1' }, '150 150 150'],
    [{ in: ['k/*#VI_1/weight'] }, '150 100 150'],
    [{ in: ['k/*#VI_1/weight', 'k/a.conf'] }, '100 100 100'],
    [{ in: ['#weight'] }, '150 100 150'],
    [{ not: ['k/*#VI_1/weight'] }, '100 150 100'],
    [{ in: ['x/*'], at: 'priority' }, '150 150 150'],
  ] as const)('by place: %j', (pair, expected) => {
    expect(placed(pair)).toBe(expected);
  });

  test('an ordinal in a place need not be counted', () => {
    expect(placed({ at: 'VI_1/priority' }, '/0')).toBe('100 150 150');
    expect(placed({ at: 'VI_1/1/priority' }, '/0')).toBe('150 150 150');
  });

  test('a placed pair comes before a longer pair', () => {
    const here = 'prio a-150-b';
    const doc = rawDocument(here, [scalarAt(here, 'a-150-b', { pointer: '/prio' })]);
    const mapping = mappingOf([
      { kind: 'text', primary: 'a-150-b c', backup: 'whole' },
      { kind: 'text', primary: 'a-150-b', backup: 'placed', at: '/prio' },
      ['text', 'a-150-b', 'everywhere'],
    ]);
    expect(rewrite(doc, mapping, 'f', plainFormat).text).toBe('prio placed');
    expect(rewrite(rawDocument('a-150-b c a-150-b'), mapping, 'f', plainFormat).text).toBe(
      'whole everywhere',
    );
  });

  test('two limits that overlap after all are a question, not a guess', () => {
    const mapping = mappingOf([
      { kind: 'text', primary: '1', backup: '2', in: ['a/*'] },
      { kind: 'text', primary: '1', backup: '3', in: ['*/b'] },
    ]);
    expect(rewrite(rawDocument('1'), mapping, 'a/c', plainFormat)).toMatchObject({ text: '2', failures: [] });
    expect(rewrite(rawDocument('1'), mapping, 'c/b', plainFormat)).toMatchObject({ text: '3', failures: [] });
    expect(rewrite(rawDocument('1 1'), mapping, 'a/b', plainFormat).failures).toMatchObject([
      { failure: 'swap-ambiguous', also: [{ line: 1 }, { line: 2 }] },
    ]);
  });
});

describe('the other direction', () => {
  test('of the other direction is the first', () => {
    const mapping = mappingOf([['hostname', 'nas1', 'nas2']]);
    expect(mapping.reversed().reversed()).toBe(mapping);
  });

  test('turns one-way pairs round', () => {
    const mapping = mappingOf([{ kind: 'wwn', primary: '5000c500a1b2c3d4', backup: '5000c500e5f60718' }]);
    expect(rewriteText('0x5000C500E5F60718', mapping.reversed())).toBe('0x5000C500A1B2C3D4');
  });

  test('calls places and files as they are called there', () => {
    const mapping = mappingOf([
      ['hostname', 'nas1', 'nas2'],
      { kind: 'text', primary: '150', backup: '100', in: ['nodes/nas1/*'], at: '/nas1/priority' },
    ]);
    const text = 'nas1 150 nas2 150';
    const doc = rawDocument(text, [
      scalarAt(text, '150', { pointer: '/nas1/priority' }),
      { ...scalarAt(text, '150', { pointer: '/nas2/priority' }), span: { start: 14, end: 17 } },
    ]);
    const there = rewrite(doc, mapping, 'nodes/nas1/x', plainFormat).text;
    expect(there).toBe('nas2 100 nas1 150');
    const back = rawDocument(there, [
      scalarAt(there, '100', { pointer: '/nas2/priority' }),
      { ...scalarAt(there, '150', { pointer: '/nas1/priority' }) },
    ]);
    expect(rewrite(back, mapping.reversed(), 'nodes/nas2/x', plainFormat).text).toBe(text);
  });

  test('a path is rewritten like a text', () => {
    const mapping = mappingOf([['hostname', 'nas1', 'nas2']]);
    expect(rewritePath('nodes/nas1/nas1.conf', mapping)).toBe('nodes/nas2/nas1.conf');
  });
});
