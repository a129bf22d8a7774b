import { describe, it } from 'vitest';
import { LONG, SEED } from '../../runs.ts';
import { LAB, US } from './lab.ts';
import { type Fault, NAMES, type Played, played, shuffled, tell } from './play.ts';
import { NEWER, NEWER_SETUP } from './powered.ts';
import type { Round } from './round.ts';
import { HOSTS, Three } from './three.ts';
import { WALL_CLOCK, WallClock } from './wall-clock.ts';

/**
 * Real members, each on a host of its own, and three real servers on others: what goes wrong with servers and with the
 * network between them. One round here, twenty in the long run. With 2.10: copies of 2.9.10 that a network has parted
 * do not come to agree again, and two members then have the same lease in good faith.
 */

const TASKS = 20;
const ROUNDS = LONG ? 20 : 1;

/** What can be done to these servers. */
function faultsOf(three: Three): Fault[] {
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
        // Whoever looks on sees what the majority does.
        three.lab.lose(US, three.hostOf(server));
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
  ];
}

const HOUR = 3_600;

/** What can be done to the wall clocks of these servers, and of members. */
function jumpsOf(three: Three, clocks: Clocks): Fault[] {
  let jumped: string[] = [];
  const jump = (round: Round, hosts: readonly string[], seconds: number) => {
    jumped = [...hosts];
    round.fault(`clock ${seconds} s`, hosts.join(' '));
    for (const host of hosts) clocks.of(host).jump(seconds);
  };
  const back = async (round: Round) => jump(round, jumped, 0);
  return [
    {
      name: 'the clock of the server that leads goes forward by an hour, and back',
      hit: async round => jump(round, [three.hostOf(await three.leader())], HOUR),
      mend: back,
    },
    {
      name: 'the clocks of two servers go back by an hour, and forward',
      hit: async round =>
        jump(round, [three.hostOf(three.servers[0]!), three.hostOf(three.servers[1]!)], -HOUR),
      mend: back,
    },
    {
      name: 'the clock of the coordinator goes forward by a day, and back',
      hit: async round => jump(round, [coordinatorOf(round)], 24 * HOUR),
      mend: back,
    },
    {
      name: 'the clocks of all members go back by an hour, and forward',
      hit: async round => jump(round, NAMES, -HOUR),
      mend: back,
    },
  ];
}

function coordinatorOf(round: Round): string {
  const told = round.history.entries.filter(one => one.op === 'coordinate');
  return told.findLast(({ member }) => member !== null)!.member!;
}

/** A clock for each host. */
class Clocks {
  private readonly all = new Map<string, WallClock>();

  of(host: string): WallClock {
    const clock = this.all.get(host) ?? new WallClock();
    this.all.set(host, clock);
    return clock;
  }

  remove(): void {
    for (const clock of this.all.values()) clock.remove();
  }
}

describe.runIf(LAB && NEWER !== undefined)('members and three servers on hosts of their own', () => {
  it(`${ROUNDS} rounds of ${TASKS} tasks, each with every fault in an order that is drawn, are judged sound`, async () => {
    const all: Played[] = [];
    let faults: readonly Fault[] = [];
    for (let number = 0; number < ROUNDS; number++) {
      const three = await Three.started(NAMES, () => NEWER_SETUP);
      faults = faultsOf(three);
      const setup = { tasks: TASKS, seed: SEED + number };
      all.push(...(await played(three, setup, round => shuffled(faults, round))));
    }
    tell(faults, all, ROUNDS);
  });

  it.runIf(WALL_CLOCK)(
    `${ROUNDS} rounds in which wall clocks jump are judged sound, and nobody fails by it`,
    async () => {
      const all: Played[] = [];
      let faults: readonly Fault[] = [];
      for (let number = 0; number < ROUNDS; number++) {
        const clocks = new Clocks();
        try {
          const three = await Three.started(
            NAMES,
            at => ({ ...NEWER_SETUP, before: clocks.of(HOSTS[at]!).before }),
            member => clocks.of(member).before,
          );
          faults = jumpsOf(three, clocks);
          all.push(
            ...(await played(three, { tasks: TASKS, seed: SEED + number }, round => shuffled(faults, round))),
          );
        } finally {
          clocks.remove();
        }
      }
      tell(faults, all, ROUNDS);
    },
  );
});
