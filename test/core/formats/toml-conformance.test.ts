/** toml-test, the suite of the TOML project, as Debian's package of a Go library carries it (TOML 1.0). */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { prescan } from '../../../src/core/capture/prescan.ts';
import type { Document, Json } from '../../../src/core/document.ts';
import { type Failure, isFailure } from '../../../src/core/failure.ts';
import { toml } from '../../../src/core/formats/toml/index.ts';
import { expectTiles } from './tiling.ts';
import { hasTomlSuite, TOML_SUITE } from './toml-suite.ts';

/** Invalid in TOML 1.0, and read on purpose: a file is not refused for being newer than its reader. */
const READ: { readonly [name: string]: string } = {
  'invalid/datetime/no-secs.toml': 'TOML 1.1: seconds may be left out',
  'invalid/inline-table/linebreak-1.toml': 'TOML 1.1: line ends in inline tables',
  'invalid/inline-table/linebreak-2.toml': 'the same',
  'invalid/inline-table/linebreak-3.toml': 'the same',
  'invalid/inline-table/linebreak-4.toml': 'the same',
  'invalid/inline-table/trailing-comma.toml': 'TOML 1.1: a comma after the last entry',
  'invalid/string/basic-byte-escapes.toml': 'TOML 1.1: the escape \\xHH',
};

function names(folder: string): string[] {
  if (!hasTomlSuite()) return [];
  const entries = readdirSync(`${TOML_SUITE}/${folder}`, { recursive: true, encoding: 'utf8' });
  return entries
    .filter(name => name.endsWith('.toml'))
    .map(name => `${folder}/${name}`)
    .sort();
}

/** From bytes to a document, as a file takes it. */
function read(name: string): Document | Failure {
  const scanned = prescan(readFileSync(`${TOML_SUITE}/${name}`), {}, name);
  return isFailure(scanned) ? scanned : toml.parse(scanned.text, name);
}

/** A leaf of the suite's expectations: the type, and the value as a string. */
interface Tagged {
  readonly type: string;
  readonly value: string;
}

function isTagged(value: unknown): value is Tagged {
  const leaf = value as Partial<Tagged>;
  return typeof leaf.type === 'string' && typeof leaf.value === 'string';
}

/** What differs between our value and the suite's, as sentences. */
function differences(ours: Json | undefined, theirs: unknown, at: string): string[] {
  if (isTagged(theirs))
    return sameLeaf(ours, theirs) ? [] : [`${at}: ${JSON.stringify(ours)} is not ${theirs.value}`];
  if (typeof ours !== 'object' || ours === null || Array.isArray(ours) !== Array.isArray(theirs)) {
    return [`${at}: ${JSON.stringify(ours)} is no ${Array.isArray(theirs) ? 'list' : 'table'}`];
  }
  const expected = Object.entries(theirs as { [key: string]: unknown });
  const extra = Object.keys(ours).filter(key => !expected.some(([name]) => name === key));
  return [
    ...extra.map(key => `${at}/${key}: is too many`),
    ...expected.flatMap(([key, item]) =>
      differences((ours as { [key: string]: Json })[key], item, `${at}/${key}`),
    ),
  ];
}

function sameLeaf(ours: Json | undefined, { type, value }: Tagged): boolean {
  if (type === 'string') return ours === value;
  if (type === 'bool') return ours === (value === 'true');
  const source = String(ours).replaceAll('_', '');
  if (type === 'integer') return BigInt(source.replace(/^\+/, '')) === BigInt(value);
  // The suite does not tell -0.0 from 0.
  if (type === 'float') return Object.is(float(source) + 0, float(value) + 0);
  // Dates are compared by their fields: the suite has a `T`, a `Z` and the fraction it likes best.
  const fields = (text: string) =>
    text
      .toUpperCase()
      .replace(' ', 'T')
      .replace(/(\.\d*?)0*(?=$|[Z+-])/, '$1')
      .replace(/\.(?=$|[Z+-])/, '');
  return fields(String(ours)) === fields(value);
}

function float(source: string): number {
  const infinity = source.replace(/inf$/, 'Infinity');
  return infinity.endsWith('nan') ? Number.NaN : Number(infinity);
}

describe('toml-test', () => {
  const valid = names('valid');
  const invalid = names('invalid');

  test('is whole', () => {
    expect(valid.length).toBeGreaterThan(90);
    expect(invalid.length).toBeGreaterThan(200);
    expect(Object.keys(READ).filter(name => !invalid.includes(name))).toEqual([]);
  });

  test.each(valid)('%s', name => {
    const document = read(name);
    if (isFailure(document)) throw new Error(`held: ${document.message}`);
    expectTiles(document);
    const expected = JSON.parse(readFileSync(`${TOML_SUITE}/${name.replace(/toml$/, 'json')}`, 'utf8'));
    expect(differences(document.value, expected, '')).toEqual([]);
  });

  test.each(invalid)('%s', name => {
    const held = read(name);
    if (READ[name] !== undefined) {
      if (isFailure(held)) throw new Error(`held, though it is read on purpose: ${held.message}`);
      return expectTiles(held);
    }
    if (!isFailure(held)) throw new Error(`was read: ${JSON.stringify(held.value)}`);
    expect(held.message).not.toBe('');
    expect(held.failure).not.toBe('internal');
    expect(held.at).toMatchObject({ file: name, line: expect.any(Number), column: expect.any(Number) });
  });

  test.runIf(hasTomlSuite())('the numbers', () => {
    const exceptions = Object.entries(READ).map(([name, why]) => `${name} (${why})`);
    const held = invalid.length - exceptions.length;
    console.log(
      `toml-test: ${valid.length} valid pass, ${held} invalid held, exceptions: ${exceptions.join(', ') || 'none'}`,
    );
    expect(held).toBeGreaterThan(200);
  });
});
