import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createColors } from 'picocolors';
import { readConfig } from '../../config/load.ts';
import { FailureError } from '../../core/failure.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Report } from '../report/report.ts';
import type { Command, CommandContext } from './command.ts';
import { DEMO_STEPS, type DemoStep } from './demo-steps.ts';
import { diff } from './diff.ts';
import { status } from './status.ts';
import { update } from './update.ts';
import { verify } from './verify.ts';

const FIXTURES = fileURLToPath(new URL('../../../fixtures/', import.meta.url));

/** What became of one step, for the summary. */
interface Told {
  readonly title: string;
  readonly swapped: number;
  readonly exit: Exit;
}

/**
 * The whole story on the shipped fixtures, in a temporary folder that is removed at the end: a
 * baseline, then an administrator's edits, the diff of each on the backup, and a summary. A step that
 * ends otherwise than it should makes the demo fail.
 */
export async function demo(context: CommandContext): Promise<Exit> {
  const folder = await mkdtemp(join(tmpdir(), 'warmspare-demo-'));
  try {
    return await play(context, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function play(context: CommandContext, folder: string): Promise<Exit> {
  const { report, host } = context;
  const paint = createColors(report.colour);
  await cp(join(FIXTURES, 'nodes/nas1'), join(folder, 'nas1'), { recursive: true });
  await mkdir(join(folder, 'nas2'));
  await cp(join(FIXTURES, 'demo/warmspare.yaml'), join(folder, 'warmspare.yaml'));
  const loaded = readConfig(join(folder, 'warmspare.yaml'), host.machine);
  if (Array.isArray(loaded)) throw new FailureError(loaded[0]!);
  const { config } = loaded;
  const inner = (options: CommandContext['options'] = {}): CommandContext => ({
    ...context,
    options,
    config,
    relationships: config.relationships,
    report: echo(report),
  });
  report.print('nas1 is a file and iSCSI server, nas2 stands ready. What one administrator does on nas1\n');
  report.print('reaches nas2 with every name, address, IQN and UUID of nas1 swapped for its counterpart.\n');
  const told: Told[] = [];
  for (const step of DEMO_STEPS) {
    report.print(`\n${paint.bold(`== ${step.title}`)}\n`);
    await edit(folder, step);
    const [exit, swapped] = await replicate(inner, step);
    told.push({ title: step.title, swapped, exit });
    if (exit !== (step.held === true ? EXIT.held : EXIT.done)) {
      throw new Error(`the step "${step.title}" ended with ${exit}`);
    }
  }
  report.print(`\n${paint.bold('== in the end')}\n`);
  const last = [await verify(inner()), await status(inner())];
  const swapped = told.reduce((sum, each) => sum + each.swapped, 0);
  const held = told.filter(each => each.exit === EXIT.held).length;
  report.print(
    `\n${told.length} steps, ${swapped} identifiers swapped, ${held} change held until it was mended.\n`,
  );
  report.print(
    'Next: write a warmspare.yaml for your own two nodes, then `npm start -- check -c warmspare.yaml`.\n',
  );
  report.set('steps', told);
  return last.every(exit => exit === EXIT.done) ? EXIT.done : EXIT.failed;
}

async function edit(folder: string, step: DemoStep): Promise<void> {
  for (const { side, file, change } of step.edits) {
    const path = join(folder, side, file);
    await writeFile(path, change(await readFile(path, 'utf8')));
  }
}

/** The diff of a step and then its update; how the update ended, and how many identifiers it swapped. */
async function replicate(
  inner: (options?: CommandContext['options']) => CommandContext,
  step: DemoStep,
): Promise<[Exit, number]> {
  if (step.quiet !== true) await diff(inner());
  let swapped = 0;
  const quiet = inner();
  const counting: CommandContext = {
    ...quiet,
    report: {
      ...quiet.report,
      set: (key, value) => {
        if (key === 'plans') swapped = countSwaps(value);
      },
      fail: step.quiet === true ? quiet.report.fail : () => {},
    },
  };
  return [await (update satisfies Command)(counting), swapped];
}

function countSwaps(plans: unknown): number {
  const all = plans as readonly {
    files: readonly { action: string; held: readonly unknown[]; swaps: readonly unknown[] }[];
  }[];
  return all
    .flatMap(plan => plan.files)
    .filter(file => file.action !== 'keep' && file.held.length === 0)
    .reduce((sum, file) => sum + file.swaps.length, 0);
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
