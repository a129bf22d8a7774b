import { existsSync, readFileSync, rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createColors } from 'picocolors';
import { readConfig } from '../../config/load.ts';
import { isEffective, type Plan } from '../../core/apply/plan.ts';
import { FailureError, isFailure } from '../../core/failure.ts';
import { shippedPath } from '../../installation.ts';
import { type Opened, openRelationship } from '../../replication/opened.ts';
import { EXIT, type Exit } from '../exit.ts';
import { forwarded } from '../forwarded.ts';
import { count, printPlan, reportHeld } from '../report/plan.ts';
import type { Report } from '../report/report.ts';
import { table } from '../report/table.ts';
import type { CommandContext } from './command.ts';
import { BackupBefore } from './demo-before.ts';
import { demoCluster } from './demo-cluster.ts';
import { DemoDaemon } from './demo-daemon.ts';
import { save, WAYS } from './demo-saves.ts';
import { DEMO_STEPS, type DemoStep } from './demo-steps.ts';
import { planView } from './prepared.ts';
import { status } from './status.ts';
import { verify } from './verify.ts';

/** What became of one step, for the summary. */
interface Told {
  readonly title: string;
  readonly saved: string;
  readonly file: string;
  readonly swapped: number;
  readonly exit: Exit;
  /** Milliseconds from the save to the daemon's word that it is on the backup's disk, or held. */
  readonly ms: number;
}

/**
 * The whole story on the shipped fixtures, in a temporary folder that is removed at the end: the daemon
 * makes a baseline, then an administrator's edits arrive on the backup as they are saved, each with its
 * diff and the time it took. A step that ends otherwise than it should makes the demo fail.
 */
export async function demo(context: CommandContext): Promise<Exit> {
  if (context.options.cluster === true) return demoCluster(context);
  const folder = await mkdtemp(join(tmpdir(), 'warmspare-demo-'));
  // An interrupted command is not waited for when it takes too long.
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    return await play(context, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    process.off('exit', remove);
  }
}

/** The demo's own world: its folder, the relationship in it, and the daemon. */
interface Stage {
  readonly folder: string;
  readonly context: CommandContext;
  readonly opened: Opened;
  readonly daemon: DemoDaemon;
}

async function play(context: CommandContext, folder: string): Promise<Exit> {
  const { report } = context;
  const inner = await furnish(context, folder);
  const opened = openRelationship(inner.config!, inner.relationships[0]!);
  if (isFailure(opened)) throw new FailureError(opened);
  report.print('nas1 is a file and iSCSI server, nas2 stands ready. What one administrator does on nas1\n');
  report.print('reaches nas2 with every name, address, IQN and UUID of nas1 swapped for its counterpart.\n');
  const before = await beforeBaseline(opened, folder);
  const began = performance.now();
  const daemon = new DemoDaemon(inner);
  const stage = { folder, context: inner, opened, daemon };
  try {
    const told = [await baseline(stage, before, began)];
    for (const step of DEMO_STEPS) told.push(await act(stage, step));
    heading(stage, 'in the end');
    const last = [
      await verify(inner),
      (await forwarded({ ...inner, command: 'status' })) ?? (await status(inner)),
    ];
    summary(inner.report, told);
    report.set('steps', told);
    const isWell = last.every(exit => exit === EXIT.done) && (await daemon.stop()) === EXIT.done;
    return isWell ? EXIT.done : EXIT.failed;
  } finally {
    await daemon.stop();
  }
}

/** The fixtures' nodes in the demo's folder, and a context for the commands on them. */
async function furnish(context: CommandContext, folder: string): Promise<CommandContext> {
  const { report, host } = context;
  await cp(shippedPath('fixtures/nodes/nas1'), join(folder, 'nas1'), { recursive: true });
  await mkdir(join(folder, 'nas2'));
  await cp(shippedPath('fixtures/demo/warmspare.yaml'), join(folder, 'warmspare.yaml'));
  const loaded = readConfig(join(folder, 'warmspare.yaml'), host.machine);
  if (Array.isArray(loaded)) throw new FailureError(loaded[0]!);
  const { config } = loaded;
  return { ...context, options: {}, config, relationships: config.relationships, report: echo(report) };
}

async function beforeBaseline(opened: Opened, folder: string): Promise<BackupBefore> {
  const { paths } = await opened.source.list(opened.scope);
  return BackupBefore.of(opened, join(folder, 'nas2'), paths);
}

