/** The oracle against fixtures/traps, whose backup files were worked out by hand. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readSet } from '../corpus/sets.ts';
import { oracleRewrite, oracleSwaps } from './rules.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/traps', import.meta.url));

const traps = readdirSync(FOLDER, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => {
    const set = readSet(join(FOLDER, name), name);
    const backup = readFileSync(join(FOLDER, name, set.file.replace('primary', 'backup')), 'utf8');
    return { ...set, backup };
  });

test('every kind and every format has its traps', () => {
  const kinds = new Set(traps.flatMap(({ mapping }) => mapping.map(({ kind }) => kind)));
  expect([...kinds].sort()).toEqual(
    'cidr fqdn hostname interface ipv4 ipv6 iqn mac nqn path serial subnet text uuid wwn'.split(' '),
  );
  const formats = new Set(traps.map(({ format }) => format));
  expect([...formats].sort()).toEqual(['block', 'ini', 'json', 'lines', 'toml', 'yaml']);
});

test('every trap of bytes is set somewhere', () => {
  const some = (bytes: RegExp) => traps.filter(({ text }) => bytes.test(text)).map(({ name }) => name);
  expect(some(/^\ufeff/)).toContain('samba-ini');
  expect(some(/^(?:[^\n]*\r\n)*[^\n]*$/)).toEqual(expect.arrayContaining(['samba-ini', 'hosts-lines']));
  expect(some(/[^\n]$/)).toEqual(
    expect.arrayContaining(['samba-ini', 'nvmet-json', 'multipath-block', 'exports-lines']),
  );
  expect(some(/[ \t]\r?\n/).length).toBeGreaterThan(3);
  expect(some(/\t/).length).toBeGreaterThan(3);
  expect(some(/[^\0-\x7f]nas1|é|ü|ö/).length).toBeGreaterThan(3);
});

describe.each(traps)('$name', ({ format, text, backup, mapping, lookalikes }) => {
  test('becomes the backup, byte for byte', () => {
    expect(oracleRewrite(text, format, mapping)).toBe(backup);
  });

  test.each(mapping)('$kind $from stands in it', ({ kind, from }) => {
    const own = oracleSwaps(text, format, mapping).filter(
      ({ pair }) => pair.kind === kind && pair.from === from,
    );
    expect(own).not.toEqual([]);
  });

  test.each(lookalikes)('the lookalike %j stays', lookalike => {
    expect(text).toContain(lookalike);
    expect(backup.split(lookalike).length).toBe(text.split(lookalike).length);
  });

  test('both sides are valid', () => {
    for (const side of [text, backup]) {
      if (format === 'json') expect(() => JSON.parse(side)).not.toThrow();
      if (format === 'toml') expect(() => parseToml(side)).not.toThrow();
      if (format === 'yaml') expect(parseAllDocuments(side).flatMap(({ errors }) => errors)).toEqual([]);
    }
    expect(backup).not.toBe(text);
  });
});
