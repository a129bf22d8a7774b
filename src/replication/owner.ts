import type { Taken } from '../connectors/connector.ts';
import type { Ledger } from '../connectors/ledger.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { directionHere, type Opened } from './opened.ts';
import type { Prepared } from './prepare.ts';

/**
 * Takes a backup over where a process begins that keeps it in step, before anything is planned: what an
 * earlier one left unacknowledged is settled then. The ledger was just read, and found to be the one that
 * this node remembers. Where none is there yet, the first commit takes it. Who has it already goes on with it.
 */
export async function own(opened: Opened, ledger: Ledger | undefined): Promise<Taken | Failure | undefined> {
  const { target, name, tenure: task } = opened;
  const epoch = target.epoch(name, task);
  if (epoch !== undefined && (ledger?.epoch ?? 0) <= epoch) return { epoch, ledger };
  if (ledger === undefined && !(await target.isUnsettled(name))) return undefined;
  return target.takeOver(name, { direction: directionHere(opened), follows: ledger?.backup, task });
}

/**
 * Settles what processes that ended left unacknowledged, for commands that write: true where there was
 * something, and the plans have to be made again. Where nothing may be written nothing is taken: what
 * holds it, the plan says. All else is taken by the first commit.
 */
export async function settleFirst(all: readonly Prepared[]): Promise<boolean | Failure> {
  let hasSettled = false;
  for (const { opened, plan, unreachable, ledger } of all) {
    const { target, name, tenure: task } = opened;
    if (unreachable !== undefined || plan.held.length > 0 || target.epoch(name, task) !== undefined) continue;
    if (!(await target.isUnsettled(name))) continue;
    const taken = await target.takeOver(name, {
      direction: directionHere(opened),
      follows: ledger?.backup,
      task,
    });
    if (isFailure(taken)) return taken;
    hasSettled = true;
  }
  return hasSettled;
}

/**
 * The same for commands that act on a side that serves: the ledger that is true once what an earlier one left
 * there is settled. It may say that the side serves no more, where that is what the earlier one was about.
 */
export async function settledServing({ target, name }: Opened, ledger: Ledger): Promise<Ledger | Failure> {
  if (!(await target.isUnsettled(name))) return ledger;
  const { epoch: above, direction, backup: follows } = ledger;
  const taken = await target.takeOver(name, { above, direction, follows, broken: true });
  return isFailure(taken) ? taken : (taken.ledger ?? ledger);
}

/**
 * The epoch that a commit of this plan is made in. A backup that is only taken now must be the one that the
 * plan was made for.
 */
export async function epochFor({ opened, ledger }: Prepared): Promise<number | Failure> {
  const { target, name, tenure: task } = opened;
  const epoch = target.epoch(name, task);
  if (epoch !== undefined) return epoch;
  const taken = await target.takeOver(name, {
    direction: directionHere(opened),
    anew: ledger === undefined,
    follows: ledger?.backup,
    task,
  });
  if (isFailure(taken)) return taken;
  const found = taken.ledger;
  if (found?.backup === ledger?.backup && found?.sequence === ledger?.sequence) return taken.epoch;
  return {
    failure: 'plan-moved',
    message: `${name}: an interrupted change on the backup was settled after the plan was made`,
    hint: 'run the command again: the new plan takes it into account',
  };
}
