import { describe, it } from 'vitest';
import { LONG, SEED } from '../../runs.ts';
import { LAB } from './lab.ts';
import { type Fault, NAMES, type Played, played, shuffled, tell } from './play.ts';
import { NEWER, Powered } from './powered.ts';
import type { Round } from './round.ts';
import { Three } from './three.ts';
import { WALL_CLOCK, WallClock } from './wall-clock.ts';

/**
 * Real members, each on a host of its own, and three real servers on others: what goes wrong with servers, with the
 * network between them, and with clocks. One round here, twenty in the long run.
 */

const TASKS = 20;
const ROUNDS = LONG ? 20 : 1;
const HOUR = 3_600;

/** What can be done to these servers, and to the clocks that all programs of the round are run with. */
function faultsOf(three: Three, clocks: ReadonlyMap<string, WallClock>): Fault[] {
  let dead: Three['servers'] = [];
  const servers = async (round: Round, chosen: Three['servers'], fault: string) => {
    dead = chosen;
    round.fault(fault, chosen.map(each => three.hostOf(each)).join(' '));
    await Promise.all(chosen.map(server => server.kill()));
  };
  const again = async (round: Round) => {
    round.fault('server starts', dead.map(each => three.hostOf(each)).join(' '));
    await Promise.all(dead.map(server => server.start()));
  };
  const heal = async (round: Round) => {
    round.fault('heal', 'all');
    three.heal();
  };
  const jump = async (round: Round, hours: (at: number) => number) => {
    for (const [at, [name, clock]] of [...clocks].entries()) {
      round.fault(`clock ${hours(at)} h`, name);
      clock.jump(hours(at) * HOUR);
    }
  };
  return [
    {
      name: 'kill -9 of the server that leads',
      hit: async round => servers(round, [await three.leader()], 'leader killed'),
      mend: again,
    },
    {
      name: 'kill -9 of all servers',
      hit: async round => servers(round, three.servers, 'all servers killed'),
      mend: again,
    },
    {
      name: 'a member and a server on the minority side',
      victim: 'member',
      hit: async (round, _, whom) => {
        const server = round.random.pick(three.servers);
        round.fault('cut', whom);
        three.lab.part([whom, three.hostOf(server)]);
      },
      mend: heal,
    },
    {
      name: 'one way lost between two servers',
      hit: async round => {
        const leader = await three.leader();
        const other = three.servers.find(server => server !== leader)!;
        round.fault('lost', `${three.hostOf(leader)} to ${three.hostOf(other)}`);
        three.lab.lose(three.hostOf(leader), three.hostOf(other));
      },
      mend: heal,
    },
    {
      name: 'clocks jump apart, an hour ahead and an hour back',
      hit: round => jump(round, at => [1, -1, 0][at % 3]!),
      mend: round => jump(round, () => 0),
    },
  ];
}

describe.runIf(LAB && WALL_CLOCK)('members and three servers on hosts of their own', () => {
  it(`${ROUNDS} rounds of ${TASKS} tasks, each with every fault in an order that is drawn, are judged sound`, async () => {
    const all: Played[] = [];
    let faults: readonly Fault[] = [];
    for (let number = 0; number < ROUNDS; number++) {
      const clocks = new Map(['s1', 's2', 's3', ...NAMES].map(name => [name, new WallClock()]));
      try {
        const three = await Three.started(
          NAMES,
          at => ({ before: clocks.get(`s${at + 1}`)!.before }),
          name => clocks.get(name)!.before,
        );
        faults = faultsOf(three, clocks);
        const setup = { tasks: TASKS, seed: SEED + number };
        all.push(...(await played(three, setup, round => shuffled(faults, round))));
      } finally {
        for (const clock of clocks.values()) clock.remove();
      }
    }
    tell(faults, all, ROUNDS);
  });
});

describe.skipIf(NEWER === undefined)('members and three servers whose power is cut', () => {
  it.each([
    ['each write is synced: nothing that was acknowledged is lost', ['sync_interval: always'], 'power cut'],
    ['the default: what is lost is made anew from files and ledgers', [], 'wipe'],
  ])('%s', async (what, jetstream, name) => {
    const all: Played[] = [];
    let faults: readonly Fault[] = [];
    for (let number = 0; number < ROUNDS; number++) {
      const powered = await Powered.started(jetstream);
      faults = [
        {
          name: `power cut of all servers, ${what}`,
          hit: async round => {
            // What was acknowledged may be gone with a power cut, as with an engine that was emptied.
            round.fault(name, 'all servers');
            await powered.cutPower();
          },
          mend: async () => undefined,
        },
      ];
      all.push(...(await played(powered, { tasks: TASKS, seed: SEED + number }, () => faults)));
    }
    tell(faults, all, ROUNDS);
  });
});
