import { balance } from './balance.ts';
import { boardOf } from './board.ts';
import { placeOrphans } from './orphans.ts';
import type { Problem } from './problem.ts';

/** `orphans`: nobody who may keep a task loses it. `balance`: then tasks are moved to level the loads. */
export type Mode = 'orphans' | 'balance';

/** How far two members may be apart, as a part of the mean load, before tasks move from one to the other. */
export const BAND = 0.05;

/** The owner of each task, or NONE where nobody may have it. */
export function solve(problem: Problem, mode: Mode, band: number = BAND): Int32Array {
  const board = boardOf(problem);
  placeOrphans(board, band);
  if (mode === 'balance') balance(board, band);
  return board.owner;
}
