import fc from 'fast-check';
import { expect, it } from 'vitest';
import { outermost } from '../../src/connectors/file/roots.ts';
import { runs } from '../runs.ts';

const path = fc.array(fc.constantFrom('a', 'ab', 'b'), { maxLength: 4 }).map(parts => `/${parts.join('/')}`);

it('finds the outermost folder that a path is or lies below, and none that only begins alike', () => {
  const found = { some: 0, none: 0 };
  fc.assert(
    fc.property(fc.uniqueArray(path, { maxLength: 4 }), path, (folders, asked) => {
      const above = folders.filter(folder => `${asked}/`.startsWith(folder === '/' ? '/' : `${folder}/`));
      const [first] = above.sort((one, other) => one.length - other.length);
      found[first === undefined ? 'none' : 'some']++;
      expect(outermost(new Set(folders), asked)).toBe(first);
    }),
    runs(1000),
  );
  expect(Math.min(found.some, found.none)).toBeGreaterThan(100);
});
