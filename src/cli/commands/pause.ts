import { type Failure, FailureError, isFailure } from '../../core/failure.ts';
import { openJournal } from '../../daemon/journal/journal.ts';
import { EXIT, type Exit } from '../exit.ts';
import { personOf } from '../person.ts';
import { age, time } from '../report/age.ts';
import type { CommandContext } from './command.ts';

/** Nothing is replicated until `resume`, or until the time is up; what changes meanwhile is kept in mind. */
export async function pause(context: CommandContext): Promise<Exit> {
  const { options, host, report, relationships, live } = context;
  const { for: ms, reason } = options;
  const until = ms === undefined ? {} : { until: host.now() + ms };
  const why = reason === undefined ? {} : { reason };
  const who = personOf(host);
  await each(context, name =>
    live === undefined
      ? alone(context, name, { since: host.now(), who, ...until, ...why })
      : live.pause(name, { ...until, ...why }),
  );
  const end = ms === undefined ? 'until warmspare resume' : `for ${age(ms)}, until ${time(host.now() + ms)}`;
  for (const { name } of relationships) report.print(`${name}: paused ${end}\n`);
  report.set('paused', { relationships: relationships.map(({ name }) => name), ...until });
  return EXIT.done;
}

export async function resume(context: CommandContext): Promise<Exit> {
  const { report, relationships, live } = context;
  await each(context, name => (live === undefined ? alone(context, name, undefined) : live.resume(name)));
  for (const { name } of relationships) report.print(`${name}: goes on\n`);
  report.set('resumed', { relationships: relationships.map(({ name }) => name) });
  return EXIT.done;
}

async function each(
  { relationships }: CommandContext,
  set: (name: string) => Promise<Failure | undefined>,
): Promise<void> {
  for (const { name } of relationships) {
    const failure = await set(name);
    if (failure !== undefined) throw new FailureError(failure);
  }
}

/** Without a daemon the pause is set for the next one. */
async function alone(
  { config, exclusively }: CommandContext,
  name: string,
  pause: { since: number; until?: number; who: string; reason?: string } | undefined,
): Promise<Failure | undefined> {
  const done = await exclusively(async () => {
    const journal = await openJournal(config!.state);
    if (isFailure(journal)) return journal;
    const failure = await journal.setPaused(name, pause);
    await journal.close();
    return failure;
  });
  return isFailure(done) ? done : undefined;
}
