import { describe, expect, it } from 'vitest';
import { faultsOf, figuresOf, quantile, tableOf } from '../../bench/figures.ts';
import type { Name } from '../../bench/pipelines.ts';
import type { Plan, Sample } from '../../bench/rounds.ts';

const PLAN: Plan = {
  title: '4 KB',
  bytes: 4096,
  manner: 'rename',
  rounds: 3,
  warmup: 0,
  budgetMs: 0,
  lostMs: 0,
  quietMs: 0,
};

/** Samples of one pipeline, one a round. */
const samples = (pipeline: Name, ...each: (Partial<Sample> | number)[]): Sample[] =>
  each.map((one, round) => ({
    round,
    pipeline,
    ms: undefined,
    wrong: false,
    torn: 0,
    busy: false,
    ...(typeof one === 'number' ? { ms: one } : one),
  }));

describe('figures', () => {
  it('are median, p99 and the median of the ratios within each round', () => {
    const ours = samples('warmspare', 1, 10, 2);
    const theirs = samples('naive Node.js', 4, 10, 12);
    const [first, second] = figuresOf([...theirs, ...ours]);
    expect(first).toMatchObject({ pipeline: 'warmspare', median: 2, p99: 10, n: 3, ratio: 1, lost: 0 });
    // 4, 1 and 6 times; the ratio of the medians would be 5.
    expect(second).toMatchObject({ pipeline: 'naive Node.js', median: 10, p99: 12, ratio: 4 });
  });

  it('leave lost saves out of the times and the ratios, and count them', () => {
    const ours = samples('warmspare', 1, { ms: undefined }, 1);
    const theirs = samples('naive Node.js', 2, 3, { ms: undefined });
    expect(figuresOf([...ours, ...theirs])).toMatchObject([
      { n: 2, lost: 1 },
      { n: 2, lost: 1, ratio: 2 },
    ]);
  });

  it('have quantiles that are values, and none of nothing', () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect([quantile(values, 0.5), quantile(values, 0.99), quantile([], 0.5)]).toEqual([
      100,
      198,
      Number.NaN,
    ]);
  });

  it.each<[string, Sample[], RegExp[]]>([
    ['nothing, where ours is right and quicker', samples('naive Node.js', 2, 2, 2), []],
    [
      'a rival that is as quick',
      samples('naive Node.js', 1, 1, 3),
      [/naive Node\.js is as quick \(1\.00 x\)/],
    ],
    ['no torn, lost or wrong save of a rival', samples('naive Node.js', { ms: 5, torn: 3 }, {}, 9), []],
    ['a torn save of ours', samples('warmspare', { ms: 1, torn: 2 }), [/1 saves showed a torn file/]],
    ['a lost save of ours', samples('warmspare', {}, {}), [/2 saves did not arrive/]],
    [
      'wrong bytes of ours',
      samples('warmspare', { ms: 1, wrong: true }),
      [/1 saves acknowledged with wrong bytes/],
    ],
  ])('find %s', (_, some, faults) => {
    const ours = some.some(({ pipeline }) => pipeline === 'warmspare') ? [] : samples('warmspare', 1, 1, 1);
    const found = faultsOf(PLAN, figuresOf([...ours, ...some]));
    expect(found).toHaveLength(faults.length);
    for (const [index, fault] of faults.entries()) expect(found[index]).toMatch(fault);
  });

  it('find no rival as quick where the race is not on: large files, saves in place', () => {
    const figures = figuresOf([...samples('warmspare', 2), ...samples('naive Node.js', 1)]);
    expect(faultsOf(PLAN, figures)).toHaveLength(1);
    expect(faultsOf({ ...PLAN, bytes: 2 * 1024 * 1024 }, figures)).toEqual([]);
    expect(faultsOf({ ...PLAN, manner: 'in place' }, figures)).toEqual([]);
  });

  it('are printed as a table', () => {
    const ours = samples('warmspare', { ms: 1.234, acknowledgedMs: 2.5 });
    const theirs = samples('inotifywait + sed', { ms: 123.4, torn: 1 });
    expect(tableOf([[PLAN, figuresOf([...ours, ...theirs])]])).toBe(
      `size  save    pipeline           median ms  p99 ms  durable ms  n  torn  lost  x warmspare
4 KB  rename  warmspare               1.23    1.23        2.50  1     0     0         1.00
              inotifywait + sed        123     123           -  1     1     0       100.00
`,
    );
  });
});
