import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PIECE } from '../../../src/connectors/file/digest.ts';
import type { FileInput, FileRules } from '../../../src/core/apply/file-input.ts';
import type { FormatName } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import type { PairSpec } from '../../../src/core/rewrite/identity.ts';
import { stringOf } from '../../../src/core/text.ts';
import type { BoundedPlan } from '../../../src/daemon/planner/bounded.ts';
import { planWhole } from '../../../src/daemon/planner/whole.ts';
import { edited } from '../../core/law/edits.ts';
import { IDENTITY } from '../../core/law/model.ts';
import { print } from '../../core/law/print.ts';
import { trapIdentity, trapSets } from '../../e2e/fixtures.ts';
import { runs } from '../../runs.ts';
import { rulesOf } from '../../support/rules.ts';
import { bytesOf, changed, fresh, withPlanner } from './world.ts';

/** All that can happen to a file, made from one text. */
function situations(path: string, text: string, rules: FileRules): FileInput[] {
  const lines = text.split('\n');
  const shorter = lines.filter((_, i) => i % 7 !== 3).join('\n');
  const both = [text, shorter] as const;
  const replicated = changed(path, [text, text], rules);
  return [
    fresh(path, text),
    { ...fresh(path, text), local: bytesOf('# own\n') },
    replicated,
    changed(path, both, rules),
    changed(path, both, rules, base => `${base}\n# local`),
    changed(path, both, rules, base => base.replace(/\d/g, '7')),
    { ...replicated, primary: undefined },
    { ...replicated, primary: new Uint8Array() },
    { ...replicated, local: undefined },
    { path, primary: undefined, local: undefined, deletedBefore: 0 },
    fresh(path, `${text}\0`),
  ];
}

const asStrings = ({ text, base, ...plan }: BoundedPlan) => ({
  ...plan,
  ...(text === undefined ? {} : { text: stringOf(text) }),
  ...(base === undefined ? {} : { base: stringOf(base) }),
});

const GUARDED = { guard: { max: 1, percent: 1 } };

describe('a plan of another process is the plan of this one', () => {
  const sets = trapSets();

  it('of every trap, in every situation', async () => {
    const actions = new Set<string>();
    const failures = new Set<string>();
    await withPlanner({}, async planner => {
      for (const { name, file, text, mapping } of sets) {
        const pairs = trapIdentity(mapping) as PairSpec[];
        const rules = rulesOf({ pairs, shared: [] }, { relationship: name, ...GUARDED });
        for (const input of situations(file, text, rules)) {
          const here = planWhole(input, rules);
          expect(await planner.plan({ input, rules }), `${name} ${here.action}`).toEqual(here);
          actions.add(here.action);
          for (const { failure } of here.held) failures.add(failure);
        }
      }
    });
    expect([...actions].sort()).toEqual(['change', 'create', 'delete', 'keep']);
    expect([...failures]).toEqual(
      expect.arrayContaining([
        'nul-byte',
        'empty',
        'file-deleted',
        'baseline-differs',
        'mass-deletion',
        'conflict',
      ]),
    );
  });

  const formats: readonly FormatName[] = ['yaml', 'json', 'toml', 'ini', 'block', 'lines'];

  it('of files and edits of every format, and both ways', async () => {
    await withPlanner({}, async planner => {
      const forward = rulesOf(IDENTITY, { relationship: 'forward', ...GUARDED });
      const backward = { ...forward, relationship: 'backward', mapping: forward.mapping.reversed() };
      const law = fc.asyncProperty(
        fc.constantFrom(...formats).chain(format => fc.tuple(fc.constant(format), edited(format))),
        fc.constantFrom(forward, backward, { ...forward, mode: 'approve' as const }),
        fc.boolean(),
        async ([format, { before, after }], plain, isLocal) => {
          const rules = { ...plain, format };
          const texts = [print(before, format), print(after, format)] as const;
          const input = changed('f', texts, rules, base => (isLocal ? `${base}\n` : base));
          expect(await planner.plan({ input, rules })).toEqual(planWhole(input, rules));
        },
      );
      await fc.assert(law, runs(100));
    });
  });

  it('when relationships of one definition, or one definition after the other, take turns', async () => {
    await withPlanner({}, async planner => {
      const spec = {
        pairs: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2', swap: false }],
        shared: [],
      } as const;
      const other = {
        pairs: [{ kind: 'hostname', primary: 'nas1', backup: 'nas3', swap: false }],
        shared: [],
      } as const;
      const put = async (relationship: string, rules: FileRules, text = '/x nas1(rw)\n') => {
        const input = fresh('exports', text);
        return (await planner.plan({ input, rules: { ...rules, relationship } })).text;
      };
      const [one, two] = [rulesOf(spec), rulesOf(other)];
      expect(await put('a', one)).toBe('/x nas2(rw)\n');
      expect(await put('b', one)).toBe('/x nas2(rw)\n');
      expect(await put('a', two)).toBe('/x nas3(rw)\n');
      expect(await put('b', one)).toBe('/x nas2(rw)\n');
      expect(await put('a', { ...one, mapping: one.mapping.reversed() }, '/x nas2(rw)\n')).toBe(
        '/x nas1(rw)\n',
      );
    });
  });

  it('of a file of many pieces, with letters of every width', async () => {
    await withPlanner({}, async planner => {
      const line = '/srv/ü€😀 nas1(rw)\n';
      const text = line.repeat(70_000);
      const rules = rulesOf(
        { pairs: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }], shared: [] },
        {
          rewrite: 'none',
        },
      );
      const plan = await planner.plan({ input: fresh('exports', text), rules });
      expect(plan.held.filter(isFailure)).toEqual([]);
      expect(stringOf(plan.text) === text && stringOf(plan.base) === text).toBe(true);
    });
  });

  it('of files about as large as one piece, to the byte', async () => {
    const rules = rulesOf({ pairs: [], shared: [] }, { format: 'lines' });
    await withPlanner({}, async planner => {
      for (const length of [PIECE - 1, PIECE, PIECE + 1, 2 * PIECE]) {
        const input = fresh('exports', `${'x'.repeat(length - 1)}\n`);
        expect(asStrings(await planner.plan({ input, rules }))).toEqual(planWhole(input, rules));
      }
    });
  });

  it('of a large file whose last text is handed over as bytes, and comes back so', async () => {
    await withPlanner({}, async planner => {
      const rules = rulesOf(
        { pairs: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }], shared: [] },
        { format: 'lines' },
      );
      const line = `/srv/ü€😀${'x'.repeat(400)} nas1(rw)\n`;
      const text = line.repeat(800);
      const more = `${text}/srv/more nas1(rw)\n`;
      for (const [after, own] of [
        [more, ''],
        [more, '# the backup’s own\n'],
        // What was replicated last is what would be: it does not come back.
        [text, '# the backup’s own\n'],
      ] as const) {
        const input = changed('exports', [text, after], rules, base => own + base);
        const here = planWhole(input, rules);
        expect([here.action, here.held]).toEqual([after === text ? 'keep' : 'change', []]);
        const known = {
          ...input.known!,
          text: own === '' ? input.local : bytesOf(stringOf(input.known!.text!)),
        };
        const plan = await planner.plan({ input: { ...input, known }, rules });
        if (after === text) expect(plan.base).toBe(known.text);
        else expect([typeof plan.text, typeof plan.base]).toEqual(['object', 'object']);
        if (after === more) expect(plan.base === plan.text).toBe(own === '');
        expect(asStrings(plan)).toEqual(here);
      }
    });
  });
});
