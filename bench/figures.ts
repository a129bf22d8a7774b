import type { Name } from './pipelines.ts';
import type { Plan, Sample } from './rounds.ts';

/** What one pipeline reached in one comparison. Times in milliseconds. */
export interface Figures {
  readonly pipeline: Name;
  readonly median: number;
  readonly p99: number;
  readonly acknowledged: number | undefined;
  readonly n: number;
  /** Saves during which a reader of the backup saw something that is no version of the file. */
  readonly torn: number;
  readonly wrong: number;
  readonly lost: number;
  /** Its time over warmspare's in the same round: the median over all rounds; 1 for warmspare itself. */
  readonly ratio: number;
}

export function figuresOf(samples: readonly Sample[]): Figures[] {
  const names = [...new Set(samples.map(({ pipeline }) => pipeline))].sort(byRank);
  const ours = new Map(
    samples.filter(({ pipeline }) => pipeline === 'warmspare').map(one => [one.round, one.ms]),
  );
  return names.map(name => {
    const own = samples.filter(({ pipeline }) => pipeline === name);
    const times = own.flatMap(({ ms }) => ms ?? []);
    const ratios = own.flatMap(({ ms, round }) => {
      const base = ours.get(round);
      return ms === undefined || base === undefined ? [] : [ms / base];
    });
    const acknowledged = own.flatMap(({ acknowledgedMs }) => acknowledgedMs ?? []);
    return {
      pipeline: name,
      median: quantile(times, 0.5),
      p99: quantile(times, 0.99),
      acknowledged: acknowledged.length === 0 ? undefined : quantile(acknowledged, 0.5),
      n: times.length,
      torn: own.filter(({ torn }) => torn > 0).length,
      wrong: own.filter(({ wrong }) => wrong).length,
      lost: own.length - times.length,
      ratio: quantile(ratios, 0.5),
    };
  });
}

const RANK: readonly Name[] = ['warmspare', 'inotifywait + sed', 'naive Node.js'];

function byRank(one: Name, other: Name): number {
  return RANK.indexOf(one) - RANK.indexOf(other);
}

/** The smallest of the values that at least this share of them does not exceed; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** What must not be: a wrong, torn or lost byte of ours, or a rival that is as quick where it counts. */
export function faultsOf({ title, manner, bytes }: Plan, figures: readonly Figures[]): string[] {
  const about = `${title}, ${manner}`;
  return figures.flatMap(({ pipeline, wrong, torn, lost, n, ratio }) => {
    if (pipeline !== 'warmspare') {
      const counts = manner === 'rename' && bytes <= RACED_BYTES && n > 0;
      return counts && !(ratio > 1) ? [`${about}: ${pipeline} is as quick (${ratio.toFixed(2)} x)`] : [];
    }
    return [
      ...(wrong > 0 ? [`${about}: ${wrong} saves acknowledged with wrong bytes on the backup`] : []),
      ...(torn > 0 ? [`${about}: ${torn} saves showed a torn file on the backup`] : []),
      ...(lost > 0 ? [`${about}: ${lost} saves did not arrive`] : []),
    ];
  });
}

/** Up to this size no rival may be as quick; beyond, the disk decides. */
const RACED_BYTES = 128 * 1024;

const HEADER = [
  'size',
  'save',
  'pipeline',
  'median ms',
  'p99 ms',
  'durable ms',
  'n',
  'torn',
  'lost',
  'x warmspare',
];

/** The figures as text, a row per pipeline. `durable`: median until the acknowledgement, fsyncs and all. */
export function tableOf(all: readonly (readonly [Plan, readonly Figures[]])[]): string {
  const rows = all.flatMap(([plan, figures]) =>
    figures.map((one, index) => [
      index === 0 ? plan.title : '',
      index === 0 ? plan.manner : '',
      one.pipeline,
      time(one.median),
      time(one.p99),
      one.acknowledged === undefined ? '-' : time(one.acknowledged),
      String(one.n),
      String(one.torn),
      String(one.lost),
      Number.isNaN(one.ratio) ? '-' : one.ratio.toFixed(2),
    ]),
  );
  const widths = HEADER.map((title, column) =>
    Math.max(title.length, ...rows.map(row => row[column]!.length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column < 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  return `${[HEADER, ...rows].map(line).join('\n')}\n`;
}

function time(ms: number): string {
  if (Number.isNaN(ms)) return '-';
  return ms < 100 ? ms.toFixed(2) : ms.toFixed(0);
}
