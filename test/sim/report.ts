import type { Breaks } from './breaks.ts';
import type { Violation } from './checker.ts';
import { type Mode, type Outcome, play, shrink } from './run.ts';
import { type Story, storyOf } from './story.ts';

/** In which mode a seed is played where nobody says: both get their half. */
export function modeOf(seed: number): Mode {
  return seed % 2 === 0 ? 'safety' : 'liveness';
}

export type Totals = Outcome['counts'] & { seeds: number };

export interface Found {
  readonly seed: number;
  readonly story: Story;
  readonly mode: Mode;
  readonly violation: Violation;
}

/** What a run of many seeds came to; `found`: the first seed that breaks an invariant. */
export interface Run {
  readonly totals: Totals;
  readonly found?: Found;
}

/** Plays `count` seeds from `first` on, up to the first that breaks an invariant. */
export async function playSeeds(
  first: number,
  count: number,
  { mode, breaks }: { mode?: Mode; breaks?: () => Breaks } = {},
): Promise<Run> {
  const totals = { seeds: 0 } as Totals;
  for (let seed = first; seed < first + count; seed++) {
    const { violations, counts } = await play(storyOf(seed), mode ?? modeOf(seed), breaks?.());
    totals.seeds += 1;
    for (const [key, value] of Object.entries(counts) as [keyof Outcome['counts'], number][])
      totals[key] = (totals[key] ?? 0) + value;
    if (violations.length > 0) {
      const found = { seed, story: storyOf(seed), mode: mode ?? modeOf(seed), violation: violations[0]! };
      return { totals, found };
    }
  }
  return { totals };
}

/** What broke, the story in as few deeds as will do, and the command that plays it again. */
export async function reportOn({ seed, story, mode }: Found): Promise<string> {
  const least = await shrink(story, mode);
  const { violations, lines } = await play(least, mode);
  const { invariant, text } = violations[0] ?? { invariant: 0, text: 'it does not happen a second time' };
  return [
    `seed ${seed} breaks invariant ${invariant}: ${text}`,
    `its story in ${least.deeds.length} of ${story.deeds.length} deeds (${JSON.stringify(least.setup)}):`,
    ...lines,
    `again, whole: npm run sim -- --seed ${seed} --mode ${mode}`,
    'keep the seed in test/sim/seeds.ts',
  ].join('\n');
}
