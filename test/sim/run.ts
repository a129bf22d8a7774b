import './mount.ts';
import { isApprovable } from '../../src/core/apply/plan.ts';
import { Breaks } from './breaks.ts';
import type { Violation } from './checker.ts';
import { Deeds } from './deeds.ts';
import { unmountAll } from './mount.ts';
import type { Story } from './story.ts';
import { PATHS } from './texts.ts';
import { SimulatedWorld } from './world.ts';

export interface Outcome {
  readonly violations: readonly Violation[];
  /** What happened and what was decided, a line each. */
  readonly lines: readonly string[];
  readonly counts: SimulatedWorld['checker']['counts'] & { inWindow: number; heldAtEnd: number };
}

/** `safety`: the faults never end; `liveness`: they end, and then everything has to come right. */
export type Mode = 'safety' | 'liveness';

/** In this time the backup was read at least once. */
const PROVEN_MS = 65_000;
/** Long enough for every back-off, scan and proof there is. */
const CONVERGES_MS = 150_000;

/** Plays a story. Ends at the first thing that is wrong. */
export async function play(story: Story, mode: Mode = 'liveness', breaks = new Breaks()): Promise<Outcome> {
  const world = new SimulatedWorld(story.seed, story.setup, breaks);
  const deeds = new Deeds(world);
  const { agenda, checker } = world;
  const isBroken = () => checker.violations.length > 0;
  const look = () => {
    if (world.process !== undefined && !isBroken()) checker.look(world.process);
  };
  const pass = async (time: number) => {
    const until = agenda.now + time;
    while (!isBroken() && agenda.now < until) await agenda.run(Math.min(until, agenda.now + 500), look);
  };
  world.start();
  for (const [deed, wait] of story.deeds) {
    if (isBroken()) break;
    deeds.act(deed);
    await pass(wait);
  }
  if (mode === 'liveness') {
    world.tell('all faults end');
    await pass(21_000);
    deeds.heal();
    await pass(PROVEN_MS);
    // Only now everybody knows who has the backup.
    if (deeds.unfence()) await pass(PROVEN_MS);
    if (deeds.refill()) await pass(PROVEN_MS);
    for (let time = PROVEN_MS; isBusy(world) && time < CONVERGES_MS; time += 5_000) await pass(5_000);
    if (!isBroken()) converged(world);
  }
  world.tell(`a person is told: ${world.process?.standing() ?? 'no process runs'}`);
  const heldAtEnd = world.process?.follower.state.holds.size ?? 0;
  if (world.process !== undefined) world.process.isGone = true;
  unmountAll();
  return {
    violations: checker.violations,
    lines: world.story,
    counts: { ...checker.counts, inWindow: checker.inWindow, heldAtEnd },
  };
}

function isBusy({ process }: SimulatedWorld): boolean {
  const state = process?.follower.state;
  if (state === undefined || state.phase.is !== 'following' || state.batch !== undefined) return true;
  return state.active.size + state.doubts.size > 0;
}

/** Invariant 8: what is not held is on the backup, and what is held is so for a reason. */
function converged(world: SimulatedWorld): void {
  const { checker, process, history } = world;
  if (process === undefined) return checker.fails(8, 'no process runs');
  const { phase, holds } = process.follower.state;
  if (phase.is !== 'following') {
    const why = 'obstacle' in phase ? phase.obstacle?.failure.message : '';
    return checker.fails(8, `the relationship is ${phase.is}: ${why}`);
  }
  for (const path of PATHS) {
    const hold = holds.get(path);
    if (hold === undefined) {
      const why = checker.behind(path, history.latest(path));
      if (why !== undefined) checker.fails(8, `nothing is held, and ${why}`);
      continue;
    }
    checker.counts.held += 1;
    // The one corner that is known: killed before it wrote the base, and then the file was edited.
    if (hold.failures.every(({ message }) => message.endsWith('replicated last is lost'))) {
      checker.counts.baseLost += 1;
      continue;
    }
    const isForPerson = hold.failures.every(isApprovable);
    const isBad = /%6e/.test(history.text(path) ?? '') || isCut(history.text(path));
    if (!isForPerson && !isBad) checker.fails(8, `${path} is held for ever: ${hold.failures[0]?.message}`);
  }
}

function isCut(text: string | undefined): boolean {
  return text !== undefined && (text === '' || (text.startsWith('{') && !text.endsWith('}\n')));
}

/** The shortest story that breaks the same invariant, by leaving out what is not needed for it. */
export async function shrink(story: Story, mode: Mode): Promise<Story> {
  const { violations } = await play(story, mode);
  const invariant = violations[0]?.invariant;
  let least = story;
  for (let size = Math.ceil(story.deeds.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < least.deeds.length; ) {
      const less = { ...least, deeds: least.deeds.filter((_, index) => index < at || index >= at + size) };
      const again = await play(less, mode);
      if (again.violations[0]?.invariant === invariant) least = less;
      else at += size;
    }
  }
  return least;
}
