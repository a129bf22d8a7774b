/**
 * The scanner against the oracle (the README a second time, slow and obvious), on texts made of
 * fragments of identifiers; and the laws: there and back again, and one pass however many pairs.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PairSpec } from '../../../src/core/rewrite/identity.ts';
import { compiledOf } from '../../../src/core/rewrite/mapping.ts';
import { type Meter, ScanContext, scan, wholeOf } from '../../../src/core/rewrite/scanner.ts';
import { oracleRewrite } from '../../oracle/rules.ts';
import { runs } from '../../runs.ts';
import { mappingOf, rewriteText } from './texts.ts';

const PAIRS: PairSpec[] = [
  { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
  { kind: 'fqdn', primary: 'nas1.ex.org', backup: 'nas2.ex.org' },
  { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.0.2' },
  { kind: 'cidr', primary: '10.0.0.1/24', backup: '10.0.0.2/24', swap: true },
  { kind: 'ipv6', primary: 'fd00::1', backup: 'fd00::a' },
  { kind: 'mac', primary: '52:54:00:a1:b2:c3', backup: '52:54:00:d4:e5:f6' },
  { kind: 'wwn', primary: '5000c500a1b2c3d4', backup: '5000c500e5f60718', swap: true },
  { kind: 'iqn', primary: 'iqn.2003-01.org.nas1:*', backup: 'iqn.2003-01.org.nas2:*' },
  { kind: 'iqn', primary: 'iqn.2003-01.org.x:t', backup: 'iqn.2003-01.org.x:u' },
  {
    kind: 'uuid',
    primary: '7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b61',
    backup: '91d0aa13-6c2b-4e77-8d51-5be0c4f2a9d8',
    swap: true,
  },
  { kind: 'path', primary: '/d/b1', backup: '/d/b2', swap: true },
  { kind: 'subnet', primary: '10.7.0.0/24', backup: '10.7.1.0/24', swap: true },
  { kind: 'text', primary: 'größe', backup: 'weite', swap: true },
];
const SHARED = [
  { kind: 'ipv4', value: '10.0.0.100' },
  { kind: 'hostname', value: 'd' },
] as const;

const mapping = mappingOf(PAIRS, SHARED);
const oraclePairs = PAIRS.map(({ kind, primary, backup, swap }) => ({
  kind,
  from: primary,
  to: backup,
  ...(swap === undefined ? {} : { swap }),
}));

/** Whole identifiers in many spellings, their beginnings and ends, and what may stand around them. */
const fragments = [
  ...PAIRS.flatMap(({ primary, backup }) => [primary, backup]),
  ...[
    'nas',
    '1',
    'ex.org',
    '10.0.',
    '0.1',
    '10.7.0.9',
    '10.7.1.9',
    '10.0.0.100',
    'fd00:0:0:0:0:0:0:1',
    'FD00::A',
    '0',
  ],
  ...[
    '525400A1B2C3',
    '52-54-00-d4-e5-f6',
    '50:00:C5:00:A1:B2:C3:D4',
    'NAS1',
    'Nas1',
    '7C1E1C523F1D4F0E9A390A5D2F3E4B61',
  ],
  ...[
    'iqn.2003-01.org.nas1:',
    'iqn.2003-01.org.nas2:nas1',
    't',
    'd',
    '0x',
    'naa.',
    'wwn-',
    '-part1',
    'ab',
    'abcd-',
    '-abcd',
  ],
  ...['.', ':', '-', '_', '/', ' ', '\n', ',', '"', 'é', '𝒜', '\u0301', '٣', '%', '::', ':c3', 'c3:', 'x'],
];
// An IPv6 address, a dot and an IPv4 address in one word: what the one ends in decides over the other
// (`a.10.0.0.1` is an occurrence, `1.10.0.0.1` is none), so that there is no way back. Nobody
// writes so. And `10.7.0.1..10.7.0.9`, in which the oracle sees no address of a subnet.
const isMuddled = (one: string) => /:[0-9a-f]+\.[0-9]/i.test(one) || /[0-9]\.\.[0-9]/.test(one);
const text = fc
  .array(fc.constantFrom(...fragments), { maxLength: 9 })
  .map(parts => parts.join(''))
  .filter(one => !isMuddled(one));

describe('random texts', () => {
  test('are rewritten as the oracle does', () => {
    fc.assert(
      fc.property(text, one => {
        expect(rewriteText(one, mapping)).toBe(oracleRewrite(one, 'lines', oraclePairs, { shared: SHARED }));
      }),
      runs(3000),
    );
  });

  test('come back when they are rewritten in the other direction', () => {
    fc.assert(
      fc.property(text, one => {
        expect(rewriteText(rewriteText(one, mapping), mapping.reversed())).toBe(one);
      }),
      runs(2000),
    );
  });

  test('a swap is its own inverse', () => {
    fc.assert(
      fc.property(text, one => {
        expect(rewriteText(rewriteText(one, mapping), mapping)).toBe(one);
      }),
      runs(1000),
    );
  });

  test('one-way pairs come back as well where the counterpart did not stand', () => {
    const oneWay = mappingOf([
      ['wwn', '5000c500a1b2c3d4', '5000c500e5f60718'],
      ['path', '/d/b1', '/d/b2'],
      ['uuid', '7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b61', '91d0aa13-6c2b-4e77-8d51-5be0c4f2a9d8'],
    ]);
    const without = text.filter(one => !/b2|e5f60718|91d0aa13/i.test(one));
    fc.assert(
      fc.property(without, one => {
        expect(rewriteText(rewriteText(one, oneWay), oneWay.reversed())).toBe(one);
      }),
      runs(500),
    );
  });
});

describe('the work', () => {
  const work = (pairs: number, text: string): Meter => {
    const many = Array.from({ length: pairs }, (_, i): PairSpec => {
      const tail = `${Math.floor(i / 250)}.${i % 250}`;
      return { kind: 'ipv4', primary: `10.0.${tail}`, backup: `10.1.${tail}` };
    });
    const meter: Meter = { steps: 0, lookups: 0 };
    scan(text, wholeOf(text), new ScanContext(compiledOf(mappingOf(many)), 'f', meter));
    return meter;
  };
  const line = 'portal 10.0.0.7:3260 iqn.2003-01.org.x:10.0.0.7 10.0.99.99.99.99 1.1.1.1.1.1.1.1.1.1.1.1.1\n';

  test('grows with the text, not faster', () => {
    const [one, two, three] = [10, 20, 30].map(times => work(100, line.repeat(times))) as [
      Meter,
      Meter,
      Meter,
    ];
    expect(three.steps - two.steps).toBe(two.steps - one.steps);
    expect(three.lookups - two.lookups).toBe(two.lookups - one.lookups);
    expect(one.steps).toBeLessThan(line.length * 10 * 12);
  });

  test('hardly grows with the number of pairs', () => {
    const few = work(100, line.repeat(10));
    const many = work(10_000, line.repeat(10));
    expect(many.steps).toBeLessThan(few.steps * 1.5);
    // Most places are told from an identifier before anything is looked up.
    expect(many.lookups).toBeLessThan(many.steps / 5);
  });

  test('does not explode on a text that is all boundaries', () => {
    const dots = work(100, '1.'.repeat(5000));
    expect(dots.steps).toBeLessThan(10_000 * 14);
  });
});
