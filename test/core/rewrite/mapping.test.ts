/** A mapping is one-to-one and closed, or it is refused with both lines. */
import { describe, expect, test } from 'vitest';
import type { SharedSpec } from '../../../src/core/rewrite/identity.ts';
import { compileMapping } from '../../../src/core/rewrite/mapping.ts';
import { mappingOf, type PairRow, rewriteText, spec } from './texts.ts';

function failuresOf(rows: readonly PairRow[], shared: readonly SharedSpec[] = []) {
  return compileMapping(spec(rows, shared)).failures;
}

describe('a pair by itself', () => {
  const rows: [PairRow, string, RegExp][] = [
    [['ipv4', '10.0.0.1', 'fd00::1'], 'pair-kind', /fd00::1 is of kind ipv6, not ipv4/],
    [['ipv4', '10.0.0.1', 'nas2'], 'pair-kind', /nas2 is of kind hostname/],
    [['ipv4', '10.0.0.1', '10.0.0.256'], 'pair-invalid', /no IPv4 address/],
    [['ipv4', '010.0.0.1', '10.0.0.2'], 'pair-invalid', /no IPv4 address/],
    [['ipv4', '10.1', '10.0.0.2'], 'pair-invalid', /no IPv4 address/],
    [['ipv6', 'fd00::g', 'fd00::2'], 'pair-invalid', /no IPv6 address/],
    [['ipv6', 'fe80::1%eth0', 'fe80::2'], 'pair-invalid', /no IPv6 address/],
    [['hostname', 'nas1.example.com', 'nas2'], 'pair-kind', /of kind fqdn/],
    [['hostname', 'nas_1-', 'nas2'], 'pair-invalid', /no host name/],
    [['hostname', 'nas1', 'NAS1'], 'pair-invalid', /same host name/],
    [['fqdn', 'nas1', 'nas2.example.com'], 'pair-kind', /of kind hostname/],
    [['fqdn', '10.0.0.1', 'nas2.example.com'], 'pair-kind', /of kind ipv4/],
    [['cidr', '10.0.0.1/33', '10.0.0.2/24'], 'pair-invalid', /prefix length/],
    [['cidr', '10.0.0.1/24', 'fd00::1/64'], 'pair-kind', /two address families/],
    [['cidr', '10.0.0.1/255.0.255.0', '10.0.0.2/24'], 'pair-invalid', /prefix length or netmask/],
    [['subnet', '10.0.0.0/24', '10.0.1.0/25'], 'pair-invalid', /differ in prefix length/],
    [['subnet', '10.0.0.1/24', '10.0.1.0/24'], 'pair-invalid', /host part/],
    [['mac', '52:54:00:a1:b2', '52:54:00:a1:b2:c3'], 'pair-invalid', /no MAC/],
    [['mac', '52:54-00:a1:b2:c3', '52:54:00:a1:b2:c4'], 'pair-invalid', /no MAC/],
    [['wwn', '3600140512345678901234567890123456', '5000c500a1b2c3d4'], 'pair-invalid', /no WWN/],
    [['uuid', '7c1e1c52-3f1d', '91d0aa13-6c2b-4e77-8d51-5be0c4f2a9d8'], 'pair-invalid', /no UUID/],
    [['iqn', 'iqn.2003-01.a:*', 'iqn.2003-01.b:x'], 'pair-invalid', /both be prefixes/],
    [['iqn', 'iqn.2003-01.a*', 'iqn.2003-01.b*'], 'pair-invalid', /prefix within a word/],
    [['iqn', 'nqn.2014-08.org:x', 'iqn.2003-01.b:x'], 'pair-kind', /of kind nqn/],
    [['serial', 'a b', 'c'], 'pair-invalid', /blanks/],
    [['text', ' ', 'c'], 'pair-invalid', /empty/],
    [['text', '150', '150'], 'pair-invalid', /primary and backup are the same/],
    [['mac', '52:54:00:a1:b2:c3', '525400A1B2C3'], 'pair-invalid', /primary and backup are the same/],
  ];
  test.each(rows)('%j is %s', (row, code, message) => {
    const failures = failuresOf([row]);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ failure: code, at: { file: 'warmspare.yaml', line: 1 } });
    expect(failures[0]!.message).toMatch(message);
    expect(failures[0]!.hint).toBeTruthy();
  });

  test('a shared value is checked as well', () => {
    expect(failuresOf([], [{ kind: 'ipv4', value: '10.0.0' }])).toMatchObject([
      { failure: 'pair-invalid', at: { line: 100 } },
    ]);
  });
});

