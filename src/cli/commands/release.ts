import { FailureError, isFailure } from '../../core/failure.ts';
import { openJournal } from '../../daemon/journal/journal.ts';
import { release as releaseSide } from '../../replication/release.ts';
import { EXIT, type Exit, exitOf, worst } from '../exit.ts';
import type { CommandContext } from './command.ts';
import { type Side, sides } from './sides.ts';

/** Ends a relationship; the files stay as they are, on both sides. */
export async function release(context: CommandContext): Promise<Exit> {
  const { report, names, relationships, options } = context;
  if (options.at === undefined && names.length === 0 && relationships.length > 1) {
    throw new FailureError({
      failure: 'usage',
      message: 'release ends a relationship: name the one that is meant',
      hint: `one of: ${relationships.map(({ name }) => name).join(', ')}`,
    });
  }
  const exits = await context.exclusively(async () => {
    const codes: Exit[] = [];
    const released: string[] = [];
    for (const side of await sides(context)) {
      const exit = await releaseOne(context, side);
      codes.push(exit);
      if (exit === EXIT.done) released.push(side.opened.name);
    }
    report.set('released', released);
    return codes;
  });
  if (isFailure(exits)) throw new FailureError(exits);
  return worst(exits);
}

async function releaseOne(context: CommandContext, { opened }: Side): Promise<Exit> {
  const { report, commit, host, config } = context;
  const { name, target } = opened;
  const ledger = (await target.reachable()) ?? (await target.ledger(name));
  // A damaged ledger is one more reason to end it.
  if (ledger === undefined || (isFailure(ledger) && ledger.failure !== 'ledger-gone')) {
    report.fail(ledger ?? nothingToEnd(name, target.title));
    return exitOf(ledger?.failure ?? 'not-found');
  }
  const failure = await commit(() => releaseSide(opened, host.now()));
  if (failure !== undefined) {
    report.fail(failure);
    return exitOf(failure.failure);
  }
  await remember(context, name, opened.who);
  const file = config === undefined ? 'any configuration file that names it' : config.file;
  report.print(`${name}: released; all files stay as they are. Remove it from ${file}\n`);
  return EXIT.done;
}

/** The ledger, which would tell of it, is gone; the journal does where there is one. */
async function remember({ config, host, options, live }: CommandContext, name: string, who: string) {
  if (config === undefined) return;
  const reason = options.reason === undefined ? {} : { reason: options.reason };
  const entry = {
    relationship: name,
    at: host.now(),
    event: { type: 'ended' as const, who, ...reason },
  };
  if (live !== undefined) {
    live.record(entry);
    return;
  }
  const journal = await openJournal(config.state);
  // That it could not be noted down changes nothing about what was done.
  if (isFailure(journal)) return;
  journal.append(entry);
  await journal.close();
}

function nothingToEnd(name: string, title: string) {
  return {
    failure: 'not-found' as const,
    message: `${name}: there is no ledger at ${title}: nothing was replicated, or it was released already`,
    hint: 'remove it from the configuration file',
  };
}
