import { describe, expect, it } from 'vitest';
import { concluded } from '../../../src/core/apply/plan-region.ts';
import type { FormatName } from '../../../src/core/document.ts';
import type { AuditReport } from '../../../src/daemon/planner/audits.ts';
import { regionPass } from '../../../src/daemon/planner/region-pass.ts';
import type { RegionPass } from '../../../src/daemon/planner/regions.ts';
import { planWhole } from '../../../src/daemon/planner/whole.ts';
import { changed, fileOf, fresh, RULES, withPlanner } from './world.ts';

/** Counts what the real region pass could tell. */
function counting(): RegionPass & { told: number } {
  const pass: RegionPass & { told: number } = {
    ...(regionPass as RegionPass),
    told: 0,
    *planRegion(...given) {
      const found = yield* (regionPass as RegionPass).planRegion(...given);
      if (found !== undefined) pass.told++;
      return found;
    },
  };
  return pass;
}

const FORMATS: readonly FormatName[] = ['yaml', 'json', 'ini', 'toml', 'block', 'lines'];

describe('the region pass of the core', () => {
  it.each(FORMATS)('goes on from what was folded as from what was not: %s', format => {
    const rules = { ...RULES, format };
    const before = fileOf(format, 20_000);
    const first = fresh('f', before);
    const proven = regionPass.prove(first, rules, planWhole(first, rules))!;
    const input = changed('f', [before, before.replace('10.0.0.1', '10.0.0.7')], rules);
    const folded = regionPass.fold(proven)!;
    const unfolded = regionPass.unfold(folded, { input, rules })!;
    const [one, other] = [proven, unfolded].map(each => concluded(regionPass.planRegion(input, rules, each)));
    expect(other?.plan.text).toContain('10.0.0.7');
    expect(other).toEqual(one);
    expect(folded.length).toBeLessThan(before.length);
    // An administrator's own line on the backup since: only a whole pass can tell.
    const local = new TextEncoder().encode(`${new TextDecoder().decode(input.local)}\n# mine\n`);
    const edited = { ...input, local };
    const astray = regionPass.unfold(folded, { input: edited, rules })!;
    expect(concluded(regionPass.planRegion(edited, rules, astray))).toBeUndefined();
    const { local: _, ...gone } = input;
    expect(regionPass.unfold(folded, { input: { ...gone, local: undefined }, rules })).toBeUndefined();
  });

  it.each(FORMATS)('goes on from what was proven in another process: %s', async format => {
    const rules = { ...RULES, format };
    const before = fileOf(format, 20_000);
    const after = before.replace('10.0.0.1', '10.0.0.7');
    const pass = counting();
    const reports: AuditReport[] = [];
    let wake = () => {};
    const audited = new Promise<void>(done => (wake = done));
    const audit = (report: AuditReport) => {
      reports.push(report);
      wake();
    };
    await withPlanner({ regions: pass, audit }, async planner => {
      expect((await planner.plan({ input: fresh('f', before), rules })).action).toBe('create');
      // It has the process to itself only after the proof.
      await planner.plan({ input: fresh('other', before), rules });
      const input = changed('f', [before, after], rules);
      const plan = await planner.plan({ input, rules });
      const { text, id, base, held, local } = planWhole(input, rules);
      expect(plan).toMatchObject({ text, id, base, held, local });
      expect(pass.told).toBe(1);
      await audited;
      expect(reports).toMatchObject([{ path: 'f', differs: [] }]);
    });
  });
});
