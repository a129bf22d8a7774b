import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { SEED } from '../runs.ts';

/** Draws whole numbers from 0 to below `below`, the same ones for the same seed. */
export function drawing(): (below: number) => number {
  const many = { minLength: 4000, maxLength: 4000 };
  // Without bias: small numbers would be instants right after one another.
  const [drawn] = fc.sample(fc.noBias(fc.array(fc.nat(), many)), { numRuns: 1, seed: SEED });
  let next = 0;
  return below => drawn![next++ % drawn!.length]! % below;
}

/** A whole version: each line is one of as many, and all have the same number. */
const version = (node: string, number: number, lines: number) =>
  Array.from({ length: lines }, (_, line) => `${node} version ${number} line ${line} of ${lines}\n`).join('');

/** Saves files on a primary, each version under a number of its own, and knows which one the backup has. */
export class Saves {
  private count = 0;
  /** By file: the number that it was saved with last. */
  readonly newest = new Map<string, number>();
  /** By file: the greatest number that was ever seen on the backup, or was acknowledged. */
  readonly reached = new Map<string, number>();

  constructor(
    private readonly primary: string,
    private readonly backup: string,
    private readonly lines = 40,
  ) {}

  /** By a draft and a rename, as most tools do, so that each version is a whole one. */
  save(file: string): void {
    const draft = join(this.primary, '.draft');
    writeFileSync(draft, version('nas1', ++this.count, this.lines));
    renameSync(draft, join(this.primary, file));
    this.newest.set(file, this.count);
  }

  /** What the backup may not have in this state, as sentences: torn files, and versions that went back. */
  faults(): string[] {
    const faults: string[] = [];
    for (const file of this.newest.keys()) {
      const number = this.onBackup(file);
      const reached = this.reached.get(file);
      if (number === 'torn') faults.push(`${file} is torn`);
      else if (reached !== undefined && (number ?? 0) < reached)
        faults.push(`${file} is of version ${number} after version ${reached}`);
      else if (number !== undefined) this.reached.set(file, number);
    }
    return faults;
  }

  /** The files that do not have their newest version on the backup. */
  missed(): string[] {
    return [...this.newest].filter(([file, number]) => this.onBackup(file) !== number).map(([file]) => file);
  }

  private onBackup(file: string): number | 'torn' | undefined {
    let text: string;
    try {
      text = readFileSync(join(this.backup, file), 'utf8');
    } catch {
      return undefined;
    }
    const number = Number(/^nas2 version (\d+) /.exec(text)?.[1] ?? 0);
    return number > 0 && number <= this.count && text === version('nas2', number, this.lines)
      ? number
      : 'torn';
  }
}

/** A value that this share of the sorted ones does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}
