import { describe, expect, it } from 'vitest';
import { CostMeter } from '../../../src/daemon/membership/cost.ts';

/** Spends `ms` in each second, from one second to another. */
function spend(meter: CostMeter, ms: number, from: number, to: number): void {
  for (let second = from; second < to; second++) meter.add(ms, second * 1000);
}

describe('what a task costs', () => {
  it('is what is spent on it in a second, after a while', () => {
    const meter = new CostMeter(0);
    spend(meter, 50, 40, 1000);
    expect(meter.thousandths(1_000_000)).toBeGreaterThan(48);
    expect(meter.thousandths(1_000_000)).toBeLessThan(52);
  });

  it('falls by half in a minute in which nothing is done, and is never nothing', () => {
    const meter = new CostMeter(0);
    spend(meter, 100, 40, 1000);
    const busy = meter.thousandths(1_000_000);
    expect(meter.thousandths(1_060_000) / busy).toBeCloseTo(0.5, 1);
    expect(meter.thousandths(9_000_000)).toBe(1);
  });

  it('leaves out its beginning, when all of it is read and planned', () => {
    const meter = new CostMeter(0);
    meter.add(20_000, 25_000);
    expect(meter.thousandths(31_000)).toBe(1);
    meter.add(10_000, 31_000);
    expect(meter.thousandths(31_000)).toBeGreaterThan(100);
  });
});