async function baseline(stage: Stage, before: BackupBefore, began: number): Promise<Told> {
  const { daemon, context, folder, opened } = stage;
  const title = 'a baseline: six files for an empty backup';
  heading(stage, title);
  const { plan } = await before.plan(context.host.now());
  const isThere = () => plan.files.every(({ path }) => existsSync(join(folder, 'nas2', path)));
  const { at } = await daemon.hears(/ replicated in /, 0, isThere);
  const swapped = swapsIn(plan);
  const what = `${count(plan.files.length, 'file')} written, ${count(swapped, 'identifier')} swapped`;
  context.report.print(`${opened.name}: ${opened.direction}: ${what}\n`);
  const file = count(plan.files.length, 'file');
  return { title, saved: 'the daemon starts', file, swapped, exit: EXIT.done, ms: at - began };
}

/** One step: the edits, what the daemon makes of them, and the plan that it went by. */
async function act(stage: Stage, step: DemoStep): Promise<Told> {
  const { daemon, context, folder, opened } = stage;
  const { report, host } = context;
  const { title, file, way, script } = step;
  heading(stage, title);
  report.print(`saved on nas1 ${WAYS[way]}\n`);
  const [primary, backup] = ['nas1', 'nas2'].map(side => join(folder, side, file)) as [string, string];
  if (step.local !== undefined) await writeFile(backup, step.local(await readFile(backup, 'utf8')));
  const before = await BackupBefore.of(opened, join(folder, 'nas2'), [file]);
  const now = await readFile(primary, 'utf8');
  const from = daemon.lines;
  const saved = await save(
    way,
    primary,
    step.versions.map(edit => edit(now)),
    { host, script },
  );
  const ms = (await answer(daemon, step, backup, from)) - saved;
  const { plan } = await before.plan(host.now());
  const isHeld = plan.files.some(({ held }) => held.length > 0);
  if (plan.files.some(isEffective)) printPlan(report, plan, planView(context));
  reportHeld(report, plan);
  if (isHeld !== (step.held === true)) throw new Error(`the step "${title}" was ${isHeld ? '' : 'not '}held`);
  if (!step.isRight(await readFile(backup, 'utf8')))
    throw new Error(`the step "${title}" did not come out right`);
  report.print(`${isHeld ? 'held' : 'on nas2’s disk'} ${ms.toFixed(1)} ms after the save\n`);
  const exit = isHeld ? EXIT.held : EXIT.done;
  return { title, saved: way, file, swapped: swapsIn(plan), exit, ms };
}

/** When the daemon said what came of the save. */
async function answer(daemon: DemoDaemon, step: DemoStep, backup: string, from: number): Promise<number> {
  const name = step.file.replaceAll('.', '\\.');
  // Of two saves the first may arrive as a change of its own.
  const isLast = (msg: string) => msg.includes(' is held: ') || step.isRight(readFileSync(backup, 'utf8'));
  return (await daemon.hears(new RegExp(`^${name} (replicated in|is held:) `), from, isLast)).at;
}

function heading({ context: { report } }: Stage, title: string): void {
  report.print(`\n${createColors(report.colour).bold(`== ${title}`)}\n`);
}

function swapsIn(plan: Plan): number {
  return plan.files
    .filter(file => isEffective(file) && file.held.length === 0)
    .reduce((sum, file) => sum + file.swaps.length, 0);
}

function summary(report: Report, told: readonly Told[]): void {
  const rows = told.map(({ saved, file, exit, ms }) => [
    saved,
    file,
    `${ms.toFixed(1)} ms${exit === EXIT.held ? ', held' : ''}`,
  ]);
  report.print(`\n${table(['SAVED', 'FILE', 'SAVE TO DISK'], rows)}`);
  const swapped = told.reduce((sum, each) => sum + each.swapped, 0);
  const held = told.filter(each => each.exit === EXIT.held).length;
  report.print(
    `\n${told.length} steps, ${swapped} identifiers swapped, ${held} change held until it was mended.\n`,
  );
  report.print(
    'Next: write a warmspare.yaml for your own two nodes, then `npm start -- check -c warmspare.yaml`.\n',
  );
}

/** A report that only prints: what a step holds is part of the story, not a failure of the demo. */
function echo(report: Report): Report {
  return {
    colour: report.colour,
    print: text => report.print(text),
    set: () => {},
    fail: failures => {
      for (const { failure, message, at, hint } of [failures].flat()) {
        const place = at?.line === undefined ? '' : ` (line ${at.line})`;
        report.print(`# held, ${failure}: ${message}${place}\n#   ${hint}\n`);
      }
    },
    hide: () => {},
    end: () => {},
  };
}
