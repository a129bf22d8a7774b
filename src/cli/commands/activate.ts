import { FailureError, isFailure } from '../../core/failure.ts';
import { activate as activateSide } from '../../replication/activate.ts';
import { wholly } from '../../replication/settled.ts';
import { EXIT, type Exit, exitOf, worst } from '../exit.ts';
import type { CommandContext } from './command.ts';
import { deciding, sides } from './sides.ts';

/**
 * After a break: installs what waited for it and runs its hooks. Done by this very process, also where a
 * daemon runs: it writes to a broken node no more, and its sandbox would keep hooks from working.
 */
export async function activate(context: CommandContext): Promise<Exit> {
  const { report, commit } = context;
  const exits: Exit[] = [];
  const data: unknown[] = [];
  for (const { opened, definition, damage } of await sides(context)) {
    if (damage !== undefined) throw new FailureError(damage);
    const done = await commit(() =>
      wholly(opened, () => activateSide(opened, definition, deciding(context))),
    );
    if (isFailure(done)) {
      report.fail(done);
      exits.push(exitOf(done.failure));
      continue;
    }
    const { installed, already, held, hooks, failures } = done;
    const head = `${opened.name}: ${opened.target.title}:`;
    if (installed.length > 0) report.print(`${head} installed ${installed.join(', ')}\n`);
    if (already.length > 0) report.print(`${head} in place already: ${already.join(', ')}\n`);
    if (installed.length + already.length + held.length === 0)
      report.print(`${head} nothing waited for a break\n`);
    for (const hook of hooks) report.print(context.mask(`${head} ran ${hook}\n`));
    for (const file of held) report.fail(file.held, 'held');
    report.fail(failures);
    exits.push(
      worst([failures.length > 0 ? EXIT.failed : EXIT.done, held.length > 0 ? EXIT.held : EXIT.done]),
    );
    data.push({
      relationship: opened.name,
      installed,
      already,
      held: held.map(({ path }) => path),
      hooks: hooks.map(context.mask),
    });
  }
  report.set('relationships', data);
  return worst(exits);
}
