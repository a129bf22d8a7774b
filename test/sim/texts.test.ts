import { expect, it } from 'vitest';
import { sha256 } from '../../src/connectors/file/digest.ts';
import type { FileInput } from '../../src/core/apply/file-input.ts';
import { planFile } from '../../src/core/apply/plan-file.ts';
import { isFailure } from '../../src/core/failure.ts';
import { rulesFor } from './config.ts';
import { counterpart, namesPrimary, PATHS, textOf, withLocal } from './texts.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** What the planner says of a revision where the backup has revision 1, with a local setting or without. */
function planOf(path: string, content: Parameters<typeof textOf>[2], isLocal: boolean) {
  const rules = rulesFor(path);
  if (isFailure(rules)) throw new Error(rules.message);
  const first = planFile(
    { path, primary: bytes(textOf(path, 1, 'good')), local: undefined, deletedBefore: 0 } as FileInput,
    rules,
  );
  const base = first.text!;
  const local = isLocal ? withLocal(path, base, 5) : base;
  const known = {
    format: first.format!,
    base: sha256(base),
    file: sha256(base),
    sequence: 1,
    local: [],
    text: base,
  };
  return planFile(
    {
      path,
      primary: bytes(textOf(path, 2, content)),
      local: bytes(local),
      known,
      deletedBefore: 0,
    } as FileInput,
    rules,
  );
}

it.each(PATHS)('%s: the planner sees in the simulated texts what they are meant to be', path => {
  const good = planOf(path, 'good', false);
  expect([good.held, good.text]).toEqual([[], counterpart(textOf(path, 2, 'good'))]);
  expect(namesPrimary(good.text!)).toBe(false);
  const merged = planOf(path, 'good', true);
  expect([merged.held, merged.text]).toEqual([[], withLocal(path, counterpart(textOf(path, 2, 'good')), 5)]);
  expect(planOf(path, 'guarded', false).held.map(each => each.failure)).toEqual(['mass-deletion']);
  expect(planOf(path, 'residue', false).held.map(each => each.failure)).toEqual(['residue']);
  expect(['empty', 'syntax']).toContain(planOf(path, 'broken', false).held[0]?.failure);
});
