import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs, SEED } from '../../runs.ts';
import { Random } from '../../sim/random.ts';
import { type Check, judge } from './checker.ts';
import { History } from './history.ts';
import { FILES, MADE_UP, MadeUp } from './made-up.ts';
import { WRONG, WRONG_ENDS } from './wrong-deeds.ts';

const seeds = fc.integer({ min: 0, max: 0x7fffffff });

const found = (entries: Parameters<typeof judge>[0]): Check[] => [
  ...new Set(judge(entries, MADE_UP).findings.map(({ check }) => check)),
];

const saidOf = (entries: Parameters<typeof judge>[0]) =>
  judge(entries, MADE_UP).findings.map(({ check, task, text }) => `${check} ${task}: ${text}`);

describe('the check of a history', () => {
  it('finds nothing in rounds that are good', () => {
    fc.assert(
      fc.property(seeds, seed => {
        expect(saidOf(new MadeUp(new Random(seed)).play())).toEqual([]);
      }),
      runs(150),
    );
  });

  it.each([
    ...WRONG.map(({ check, name, deed }) => [check, name, deed, undefined] as const),
    ...WRONG_ENDS.map(({ check, name, deed }) => [check, name, undefined, deed] as const),
  ])('%s: %s, wherever it happens', (check, _, deed, atEnd) => {
    fc.assert(
      fc.property(seeds, seed => {
        expect(found(new MadeUp(new Random(seed)).play(deed, atEnd))).toEqual([check]);
      }),
      runs(25),
    );
  });

  it('finds nothing in a reader that is told older rows once more', () => {
    let most = 0;
    for (let seed = 0; seed < 25; seed++) {
      const entries = new MadeUp(new Random(SEED + seed)).play((round, { name }) => {
        const rows = round.entries.filter(one => one.op === 'own' && one.task === name);
        for (const { t: _, ...row } of rows) round.add(row);
        most = Math.max(most, rows.length);
      });
      expect(saidOf(entries)).toEqual([]);
    }
    expect(most).toBeGreaterThan(1);
  });

  it('has a wrong deed for each check', () => {
    const checks = [...WRONG, ...WRONG_ENDS].map(({ check }) => Number(check.slice(1)));
    expect([...new Set(checks)].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('counts what is no mistake', () => {
    const rounds = Array.from({ length: 50 }, (_, at) => new MadeUp(new Random(SEED + at)).play());
    const counts = rounds.map(entries => judge(entries, MADE_UP).counts);
    expect(counts.some(({ takenBack }) => takenBack > 0)).toBe(true);
    expect(counts.some(({ rejected }) => rejected > 0)).toBe(true);
    expect(Math.max(...counts.map(({ longest }) => longest))).toBeLessThan(MADE_UP.gap);
  });

  describe('of an engine that the test emptied', () => {
    const fault = (round: MadeUp, name: string) =>
      round.add({ proc: 'test', type: 'info', op: 'fault', fault: name, whom: 'all servers' });
    const LOST = WRONG.filter(({ name }) => /not in the log|log twice|changed places|epoch falls/.test(name));

    it('has those deeds', () => expect(LOST.length).toBe(4));

    it.each(LOST)('forgives that $name, until it is whole', ({ deed, check }) => {
      const played = (isWhole: boolean) =>
        new MadeUp(new Random(SEED)).play((round, task) => {
          fault(round, 'wipe');
          if (isWhole) fault(round, 'whole');
          // Two more that are told, so that the deed is about them.
          for (let change = 0; change < 2; change++) {
            for (const file of FILES) round.save(task, file);
            round.apply(task);
          }
          deed(round, task);
        });
      expect(saidOf(played(false))).toEqual([]);
      expect(found(played(true))).toEqual([check]);
    });

    it.each(LOST.filter(({ name }) => !name.includes('not in the log')))(
      'does not forgive that $name before that',
      ({ deed, check }) => {
        const entries = new MadeUp(new Random(SEED)).play((round, task) => {
          deed(round, task);
          fault(round, 'wipe');
        });
        expect(found(entries)).toEqual([check]);
      },
    );

    it('counts what went', () => {
      const entries = new MadeUp(new Random(SEED)).play((round, task) => {
        WRONG[0]!.deed(round, task);
        fault(round, 'wipe');
      });
      expect(judge(entries, MADE_UP).counts.wiped).toBe(1);
    });
  });
});

describe('a history', () => {
  it('is kept in order, a line an entry, and wakes whoever waits for something', async () => {
    let now = 0;
    const history = new History(() => ++now);
    const waits = history.until(() => history.entries.length === 2, 60_000);
    history.add({ proc: 'test', type: 'info', op: 'fault', fault: 'kill', whom: 'nas1' });
    history.add({ proc: 'test', type: 'info', op: 'fault', fault: 'wake', whom: 'nas1' });
    expect(await waits).toBe(true);
    expect(history.lines()).toEqual([
      '{"t":1,"proc":"test","type":"info","op":"fault","fault":"kill","whom":"nas1"}',
      '{"t":2,"proc":"test","type":"info","op":"fault","fault":"wake","whom":"nas1"}',
    ]);
    expect(await history.until(() => false, 1)).toBe(false);
  });
});
