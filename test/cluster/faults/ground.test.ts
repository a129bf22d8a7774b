import { describe, expect, it } from 'vitest';
import { type Ground, OneServer, withCluster } from './ground.ts';
import { LAB } from './lab.ts';
import { Three } from './three.ts';

const BOUNDS = { gap: 30_000, converge: 30_000 };
const MEMBER = 'nas1';

async function three(): Promise<Ground> {
  const servers = new Three([MEMBER]);
  await servers.start();
  return servers;
}

describe.each<readonly [string, boolean, () => Promise<Ground>]>([
  ['one server', true, () => OneServer.started([MEMBER])],
  ['three servers on hosts of their own', LAB, three],
])('a round on %s', (_, isPossible, open) => {
  it.runIf(isPossible)('is judged sound while its member is cut off and found again', async () => {
    await withCluster(await open(), { names: [MEMBER], tasks: 2 }, async (round, faults) => {
      await round.begin();
      faults.cut(MEMBER);
      round.workload.save('t0', 'exports');
      faults.heal();
      faults.lose(MEMBER, 'out');
      round.workload.save('t1', 'smb.conf');
      faults.heal();
      await round.inStep(BOUNDS.gap);
      await round.sound(BOUNDS);
      const done = round.history.entries.filter(({ op }) => op === 'fault');
      expect(done.map(one => 'fault' in one && one.fault)).toEqual([
        'start',
        'cut',
        'heal',
        'lose out',
        'heal',
      ]);
    });
  });
});
