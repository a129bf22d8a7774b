import { expect, it } from 'vitest';
import { LONG, SEED } from '../../runs.ts';
import { OneServer } from './ground.ts';
import { type Fault, NAMES, type Played, played, shuffled, tell } from './play.ts';

/**
 * Real members and a real server, edits running, and one thing after the other that goes wrong and is mended: what the
 * history of it shows, and how long it takes until the tasks run elsewhere. A round here, twenty in the long run.
 */

const TASKS = 20;
const ROUNDS = LONG ? 20 : 1;

const KILLS: readonly Fault[] = (['member', 'coordinator'] as const).map(victim => ({
  name: `kill -9 of ${victim === 'coordinator' ? 'the coordinator' : 'a member'}`,
  victim,
  hit: (round, _, whom) => round.members.kill(whom),
  mend: (round, _, whom) => round.members.start(whom),
}));

const FAULTS: readonly Fault[] = [
  ...KILLS,
  ...(['member', 'coordinator'] as const).map(
    (victim): Fault => ({
      name: `SIGSTOP and wake-up of ${victim === 'coordinator' ? 'the coordinator' : 'an owner'}`,
      victim,
      hit: (round, _, whom) => round.members.stop(whom),
      mend: (round, _, whom) => round.members.wake(whom),
    }),
  ),
  {
    name: 'a member cut off from the engine',
    victim: 'member',
    hit: async (_, faults, whom) => faults.cut(whom),
    mend: async (_, faults) => faults.heal(),
  },
  ...(['in', 'out'] as const).map(
    (way): Fault => ({
      name: `one way lost: ${way === 'in' ? 'nothing reaches the member' : 'nothing comes from it'}`,
      victim: 'member',
      hit: async (_, faults, whom) => faults.lose(whom, way),
      mend: async (_, faults) => faults.heal(),
    }),
  ),
  {
    name: 'a member leaves in good order',
    victim: 'member',
    hit: (round, _, whom) => round.members.leave(whom),
    mend: (round, _, whom) => round.members.start(whom),
  },
];

it(`${ROUNDS} rounds of ${TASKS} tasks, each with every fault in an order that is drawn, are judged sound`, async () => {
  const all: Played[] = [];
  for (let number = 0; number < ROUNDS; number++) {
    const setup = { tasks: TASKS, seed: SEED + number };
    all.push(...(await played(await OneServer.started(NAMES), setup, round => shuffled(FAULTS, round))));
  }
  tell(FAULTS, all, ROUNDS);
});

if (LONG)
  it('300 relationships on three members, killed again and again, are judged sound', async () => {
    const again = [...KILLS, ...KILLS];
    const all = await played(await OneServer.started(NAMES), { tasks: 300 }, () => again);
    tell(KILLS, all, 2);
    expect(all.flatMap(({ moved }) => moved).length).toBeGreaterThanOrEqual(300);
  });
