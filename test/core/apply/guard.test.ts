import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countDeletions } from '../../../src/core/apply/guard.ts';
import { diff } from '../../../src/core/change/diff.ts';
import type { Json } from '../../../src/core/document.ts';
import { runs } from '../../runs.ts';

const count = (before: Json, after: Json) => countDeletions(before, diff(before, after));

describe('what a change deletes', () => {
  it('is counted where it stands at that step, behind items that were added, taken out or moved', () => {
    const options = { a: 1, b: 2, c: 3, d: 4 };
    const before = { luns: [{ name: 'x', options }, { name: 'y' }, { name: 'z' }] };
    const bare = { name: 'x' };
    const expected = { entries: 1, settings: 4, settingsBefore: 7 };
    expect(count(before, { luns: [{ name: 'new' }, bare, { name: 'y' }, { name: 'z' }] })).toEqual(expected);
    expect(count(before, { luns: [{ name: 'z' }, { name: 'y' }, bare] })).toEqual(expected);
    const fewer = count(before, { luns: [{ name: 'z' }, bare] });
    expect(fewer).toEqual({ entries: 2, settings: 5, settingsBefore: 7 });
  });

  it('is all of it where the whole file is replaced', () => {
    expect(count({ a: 1, b: 2 }, 'x')).toEqual({ entries: 1, settings: 1, settingsBefore: 2 });
  });

  it('never exceeds what was there, and is nothing where entries only move', () => {
    const record = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      v: fc.array(fc.nat(3), { maxLength: 3 }),
    });
    const list = fc.uniqueArray(record, { selector: each => each.name, maxLength: 4 });
    fc.assert(
      fc.property(list, list, (before, after) => {
        const { settings, settingsBefore } = count({ before }, { before: after });
        expect(settings).toBeLessThanOrEqual(settingsBefore);
        expect(count({ before }, { before: [...before].reverse() }).entries).toBe(0);
      }),
      runs(200),
    );
  });
});
