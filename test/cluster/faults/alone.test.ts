import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LONG } from '../../runs.ts';
import { hashOf } from './history.ts';
import { type Round, withRound } from './round.ts';

const NAMES = ['nas1', 'nas2'];
/** Nobody takes over here: what an owner takes that is there, on a machine that has other things to do as well. */
const BOUNDS = { gap: 30_000, converge: 60_000 };
const PER_SECOND = 40;

const partOf = (member: string, tasks: readonly string[]) =>
  tasks.filter((_, at) => NAMES[at % NAMES.length] === member);

/** Members that know nothing of each other, each with its own part of the tasks. */
const ALONE = { names: NAMES, tasks: 4, tasksOf: partOf };

async function edits(round: Round, count: number): Promise<void> {
  const saved = () => round.history.entries.filter(({ op, type }) => op === 'save' && type === 'ok').length;
  const enough = saved() + count;
  await round.history.until(() => saved() >= enough, BOUNDS.converge);
}

describe('a round with members that run alone', () => {
  it(`is judged sound through ${LONG ? 'a kill, a stop and a leave' : 'one of a kill, a stop and a leave'}`, async () => {
    await withRound(ALONE, async round => {
      const { members, workload } = round;
      const away = (name: string, end: () => Promise<void>, begin: () => Promise<void>) =>
        round.outage(
          `${name} is away`,
          async () => {
            await end();
            await edits(round, 10);
            await begin();
          },
          partOf(name, workload.tasks),
        );
      const ways = {
        kill: () =>
          away(
            'nas1',
            () => members.kill('nas1'),
            () => members.start('nas1'),
          ),
        stop: () =>
          away(
            'nas2',
            () => members.stop('nas2'),
            () => members.wake('nas2'),
          ),
        leave: () =>
          away(
            'nas1',
            () => members.leave('nas1'),
            () => members.start('nas1'),
          ),
      };
      await round.begin();
      workload.edit(PER_SECOND);
      await edits(round, 20);
      for (const way of LONG ? Object.values(ways) : [round.random.pick(Object.values(ways))]) await way();
      const counts = await round.sound(BOUNDS);
      expect(counts.longest).toBeGreaterThan(0);
    });
  });

  it('is found wrong where somebody else writes to a backup', async () => {
    await withRound({ names: ['nas1'], tasks: 1 }, async round => {
      await round.begin();
      const text = '/srv 10.0.0.1(rw)\n';
      const isSeen = () => round.history.entries.some(one => one.op === 'see' && one.hash === hashOf(text));
      writeFileSync(join(round.workload.root('backup', 't0'), 'exports'), text);
      expect(await round.history.until(isSeen, BOUNDS.gap)).toBe(true);
      const { findings } = await round.verdict({ gap: BOUNDS.gap, converge: 100 });
      expect(new Set(findings.map(({ check }) => check))).toEqual(new Set(['C7', 'C8']));
    });
  });
});
