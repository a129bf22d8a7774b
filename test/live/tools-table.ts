/** What came of one way of saving: through the daemon, and by the control. */
export interface Count {
  saves: number;
  cases: number;
  missed: number;
  torn: number;
  deleted: number;
  naiveMissed: number;
  naiveTorn: number;
  naiveDeleted: number;
  /** From the end of the last save until it stood on the backup, in ms. */
  readonly lags: number[];
}

const SUMS = [
  'saves',
  'cases',
  'missed',
  'torn',
  'deleted',
  'naiveMissed',
  'naiveTorn',
  'naiveDeleted',
] as const;

export function blank(): Count {
  const none = { saves: 0, cases: 0, missed: 0, torn: 0, deleted: 0 };
  return { ...none, naiveMissed: 0, naiveTorn: 0, naiveDeleted: 0, lags: [] };
}

/** Prints a row for each way of saving, and their sum. */
export function print(counts: ReadonlyMap<string, Count>): void {
  const cells = ['saves', 'missed', 'torn', 'deleted', 'lag ms', '| naive: missed', 'torn', 'deleted'];
  console.log(['way of saving'.padEnd(34), ...cells.map(cell => cell.padStart(8))].join(''));
  const rows: [string, Count][] = [...counts, ['all', total([...counts.values()])]];
  for (const [name, c] of rows) {
    const ours = [c.saves, c.missed, c.torn, c.deleted, median(c.lags).toFixed(0)];
    const [missed, ...naive] = [c.naiveMissed, c.naiveTorn, c.naiveDeleted];
    const figures = [...ours.map(cell), `|${String(missed).padStart(14)}`, ...naive.map(cell)];
    console.log([name.padEnd(34), ...figures].join(''));
  }
}

function cell(figure: string | number): string {
  return String(figure).padStart(8);
}

function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}

function total(all: readonly Count[]): Count {
  const sum = blank();
  for (const count of all) {
    for (const key of SUMS) sum[key] += count[key];
    sum.lags.push(...count.lags);
  }
  return sum;
}