describe('two pairs that contradict each other', () => {
  const rows: [string, PairRow[], string][] = [
    [
      'the same primary',
      [
        ['hostname', 'nas1', 'nas2'],
        ['hostname', 'nas1', 'nas3'],
      ],
      'pair-collision',
    ],
    [
      'the same backup',
      [
        ['ipv4', '10.0.0.1', '10.0.1.1'],
        ['ipv4', '10.0.0.2', '10.0.1.1'],
      ],
      'pair-collision',
    ],
    [
      'the same primary in two spellings',
      [
        ['mac', '52:54:00:a1:b2:c3', '52:54:00:d4:e5:f6'],
        ['mac', '525400A1B2C3', '52:54:00:d4:e5:f7'],
      ],
      'pair-collision',
    ],
    [
      'of two kinds',
      [
        ['hostname', 'nas1', 'nas2'],
        ['text', 'nas1', 'box'],
      ],
      'pair-collision',
    ],
    [
      'the same backup in capitals',
      [
        ['hostname', 'nas1', 'nas2'],
        ['hostname', 'old', 'NAS2'],
      ],
      'pair-collision',
    ],
    [
      'a chain',
      [
        ['hostname', 'a', 'b'],
        ['hostname', 'b', 'c'],
      ],
      'pair-chain',
    ],
    [
      'a chain, the later first',
      [
        ['hostname', 'b', 'c'],
        ['hostname', 'a', 'b'],
      ],
      'pair-chain',
    ],
    [
      'a ring of three',
      [
        ['wwn', '5000000000000001', '5000000000000002'],
        ['wwn', '5000000000000002', '5000000000000003'],
        ['wwn', '5000000000000003', '5000000000000001'],
      ],
      'pair-chain',
    ],
    [
      'a subnet and an address of its backup',
      [
        ['subnet', '10.0.0.0/24', '10.0.1.0/24'],
        ['ipv4', '10.0.0.5', '10.0.1.9'],
      ],
      'pair-collision',
    ],
    [
      'a one-way chain through a subnet',
      [
        { kind: 'ipv4', primary: '10.0.2.2', backup: '10.0.0.9', swap: false },
        ['subnet', '10.0.0.0/24', '10.0.1.0/24'],
      ],
      'pair-chain',
    ],
    [
      'a chain out of a subnet',
      [
        ['subnet', '10.0.0.0/24', '10.0.1.0/24'],
        ['ipv4', '10.0.1.5', '10.7.0.1'],
      ],
      'pair-chain',
    ],
    [
      'two subnets with one backup',
      [
        ['subnet', '10.0.0.0/24', '10.0.2.0/24'],
        ['subnet', '10.0.1.0/24', '10.0.2.0/24'],
      ],
      'pair-collision',
    ],
    [
      'a chain of subnets',
      [
        ['subnet', '10.0.0.0/24', '10.0.1.0/24'],
        ['subnet', '10.0.1.0/24', '10.0.2.0/24'],
      ],
      'pair-chain',
    ],
    [
      'a prefix and one name under its backup',
      [
        ['iqn', 'iqn.2003-01.a:*', 'iqn.2003-01.b:*'],
        ['iqn', 'iqn.2003-01.a:x', 'iqn.2003-01.b:y'],
      ],
      'pair-collision',
    ],
  ];
  test.each(rows)('%s', (_, pairs, code) => {
    const failures = failuresOf(pairs);
    expect(failures.length).toBeGreaterThan(0);
    for (const failure of failures) {
      expect(failure).toMatchObject({ failure: code, at: { file: 'warmspare.yaml' } });
      expect(failure.also).toHaveLength(1);
      expect(failure.at!.line).not.toBe(failure.also![0]!.line);
      for (const line of [failure.at!.line!, failure.also![0]!.line!]) {
        const pair = spec(pairs).pairs[line - 1]!;
        expect(failure.message).toContain(`${pair.kind} ${pair.primary} -> ${pair.backup}`);
      }
    }
  });

  test('a shared value that a pair maps', () => {
    const shared = { kind: 'ipv4', value: '10.0.0.100' } as const;
    for (const pair of [
      ['ipv4', '10.0.0.100', '10.0.1.100'],
      ['ipv4', '10.0.0.1', '10.0.0.100'],
    ] as const) {
      expect(failuresOf([pair], [shared])).toMatchObject([
        { failure: 'pair-collision', at: { line: 1 }, also: [{ line: 100 }] },
      ]);
    }
    expect(
      failuresOf([['ipv4', '10.0.0.7', '10.0.1.7']], [{ kind: 'subnet', value: '10.0.0.0/24' }]),
    ).toMatchObject([{ failure: 'pair-collision' }]);
  });
});

