import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diff } from '../../../src/core/change/diff.ts';
import { applyPatch, type Operation } from '../../../src/core/change/patch.ts';
import type { Json } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { runs } from '../../runs.ts';

const lun = (name: string, size = 1): Json => ({ name, size });

describe('a change as an RFC 6902 patch', () => {
  it('is one operation for an item inserted at the head of a keyed list', () => {
    const before = { luns: [lun('a'), lun('b'), lun('c')] };
    const after = { luns: [lun('new'), lun('a'), lun('b'), lun('c')] };
    expect(diff(before, after)).toEqual([{ op: 'add', path: '/luns/0', value: lun('new') }]);
  });

  it('is one operation for an item removed from the head of 1,500', () => {
    const items = Array.from({ length: 1500 }, (_, i) => lun(`lun${i}`));
    expect(diff(items, items.slice(1))).toEqual([{ op: 'remove', path: '/0' }]);
  });

  it('changes a setting in place although an item was inserted before it', () => {
    const patch = diff([lun('a'), lun('b')], [lun('x'), lun('a'), lun('b', 2)]);
    expect(patch).toEqual([
      { op: 'add', path: '/0', value: lun('x') },
      { op: 'replace', path: '/2/size', value: 2 },
    ]);
  });

  it('moves an item of a keyed list', () => {
    expect(diff([lun('a'), lun('b'), lun('c')], [lun('c'), lun('a'), lun('b')])).toEqual([
      { op: 'move', from: '/2', path: '/0' },
    ]);
  });

  it('does not trust a key that repeats', () => {
    const twins = [lun('a'), lun('a'), lun('b')];
    expect(diff(twins, twins)).toEqual([]);
    expect(diff(twins, [lun('a'), lun('a'), lun('a'), lun('b')])).toHaveLength(1);
  });

  it('names a manifest of a stream by its kind and name', () => {
    const secret = { kind: 'Secret', metadata: { name: 'x' }, data: 1 };
    const backend = { kind: 'Backend', metadata: { name: 'x' }, data: 1 };
    expect(diff([secret], [backend, secret])).toEqual([{ op: 'add', path: '/0', value: backend }]);
  });

  const json = fc.letrec<{ value: Json }>(tie => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<Json>(null, true, 0, 1, 'nas1', 'a/b', '~'),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), size: fc.nat(2) }), { maxLength: 5 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'name', 'x/y', 'm~n', ''), tie('value'), { maxKeys: 4 }),
    ),
  })).value;

  it('applied to the value before gives the value after', () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        expect(applyPatch(before, diff(before, after))).toEqual(after);
      }),
      runs(1000),
    );
  });

  it('carries any rearrangement of a keyed list, and more operations than items are never needed', () => {
    const names = fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
    fc.assert(
      fc.property(names, names, (from, to) => {
        const before = from.map(name => lun(name));
        const after = to.map(name => lun(name));
        const patch = diff(before, after);
        expect(applyPatch(before, patch)).toEqual(after);
        expect(patch.length).toBeLessThanOrEqual(new Set([...from, ...to]).size);
      }),
      runs(1000),
    );
  });

  it('is empty exactly for equal values', () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        expect(diff(before, structuredClone(before))).toEqual([]);
        if (JSON.stringify(before) !== JSON.stringify(after) && diff(before, after).length === 0) {
          expect(after).toEqual(before);
        }
      }),
      runs(1000),
    );
  });
});

describe('applying a patch', () => {
  it('leaves its input whole when it fails half-way', () => {
    const value = { a: 1 };
    const result = applyPatch(value, [
      { op: 'replace', path: '/a', value: 2 },
      { op: 'remove', path: '/missing' },
    ]);
    expect(isFailure(result)).toBe(true);
    expect(value).toEqual({ a: 1 });
  });

  it.each([['/__proto__/x'], ['/a/__proto__'], ['/constructor/prototype/y']])('refuses %s', path => {
    expect(isFailure(applyPatch({ a: {} }, [{ op: 'add', path, value: 1 }]))).toBe(true);
    expect(({} as { x?: unknown; y?: unknown }).x).toBeUndefined();
  });

  interface SuiteCase {
    readonly comment?: string;
    readonly doc: Json;
    readonly patch: Operation[];
    readonly expected?: Json;
    readonly error?: string;
    readonly disabled?: boolean;
  }

  it('gives what the public suite says', () => {
    const require = createRequire(import.meta.url);
    let [right, failing] = [0, 0];
    const exceptions: string[] = [];
    for (const file of ['tests.json', 'spec_tests.json']) {
      for (const each of require(`json-patch-test-suite/${file}`) as SuiteCase[]) {
        if (each.disabled || each.patch === undefined) continue;
        const result = applyPatch(each.doc, each.patch);
        const name = `${each.comment ?? JSON.stringify(each.patch)}`;
        if (each.error !== undefined) {
          if (isFailure(result)) failing++;
          else exceptions.push(name);
        } else if (each.expected === undefined ? !isFailure(result) : same(result, each.expected)) right++;
        else exceptions.push(name);
      }
    }
    console.log(
      `json-patch-test-suite: ${right} right, ${failing} refused as they must be, exceptions: ${exceptions.join('; ') || 'none'}`,
    );
    expect(exceptions).toEqual([]);
    expect(right + failing).toBeGreaterThanOrEqual(91);
  });
});

function same(a: unknown, b: unknown): boolean {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    return false;
  }
}
