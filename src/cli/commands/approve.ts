import { type FilePlan, isApprovable } from '../../core/apply/plan.ts';
import { maskPointer } from '../../core/change/mask-patch.ts';
import { type Failure, FailureError, isFailure } from '../../core/failure.ts';
import { findHeld, type Held } from '../../replication/all.ts';
import { type PerformOptions, perform } from '../../replication/perform.ts';
import { reject as rejectFile } from '../../replication/reject.ts';
import { refusing } from '../../replication/roles.ts';
import { wholly } from '../../replication/settled.ts';
import { EXIT, type Exit, exitOf } from '../exit.ts';
import { lowerFirst } from '../report/failure.ts';
import { count } from '../report/plan.ts';
import type { CommandContext } from './command.ts';
import { preparedToWrite } from './prepared.ts';

/** Releases one held change, exactly as it was shown: its id is bound to the bytes of both sides. */
export async function approve(context: CommandContext): Promise<Exit> {
  return settle(context, async ({ prepared: one, file }, options) => {
    const stubborn = stubbornIn(file, 'approved');
    if (stubborn !== undefined) return { stubborn };
    const done = await context.commit(() =>
      wholly(one.opened, () => perform(one, [file], { ...options, what: 'approve' })),
    );
    const failure = isFailure(done) ? done : undefined;
    const verb = file.action === 'delete' ? 'deleted' : 'written';
    const line = `${one.plan.relationship}: ${file.path} ${verb}, ${count(file.swaps.length, 'identifier')} swapped\n`;
    return { failure, line };
  });
}

/** Keeps what is in conflict as it is on the backup until the primary changes that place again. */
export async function reject(context: CommandContext): Promise<Exit> {
  const { commit, mask, opening, report } = context;
  return settle(context, async ({ prepared: one, file }, options) => {
    const stubborn = stubbornIn(file, 'rejected');
    if (stubborn !== undefined) return { stubborn };
    const plan = opening?.plan?.(one.opened);
    const how = { ...options, what: 'reject' as const, ...(plan === undefined ? {} : { plan }) };
    const done = await commit(() => wholly(one.opened, () => rejectFile(one, file, how)));
    if (isFailure(done)) return { failure: done, line: '' };
    const places = done.places.map(place => maskPointer(place, mask));
    report.set('rejected', places);
    const rest = done.isWritten ? '; the rest of the change is written' : '';
    return {
      failure: undefined,
      line: `${one.plan.relationship}: ${file.path} stays as it is on the backup${whereOf(places, rest)}\n`,
    };
  });
}

const PLACES_SHOWN = 20;

/** Each place that was given up, below the line that says so. */
function whereOf(places: readonly string[], rest: string): string {
  const named = places.filter(place => place !== '');
  if (named.length === 0) return rest === '' ? '' : ` where it was in conflict${rest}`;
  const more = named.length - PLACES_SHOWN;
  const lines = named.slice(0, PLACES_SHOWN).map(place => `\n    ${place}`);
  if (more > 0) lines.push(`\n    and ${count(more, 'more place')}, which warmspare verify lists`);
  return ` in ${count(named.length, 'place')}, until the primary changes ${named.length === 1 ? 'it' : 'them'} again${rest}${lines.join('')}`;
}

/** What no person can settle, with how it ends. */
function stubbornIn(file: FilePlan, verb: string): Failure | undefined {
  const stubborn = file.held.find(failure => !isApprovable(failure));
  if (stubborn === undefined) return undefined;
  const end = lowerFirst(stubborn.hint ?? stubborn.failure);
  return { ...stubborn, hint: `it can't be ${verb}: it ends when its cause does (${end})` };
}

type Settled =
  | { readonly stubborn: Failure }
  | { readonly failure: Failure | undefined; readonly line: string };

async function settle(
  context: CommandContext,
  work: (held: Held, options: Omit<PerformOptions, 'what'>) => Promise<Settled>,
): Promise<Exit> {
  const { report, host, options, operands } = context;
  const exit = await context.exclusively(async (): Promise<Exit> => {
    const all = await preparedToWrite(context);
    const held = findHeld(all, operands.id!);
    if (isFailure(held)) throw new FailureError(refusing(all.flatMap(({ plan }) => plan.held)) ?? held);
    const reason = options.reason === undefined ? {} : { reason: options.reason };
    const settled = await work(held, { now: host.now(), ...reason });
    if ('stubborn' in settled) {
      report.fail(settled.stubborn, 'held');
      return EXIT.held;
    }
    const { failure, line } = settled;
    if (failure !== undefined) {
      report.fail(failure);
      return exitOf(failure.failure);
    }
    report.print(line);
    report.set('file', held.file.path);
    report.set('relationship', held.prepared.plan.relationship);
    return EXIT.done;
  });
  if (isFailure(exit)) throw new FailureError(exit);
  return exit;
}
