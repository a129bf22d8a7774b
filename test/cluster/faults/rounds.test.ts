import { expect, it } from 'vitest';
import { LONG, SEED } from '../../runs.ts';
import { type Faults, OneServer, withCluster } from './ground.ts';
import { type Handover, handovers } from './handovers.ts';
import type { Round } from './round.ts';
import type { Of } from './story.ts';

/**
 * Real members and a real server, edits running, and one thing after the other that goes wrong and is mended: what the
 * history of it shows, and how long it takes until the tasks run elsewhere. A round here, twenty in the long run.
 */

const NAMES = ['nas1', 'nas2', 'nas3'];
const TASKS = 20;
const ROUNDS = LONG ? 20 : 1;
const PER_SECOND = 20;
const EDITS = 20;
/** Limits for what is lost or hangs; how long it takes is printed, and held against nothing. */
const BOUNDS = { gap: 60_000, converge: 60_000 };
const LIMIT_MS = 60_000;

const owned = (round: Round) => {
  const owners = new Map<string, string | undefined>();
  for (const one of round.history.entries)
    if (one.op === 'own') owners.set(one.task, (one as Of<'own'>).owner?.member);
  return owners;
};

const coordinator = (round: Round) =>
  (round.history.entries.findLast(({ op }) => op === 'coordinate') as Of<'coordinate'> | undefined)?.member;

/** Until so many more saves were made. */
async function edits(round: Round): Promise<void> {
  const saved = () => round.history.entries.filter(({ op, type }) => op === 'save' && type === 'ok').length;
  const enough = saved() + EDITS;
  await round.history.until(() => saved() >= enough, LIMIT_MS);
}

/** Every task has an owner, and none of those is this member. */
const isElsewhere = (round: Round, member: string) => () => {
  const owners = owned(round);
  return (
    owners.size === TASKS && [...owners.values()].every(owner => owner !== undefined && owner !== member)
  );
};

const tasksOf = (round: Round, member: string) =>
  [...owned(round).values()].filter(owner => owner === member).length;

/** Whom a fault is done to: the coordinator, or of the others the one with most tasks; undefined: it has none now. */
function victimOf(fault: Fault, round: Round): string | undefined {
  const first = coordinator(round);
  const eligible = NAMES.filter(name => (name === first) === fault.toCoordinator);
  const [most] = eligible.sort((a, b) => tasksOf(round, b) - tasksOf(round, a));
  return first !== undefined && most !== undefined && tasksOf(round, most) > 0 ? most : undefined;
}

interface Fault {
  readonly name: string;
  /** Whether it is done to the member that coordinates. */
  readonly toCoordinator: boolean;
  hit(round: Round, faults: Faults, victim: string): Promise<void>;
  mend(round: Round, faults: Faults, victim: string): Promise<void>;
}

const FAULTS: readonly Fault[] = [
  ...[false, true].map(toCoordinator => ({
    name: `kill -9 of ${toCoordinator ? 'the coordinator' : 'a member'}`,
    toCoordinator,
    hit: (round: Round, _: Faults, victim: string) => round.members.kill(victim),
    mend: (round: Round, _: Faults, victim: string) => round.members.start(victim),
  })),
  ...[false, true].map(toCoordinator => ({
    name: `SIGSTOP and wake-up of ${toCoordinator ? 'the coordinator' : 'an owner'}`,
    toCoordinator,
    hit: (round: Round, _: Faults, victim: string) => round.members.stop(victim),
    mend: (round: Round, _: Faults, victim: string) => round.members.wake(victim),
  })),
  {
    name: 'a member cut off from the engine',
    toCoordinator: false,
    hit: async (_, faults, victim) => faults.cut(victim),
    mend: async (_, faults) => faults.heal(),
  },
  ...(['in', 'out'] as const).map(way => ({
    name: `one way lost: ${way === 'in' ? 'nothing reaches the member' : 'nothing comes from it'}`,
    toCoordinator: false,
    hit: async (_: Round, faults: Faults, victim: string) => faults.lose(victim, way),
    mend: async (_: Round, faults: Faults) => faults.heal(),
  })),
  {
    name: 'a member leaves in good order',
    toCoordinator: false,
    hit: (round, _, victim) => round.members.leave(victim),
    mend: (round, _, victim) => round.members.start(victim),
  },
];

const quantile = (numbers: readonly number[], part: number) =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];

interface Played {
  /** What was handed over, and how long it took. */
  readonly moved: readonly Handover[];
  /** From when it was mended until everything was in step, in milliseconds; edits go on. */
  readonly recovered: number;
}

/** One thing goes wrong, and is mended, while edits run. */
async function play(fault: Fault, round: Round, faults: Faults): Promise<Played> {
  expect(await round.history.until(() => victimOf(fault, round) !== undefined, LIMIT_MS)).toBe(true);
  await edits(round);
  const victim = victimOf(fault, round)!;
  const before = round.history.entries.at(-1)!.t;
  await fault.hit(round, faults, victim);
  expect(await round.history.until(isElsewhere(round, victim), LIMIT_MS)).toBe(true);
  await edits(round);
  await fault.mend(round, faults, victim);
  const mended = performance.now();
  await round.inStep(BOUNDS.converge);
  const recovered = performance.now() - mended;
  await edits(round);
  const moved = handovers(round.history.entries).filter(({ t, from }) => t > before && from === victim);
  return { moved, recovered };
}

const shuffled = (round: Round) => {
  const order = FAULTS.map(fault => ({ fault, at: round.random.next() }));
  return order.sort((a, b) => a.at - b.at).map(({ fault }) => fault);
};

it(`${ROUNDS} rounds of ${TASKS} tasks, each with every fault in an order that is drawn, are judged sound`, async () => {
  const all = new Map<Fault, Played[]>(FAULTS.map(fault => [fault, []]));
  for (let number = 0; number < ROUNDS; number++) {
    const setup = { names: NAMES, tasks: TASKS, seed: SEED + number };
    await withCluster(await OneServer.started(NAMES), setup, async (round, faults) => {
      await round.begin();
      round.workload.edit(PER_SECOND);
      for (const fault of shuffled(round)) all.get(fault)!.push(await play(fault, round, faults));
      await round.sound(BOUNDS);
    });
  }
  for (const [{ name }, played] of all) {
    const moved = played.flatMap(one => one.moved);
    const taken = moved.flatMap(({ atBackup }) => atBackup ?? []);
    const recovered = Math.max(...played.map(one => one.recovered));
    console.log(
      `${name}: ${moved.length} tasks handed over in ${ROUNDS} rounds, ${taken.length} backups taken; elsewhere p50 ${quantile(taken, 0.5)?.toFixed(0)}, p99 ${quantile(taken, 0.99)?.toFixed(0)}, longest ${quantile(taken, 1)?.toFixed(0)} ms; all in step ${recovered.toFixed(0)} ms after it was mended`,
    );
    expect([name, moved.length >= ROUNDS]).toEqual([name, true]);
    expect([name, taken.length]).toEqual([name, moved.length]);
  }
});
