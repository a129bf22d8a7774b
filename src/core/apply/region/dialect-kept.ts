/** The dialect of a block text is told by all of its lines: a change of some may make another of it. */
import {
  type Dialect,
  dialectFrom,
  endWordsOf,
  significantLines,
  type Tally,
  tallyOf,
} from '../../formats/block/dialect.ts';

/** A dialect, and what it was told by. */
export interface Told {
  readonly dialect: Dialect;
  readonly tally: Tally;
}

export function toldBy(text: string): Told {
  const lines = significantLines(text);
  const tally = tallyOf(lines);
  return { tally, dialect: dialectFrom(tally, endWordsOf(lines)) };
}

export function isSameDialect(one: Dialect, other: Dialect): boolean {
  const words = (dialect: Dialect) => (dialect.shape === 'end-words' ? [...dialect.words].sort().join() : '');
  return one.shape === other.shape && one.rules === other.rules && words(one) === words(other);
}

/** How far around a change the next significant line is looked for: most often it is near. */
const AROUND_UNITS = [256, 4096];

/**
 * What tells the dialect after `text` from `start` to `end` became `next`, both of whole lines; undefined
 * where it is another dialect, or that can't be told from here.
 */
export function toldAfter(
  told: Told,
  text: string,
  start: number,
  end: number,
  next: string,
): Told | undefined {
  const before = lineBefore(text, start);
  const after = lineAfter(text, end);
  if (before === undefined || after === undefined) return undefined;
  const windows = [text.slice(start, end), next].map(part => [
    ...before,
    ...significantLines(part),
    ...after,
  ]);
  const [old, now] = windows.map(lines => ({
    words: [...endWordsOf(lines)].sort().join(),
    // The line after the change is only looked ahead to: it says by itself what it said before.
    tally: tallyOf(lines, lines.length - after.length),
  }));
  if (old!.words !== now!.words) return undefined;
  const tally = { ...told.tally };
  for (const key of Object.keys(tally) as (keyof Tally)[]) tally[key] += now!.tally[key] - old!.tally[key];
  const words = told.dialect.shape === 'end-words' ? told.dialect.words : new Set<string>();
  const dialect = dialectFrom(tally, words);
  return isSameDialect(dialect, told.dialect) ? { dialect: told.dialect, tally } : undefined;
}

/** The last significant line before an offset; none at the start of a text; undefined where it is too far away. */
function lineBefore(text: string, offset: number): string[] | undefined {
  for (const units of AROUND_UNITS) {
    const from = Math.max(0, offset - units);
    const lines = significantLines(text.slice(from === 0 ? 0 : text.indexOf('\n', from) + 1, offset));
    if (lines.length > 0) return lines.slice(-1);
    if (from === 0) return [];
  }
  return undefined;
}

/** The first one after an offset, likewise. */
function lineAfter(text: string, offset: number): string[] | undefined {
  for (const units of AROUND_UNITS) {
    const to = Math.min(text.length, offset + units);
    const end = to === text.length ? to : text.lastIndexOf('\n', to) + 1;
    const lines = significantLines(text.slice(offset, Math.max(offset, end)));
    if (lines.length > 0) return lines.slice(0, 1);
    if (to === text.length) return [];
  }
  return undefined;
}
