import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileInput } from '../../../src/core/apply/file-input.ts';
import type { FilePlan } from '../../../src/core/apply/plan.ts';
import { planFile } from '../../../src/core/apply/plan-file.ts';
import { type AuditReport, Audits } from '../../../src/daemon/planner/audits.ts';
import type { BoundedPlan } from '../../../src/daemon/planner/bounded.ts';
import type { PlanJob } from '../../../src/daemon/planner/job.ts';
import { Lane } from '../../../src/daemon/planner/lane.ts';
import { ProvenCache } from '../../../src/daemon/planner/proven-cache.ts';
import { type RegionPass, Regions } from '../../../src/daemon/planner/regions.ts';
import { planWhole } from '../../../src/daemon/planner/whole.ts';
import { runs } from '../../runs.ts';
import { ENTRY, fileOf, fresh, RULES, withEntry, withPlanner } from './world.ts';

/** Knows how often a file was proven, and plans it by a whole pass, altered by `alter`. */
class FakePass implements RegionPass<number> {
  readonly asked: number[] = [];
  proved = 0;
  alter = (plan: FilePlan<string>): FilePlan<string> => plan;

  *planRegion(input: FileInput, rules: PlanJob['rules'], proven: number) {
    this.asked.push(proven);
    yield 'what comes to nothing';
    if (new TextDecoder().decode(input.primary).includes('anchor')) return undefined;
    return { plan: this.alter(planFile(input, rules)), proven: proven + 1 };
  }

  prove(): number {
    this.proved++;
    return 100 * this.proved;
  }

  fold(proven: number): Uint8Array {
    return Uint8Array.of(proven / 100);
  }

  /** Told by its fraction; of one file nothing comes of it. */
  unfold([folded = 0]: Uint8Array, { input }: PlanJob): number | undefined {
    return input.path === 'f2' ? undefined : 100 * folded + 0.5;
  }

  weigh(): number {
    return 1;
  }
}

const job = (text: string, path = 'exports'): PlanJob => ({ input: fresh(path, text), rules: RULES });

/** Collects the reports, and hands out each as a promise. */
function listener() {
  const reports: AuditReport[] = [];
  let wake = () => {};
  return {
    reports,
    audit: (report: AuditReport) => {
      reports.push(report);
      wake();
    },
    until: async (count: number) => {
      while (reports.length < count) await new Promise<void>(done => (wake = done));
    },
  };
}

/** Without the pause that lets a burst of saves be over first. */
const atOnce = (begin: () => void) => {
  begin();
  return () => undefined;
};