describe('pairs that get on', () => {
  const rows: [string, PairRow[]][] = [
    [
      'capitals written out',
      [
        ['hostname', 'nas1', 'nas2'],
        ['hostname', 'NAS1', 'NAS2'],
      ],
    ],
    [
      'another spelling',
      [
        ['mac', '52:54:00:a1:b2:c3', '52:54:00:d4:e5:f6'],
        ['mac', '525400A1B2C3', '525400D4E5F6'],
      ],
    ],
    [
      'the swap written backwards',
      [
        ['ipv4', '10.0.0.1', '10.0.1.1'],
        ['ipv4', '10.0.1.1', '10.0.0.1'],
      ],
    ],
    [
      'a restated prefix',
      [
        ['iqn', 'iqn.2003-01.a:*', 'iqn.2003-01.b:*'],
        ['iqn', 'iqn.2003-01.a:x', 'iqn.2003-01.b:x'],
      ],
    ],
    [
      'a restated address',
      [
        ['subnet', '10.0.0.0/24', '10.0.1.0/24'],
        ['ipv4', '10.0.0.5', '10.0.1.5'],
      ],
    ],
    [
      'a subnet backwards',
      [
        ['subnet', '10.0.0.0/24', '10.0.1.0/24'],
        ['subnet', '10.0.1.0/24', '10.0.0.0/24'],
      ],
    ],
    [
      'an exception of a subnet',
      [
        ['subnet', '10.0.0.0/24', '10.0.1.0/24'],
        ['ipv4', '10.0.0.5', '10.7.0.1'],
      ],
    ],
    [
      'an exchange within a subnet',
      [
        ['subnet', '10.0.0.0/24', '10.0.1.0/24'],
        ['ipv4', '10.0.0.5', '10.0.0.6'],
      ],
    ],
    [
      'different files',
      [
        { kind: 'text', primary: '1', backup: '2', in: ['a'] },
        { kind: 'text', primary: '1', backup: '3', in: ['b'] },
      ],
    ],
    [
      'different places',
      [
        { kind: 'text', primary: '1', backup: '2', at: 'a' },
        { kind: 'text', primary: '2', backup: '3', at: 'b' },
      ],
    ],
    [
      'a swap that takes an address out of a subnet',
      [
        ['subnet', '10.0.0.0/24', '10.0.1.0/24'],
        ['ipv4', '10.0.2.2', '10.0.0.9'],
      ],
    ],
    [
      'a placed exception',
      [['text', '150', '100'], { kind: 'text', primary: '150', backup: '90', at: 'VI_1/priority' }],
    ],
    [
      'a name within a name',
      [
        ['hostname', 'nas1', 'nas2'],
        ['fqdn', 'nas1.example.com', 'x.example.com'],
      ],
    ],
  ];
  test.each(rows)('%s', (_, pairs) => {
    expect(failuresOf(pairs)).toEqual([]);
  });

  test('a pair written backwards makes a swap of a kind that is one-way', () => {
    const mapping = mappingOf([
      ['wwn', '5000c500a1b2c3d4', '5000c500e5f60718'],
      ['wwn', '5000c500e5f60718', '5000c500a1b2c3d4'],
    ]);
    const text = '5000c500a1b2c3d4 0x5000C500E5F60718';
    expect(rewriteText(text, mapping)).toBe('5000c500e5f60718 0x5000C500A1B2C3D4');
  });

  test('a name in capitals may have a counterpart of its own', () => {
    const mapping = mappingOf([
      ['hostname', 'nas1', 'nas2'],
      ['hostname', 'NAS1', 'FILER2'],
    ]);
    expect(rewriteText('nas1 NAS1 NAS2 FILER2 nas2', mapping)).toBe('nas2 FILER2 NAS2 NAS1 nas1');
  });
});

test('ten thousand pairs are proven and prepared in one go, each look-up by its own spelling', () => {
  const rows = Array.from({ length: 10_000 }, (_, i): PairRow => {
    const tail = `${Math.floor(i / 250)}.${i % 250}`;
    return ['ipv4', `10.0.${tail}`, `10.1.${tail}`];
  });
  const mapping = mappingOf(rows);
  expect(rewriteText('10.0.39.249 10.1.7.7 10.0.40.0', mapping)).toBe('10.1.39.249 10.0.7.7 10.0.40.0');
});
