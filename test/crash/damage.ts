import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Numbers in [0, below), the same ones for the same seed. */
export type Dice = (below: number) => number;

export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return below => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** All regular files below a folder, sorted, relative to it. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** Damages a file where it lies, as a bad disk does, and says how. An empty one is left as it is. */
export function damageFile(file: string, dice: Dice): string {
  const bytes = readFileSync(file);
  if (bytes.length === 0) return 'empty';
  const at = dice(bytes.length);
  // Three of four: one bit, the damage that is hardest to notice.
  if (dice(4) === 0) {
    writeFileSync(file, bytes.subarray(0, at));
    return `cut at ${at}`;
  }
  const bit = dice(8);
  bytes[at]! ^= 1 << bit;
  writeFileSync(file, bytes);
  return `bit ${bit} of byte ${at}`;
}