describe('a region plan', () => {
  it('is made from the second change on, by what the pass before has proven', async () => {
    const pass = new FakePass();
    const { audit, until, reports } = listener();
    await withPlanner({ regions: pass, audit, limits: { inlineMs: 1e9 } }, async planner => {
      await planner.plan(job('/a nas1(rw)\n'));
      await turn();
      expect([pass.asked, pass.proved]).toEqual([[], 1]);
      const plan = await planner.plan(job('/b nas1(rw)\n'));
      expect(plan).toEqual(planWhole(fresh('exports', '/b nas1(rw)\n'), RULES));
      await until(1);
      await planner.plan(job('/c nas1(rw)\n'));
      expect([pass.asked, pass.proved]).toEqual([[100, 101], 1]);
      await until(2);
      expect(reports.map(({ differs, path }) => [path, differs])).toEqual([
        ['exports', []],
        ['exports', []],
      ]);
    });
  });

  it('gives way to a whole pass where it cannot tell, or where other rules hold', async () => {
    const pass = new FakePass();
    await withPlanner({ regions: pass, limits: { inlineMs: 1e9 } }, async planner => {
      await planner.plan(job('/a nas1(rw)\n'));
      await turn();
      expect((await planner.plan(job('/anchor nas1(rw)\n'))).text).toBe('/anchor nas2(rw)\n');
      await turn();
      expect([pass.asked, pass.proved]).toEqual([[100], 2]);
      const other = { ...job('/b nas1(rw)\n'), rules: { ...RULES, mode: 'approve' as const } };
      expect((await planner.plan(other)).held).toMatchObject([{ failure: 'awaits-approval' }]);
      const reversed = { ...job('/b nas1(rw)\n'), rules: { ...RULES, mapping: RULES.mapping.reversed() } };
      await turn();
      await planner.plan(reversed);
      expect(pass.asked).toEqual([100]);
    });
  });

  it('that differs from the whole pass is told, and its file is never planned so again', async () => {
    const pass = new FakePass();
    pass.alter = plan => ({ ...plan, text: `${plan.text}torn` });
    const { audit, until, reports } = listener();
    await withPlanner({ regions: pass, audit, limits: { inlineMs: 1e9 } }, async planner => {
      for (const path of ['exports', 'other']) await planner.plan(job('/a nas1(rw)\n', path));
      await turn();
      await planner.plan(job('/b nas1(rw)\n'));
      await until(1);
      expect(reports).toMatchObject([
        { relationship: 'pair', path: 'exports', differs: ['text'], whole: { text: '/b nas2(rw)\n' } },
      ]);
      for (let i = 0; i < 2; i++) {
        expect((await planner.plan(job('/c nas1(rw)\n'))).text).toBe('/c nas2(rw)\n');
        await turn();
      }
      expect((await planner.plan(job('/d nas1(rw)\n', 'other'))).text).toBe('/d nas2(rw)\ntorn');
    });
  });

  it('folds what it knows of files that were changed long ago, and unfolds it for the next change', async () => {
    const pass = new FakePass();
    const regions = new Regions(pass as RegionPass);
    const changed = async (path: string, text: string) => {
      const plan = await regions.plan(job(text, path));
      await turn();
      return plan;
    };
    for (let i = 0; i < 40; i++) {
      const first = job('/a nas1(rw)\n', `f${i}`);
      regions.learn(first, planFile(first.input, RULES));
    }
    await turn();
    for (const path of ['f7', 'f8', 'f39']) expect(await changed(path, '/b nas1(rw)\n')).toBeDefined();
    // 32 are kept as they came: at first the last ones; each that is changed takes the place of the oldest.
    expect(pass.asked).toEqual([800.5, 900.5, 4000]);
    // A file that is changed again is kept as it came, and another one gives way.
    await changed('f7', '/c nas1(rw)\n');
    await changed('f1', '/b nas1(rw)\n');
    expect(pass.asked.slice(3)).toEqual([801.5, 200.5]);
    // Where nothing comes of it, only a whole pass can tell.
    expect(await regions.plan(job('/b nas1(rw)\n', 'f2'))).toBeUndefined();
    expect(pass.asked.length).toBe(5);
  });

  it('that is found to be wrong while its text is made ready is none', async () => {
    const pass = new FakePass();
    const regions = new Regions(pass as RegionPass);
    const [first, second] = [job('/a nas1(rw)\n'), job('/b nas1(rw)\n')];
    regions.learn(first, planFile(first.input, RULES));
    const told: string[] = [];
    const plan = await regions.plan(second, async text => {
      told.push(text);
      regions.distrust({ relationship: RULES.relationship, path: 'exports' });
    });
    expect([plan, told]).toEqual([undefined, ['what comes to nothing']]);
  });

  it('that throws is a whole pass, and its file is never planned so again', async () => {
    const pass = new FakePass();
    pass.alter = () => {
      throw new Error('broken');
    };
    await withPlanner({ regions: pass, limits: { inlineMs: 1e9 } }, async planner => {
      for (const text of ['/a nas1\n', '/b nas1\n', '/c nas1\n', '/d nas1\n']) {
        expect((await planner.plan(job(text))).text).toBe(text.replace('nas1', 'nas2'));
        await turn();
      }
      expect(pass.asked).toEqual([100]);
    });
  });

  it('of a file that is planned elsewhere goes by what was proven there, by all that its plan had', async () => {
    const pass = new FakePass();
    await withEntry(PROVING, entry =>
      withPlanner({ regions: pass, entry }, async planner => {
        await planner.plan(job('/a nas1(rw)\n'.repeat(2000)));
        // It has the process to itself only after the proof.
        await planner.plan(job('/a nas1(rw)\n', 'other'));
        await planner.plan(job('/b nas1(rw)\n'));
        expect([pass.asked, pass.proved]).toEqual([[2000.5], 0]);
      }),
    );
  });

  it('is not to be had of a file where proving fails, and nothing else fails', async () => {
    const pass = new FakePass();
    for (const failing of [
      "throw new Error('broken')",
      'process.abort()',
      'return { valueOf() { throw 0; } }',
    ]) {
      await withEntry(PROVING.replace('return plan.swaps.length', failing), entry =>
        withPlanner({ regions: pass, entry }, async planner => {
          for (const text of ['/a nas1\n', '/b nas1\n', '/c nas1\n']) {
            expect((await planner.plan(job(text))).text).toBe(text.replace('nas1', 'nas2'));
          }
        }),
      );
    }
    expect(pass.asked).toEqual([]);
  });
});

