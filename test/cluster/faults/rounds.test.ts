import { describe, expect, it } from 'vitest';
import { LONG } from '../../runs.ts';
import { type Faults, OneServer, withCluster } from './ground.ts';
import { type Handover, handovers } from './handovers.ts';
import type { Round } from './round.ts';
import type { Of } from './story.ts';

/**
 * Real members and a real server, edits running, and one thing that goes wrong: what the history of it shows, and how
 * long it takes until the tasks run elsewhere. A round a fault here, twenty in the long run.
 */

const NAMES = ['nas1', 'nas2', 'nas3'];
const TASKS = 20;
const ROUNDS = LONG ? 20 : 1;
const PER_SECOND = 20;
const EDITS = 20;
/** Limits for what is lost or hangs; how long it takes is printed, and held against nothing. */
const BOUNDS = { gap: 60_000, converge: 60_000 };
const LIMIT_MS = 60_000;

const SETUP = { names: NAMES, tasks: TASKS };

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

const isSpread = (round: Round) => () =>
  NAMES.every(name => [...owned(round).values()].filter(owner => owner === name).length >= TASKS / 3 - 1);

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

/** Plays one round: what was handed over, and how long it took until all was in step again after it was mended. */
async function play(fault: Fault): Promise<{ moved: readonly Handover[]; recovered: number }> {
  let moved: readonly Handover[] = [];
  let recovered = 0;
  await withCluster(await OneServer.started(NAMES), SETUP, async (round, faults) => {
    await round.begin();
    expect(await round.history.until(isSpread(round), LIMIT_MS)).toBe(true);
    round.workload.edit(PER_SECOND);
    await edits(round);
    const first = coordinator(round)!;
    const victim = fault.toCoordinator ? first : NAMES.find(name => name !== first)!;
    await fault.hit(round, faults, victim);
    expect(await round.history.until(isElsewhere(round, victim), LIMIT_MS)).toBe(true);
    await edits(round);
    await fault.mend(round, faults, victim);
    await edits(round);
    await round.workload.rest();
    const rested = performance.now();
    await round.inStep(BOUNDS.converge);
    recovered = performance.now() - rested;
    moved = handovers(round.history.entries).filter(({ from }) => from === victim);
    await round.sound(BOUNDS);
  });
  return { moved, recovered };
}

describe.each(FAULTS)('$name', fault => {
  it(`${ROUNDS} rounds of ${TASKS} tasks are judged sound`, async () => {
    const all: Handover[] = [];
    const recovered: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const played = await play(fault);
      all.push(...played.moved);
      recovered.push(played.recovered);
    }
    const taken = all.flatMap(({ atBackup }) => atBackup ?? []);
    console.log(
      `${fault.name}: ${all.length} tasks handed over in ${ROUNDS} rounds, ${taken.length} backups taken; elsewhere p50 ${quantile(taken, 0.5)?.toFixed(0)}, p99 ${quantile(taken, 0.99)?.toFixed(0)}, longest ${quantile(taken, 1)?.toFixed(0)} ms; all in step after the last edit within ${Math.max(...recovered).toFixed(0)} ms`,
    );
    expect(all.length).toBeGreaterThanOrEqual(ROUNDS * (TASKS / 3 - 1));
    expect(taken.length).toBe(all.length);
  });
});
