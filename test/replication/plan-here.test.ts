import { describe, expect, it } from 'vitest';
import type { FileInput } from '../../src/core/apply/file-input.ts';
import { planHere } from '../../src/replication/plan-here.ts';
import { wholePass } from '../../src/replication/whole-pass.ts';
import { rulesOf } from '../support/rules.ts';

const RULES = rulesOf({ pairs: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }], shared: [] });
const MB = 1024 * 1024;

const EXPORT = '/srv/export nas1(rw) other(ro)\n\n';

/** One line in so many names the node; the others are remarks, which cost little. */
function fileOf(bytes: number, every = 64): FileInput {
  const remark = `# ${'of nobody '.repeat(3)}\n`.slice(-EXPORT.length);
  const block = EXPORT + remark.repeat(every - 1);
  const text = block.repeat(bytes / block.length);
  return { path: 'exports', primary: Buffer.from(text), local: undefined, deletedBefore: 0 };
}

describe('a large file, planned by a command that runs once', () => {
  it('comes out of its thread as of the whole pass', async () => {
    const input = fileOf(3 * MB);
    const plan = planHere(input, RULES);
    expect(plan).toBeInstanceOf(Promise);
    expect(await plan).toEqual(wholePass(input, RULES));
  });

  it('is read from the other side where the relationship is turned round', async () => {
    const input = fileOf(3 * MB);
    const turned = { ...RULES, mapping: RULES.mapping.reversed() };
    expect(await planHere(input, turned)).toEqual(wholePass(input, turned));
  });

  it('is held where its memory is too little, and nobody ends', async () => {
    const { action, held } = await planHere(fileOf(8 * MB, 1), RULES, 32);
    expect(action).toBe('keep');
    expect(held).toMatchObject([{ failure: 'too-costly', at: { file: 'exports' } }]);
    expect(held[0]!.message).toContain('32 MB of memory are too little');
  });

  it('is planned here and now where it is small', () => {
    expect(planHere(fileOf(1 * MB), RULES)).not.toBeInstanceOf(Promise);
  });
});