describe('a lane', () => {
  it('audits when nothing else is to be done, and lets a file that comes meanwhile go first', async () => {
    const lane = new Lane({
      entry: ENTRY,
      heapMb: 512,
      timeMs: () => 60_000,
      isBackground: false,
      patience: 1,
    });
    const order: string[] = [];
    const audit = lane.audit(job(fileOf('lines', 100_000))).then(plan => {
      order.push('audit');
      return plan;
    });
    const { pid } = lane;
    expect(pid).toBeGreaterThan(0);
    expect(await lane.plan(job('/a nas1(rw)\n'))).toMatchObject({ text: '/a nas2(rw)\n' });
    order.push('file');
    expect(lane.pid).not.toBe(pid);
    expect(await audit).toMatchObject({ action: 'create' });
    expect(order).toEqual(['file', 'audit']);
    await lane.close('the test is over');
    expect(await lane.plan(job('/a\n'))).toEqual({ death: 'stopped', why: 'the test is over' });
  });
});

describe('audits', () => {
  const plan = planWhole(fresh('f', '/a nas1\n'), RULES);

  it('take of a file the last, and say which were passed over', async () => {
    const done: ((plan: BoundedPlan) => void)[] = [];
    const asked: string[] = [];
    const { audit, until, reports } = listener();
    const audits = new Audits(
      ({ input }) => {
        asked.push(`${input.path} ${new TextDecoder().decode(input.primary)}`);
        return new Promise(resolve => done.push(resolve));
      },
      audit,
      atOnce,
    );
    for (const text of ['1', '2', '3']) audits.add(job(text, 'a'), plan);
    audits.add(job('1', 'b'), plan);
    done[0]!(plan);
    await until(1);
    await turn();
    done[1]!({ ...plan, deletions: 7, held: [{ failure: 'law', message: '' }] });
    await until(2);
    await turn();
    done[2]!(plan);
    await until(3);
    expect(asked).toEqual(['a 1', 'a 3', 'b 1']);
    expect(audits.passedOver).toBe(1);
    expect(reports.map(({ differs }) => differs)).toEqual([[], ['held', 'deletions'], []]);
  });

  it('keep a bounded amount of memory waiting', async () => {
    const audits = new Audits(
      () => new Promise(() => {}),
      () => {},
      atOnce,
    );
    const bytes = new Uint8Array(16 * 1024 * 1024);
    for (let i = 0; i < 10; i++)
      audits.add({ input: { ...fresh(`${i}`, ''), primary: bytes }, rules: RULES }, plan);
    expect(audits.passedOver).toBe(7);
  });

  it('say why a whole pass came to no end', async () => {
    const { audit, until, reports } = listener();
    new Audits(async () => ({ death: 'time', why: 'it took longer than 1 s' }), audit).add(job('1'), plan);
    await until(1);
    expect(reports).toMatchObject([{ differs: [], unfinished: 'it took longer than 1 s' }]);
  });
});

describe('what is kept of files', () => {
  it('stays below its limit, and the one used longest ago goes first', () => {
    const step = fc.record({
      key: fc.constantFrom(...'abcdef'),
      bytes: fc.option(fc.nat(60), { nil: undefined }),
    });
    const law = fc.property(fc.array(step, { maxLength: 40 }), steps => {
      const cache = new ProvenCache<number>(100);
      /** The same by hand: the one used last stands last. */
      let model: { key: string; bytes: number }[] = [];
      for (const { key, bytes } of steps) {
        const own = model.find(entry => entry.key === key);
        model = model.filter(entry => entry !== own);
        if (bytes === undefined) {
          expect(cache.get(key)).toBe(own?.bytes);
          if (own !== undefined) model.push(own);
        } else {
          cache.set(key, bytes, bytes);
          model.push({ key, bytes });
          while (model.reduce((sum, entry) => sum + entry.bytes, 0) > 100) model.shift();
        }
        expect(cache.bytes).toBe(model.reduce((sum, entry) => sum + entry.bytes, 0));
      }
      for (const { key, bytes } of model) expect(cache.get(key)).toBe(bytes);
    });
    fc.assert(law, runs(1000));
  });

  it('and what is larger than the limit by itself puts nobody out', () => {
    const cache = new ProvenCache<string>(100);
    cache.set('a', 'a', 50);
    cache.set('b', 'b', 101);
    expect([cache.get('a'), cache.get('b')]).toEqual(['a', undefined]);
  });
});

/** A planning process with a region pass of its own. */
const PROVING = `
import { serve } from '${new URL('serve.js', ENTRY)}';
serve({ prove: (input, rules, plan) => { return plan.swaps.length; }, fold: swaps => Uint8Array.of(swaps / 100) });`;

/** Until what was put off to the next turn of the loop has been done. */
async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(done => setImmediate(done));
}
