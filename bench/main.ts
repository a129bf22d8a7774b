import { statfsSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { type Figures, faultsOf, figuresOf, tableOf } from './figures.ts';
import { type Name, obstacleTo } from './pipelines.ts';
import { measure, type Plan } from './rounds.ts';

const KB = 1024;
const RIVALS: readonly Name[] = ['inotifywait + sed', 'naive Node.js'];

const SIZES = [
  { title: '4 KB', bytes: 4.6 * KB, warmup: 5, lostMs: 10_000, quick: 40, full: 300 },
  { title: '100 KB', bytes: 103 * KB, warmup: 3, lostMs: 20_000, quick: 20, full: 100 },
  { title: '2 MB', bytes: 2 * KB * KB, warmup: 1, lostMs: 120_000, quick: 3, full: 15 },
] as const;

/** What is compared: quick, or at length and with saves in place. */
function plansOf(isQuick: boolean): Plan[] {
  const plan = (size: (typeof SIZES)[number], manner: Plan['manner'], rounds: number): Plan => ({
    ...size,
    manner,
    rounds,
    budgetMs: isQuick ? 25_000 : 600_000,
    quietMs: isQuick ? 1_500 : 20_000,
  });
  const renames = SIZES.map(size => plan(size, 'rename', isQuick ? size.quick : size.full));
  return isQuick
    ? renames
    : [...renames, ...SIZES.map(size => plan(size, 'in place', Math.min(size.full, 50)))];
}

/** Exit code 1: a wrong byte of ours, or a rival that is as quick at 4 KB or 100 KB. */
async function main(args: readonly string[]): Promise<number> {
  const isQuick = args.includes('--quick');
  const wrong = args.filter(arg => arg !== '--quick');
  if (wrong.length > 0) {
    say(`usage: npm run bench -- [--quick | --placement]; not known: ${wrong.join(' ')}\n`);
    return 2;
  }
  say(`${cpus().length} processors, ${fileSystem()}, load ${load()}; ${cpus()[0]?.model ?? ''}\n`);
  const names: Name[] = ['warmspare'];
  for (const name of RIVALS) {
    const obstacle = obstacleTo(name);
    if (obstacle === undefined) names.push(name);
    else say(`${name} is left out: ${obstacle}\n`);
  }
  const all: [Plan, Figures[]][] = [];
  let busy = 0;
  for (const plan of plansOf(isQuick)) {
    process.stderr.write(`${plan.title}, ${plan.manner} ...\n`);
    const samples = await measure(plan, names);
    busy += samples.filter(sample => sample.busy).length;
    all.push([plan, figuresOf(samples)]);
  }
  say(`\n${tableOf(all)}\n${legend(busy)}load at the end ${load()}\n`);
  const faults = all.flatMap(([plan, figures]) => faultsOf(plan, figures));
  for (const fault of faults) say(`FAULT: ${fault}\n`);
  return faults.length === 0 ? 0 : 1;
}

function legend(busy: number): string {
  return `A one-line edit of a storage configuration in YAML, 10 identity pairs; from just before rename(2) (in
place: close(2)) until a reader of the backup finds every byte right. All pipelines watch at the same time
and take turns in every round, each time in another order; \`x warmspare\` is the median of the ratios
within a round. warmspare syncs to disk before it renames and before it acknowledges (\`durable\`, the log's
line); the others sync nothing. torn: saves during which a reader saw what is no version of the file.
${busy === 0 ? '' : `${busy} saves were made while a pipeline was still busy with the one before.\n`}`;
}

function load(): string {
  return loadavg()
    .map(each => each.toFixed(2))
    .join(' ');
}

/** Where the files lie: on a file system in memory an fsync costs nothing. */
function fileSystem(): string {
  const { type } = statfsSync(tmpdir());
  const known: Readonly<Record<number, string>> = {
    61267: 'ext4',
    16914836: 'tmpfs',
    1481003842: 'xfs',
    2435016766: 'btrfs',
    2035054128: 'overlay',
  };
  return `${tmpdir()} on ${known[type] ?? `file system 0x${type.toString(16)}`}`;
}

function say(text: string): void {
  process.stdout.write(text);
}

// What runs is ended, and its folder removed, when the process exits.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.exitCode = await main(process.argv.slice(2));
