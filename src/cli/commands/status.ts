import { isApprovable } from '../../core/apply/plan.ts';
import type { Failure } from '../../core/failure.ts';
import { stateOf } from '../../replication/all.ts';
import { isLostOnBackup, isPending } from '../../replication/pending.ts';
import type { Prepared } from '../../replication/prepare.ts';
import { notReady } from '../../replication/ready.ts';
import { astray } from '../../replication/verdict.ts';
import { type Exit, worst } from '../exit.ts';
import { age, time } from '../report/age.ts';
import { lowerFirst } from '../report/failure.ts';
import { count } from '../report/plan.ts';
import { maskFailure } from '../report/secrets.ts';
import { table } from '../report/table.ts';
import type { CommandContext } from './command.ts';
import { exitOfState, prepared } from './prepared.ts';

/** A row per relationship; below, what needs a person and the command for it. */
export async function status(context: CommandContext): Promise<Exit> {
  const { report, host } = context;
  const all = await prepared(context);
  const rows = all.map(one => {
    const behind = one.plan.files.filter(file => isPending(one, file) || file.held.length > 0).length;
    return {
      relationship: one.plan.relationship,
      direction: one.plan.direction,
      state: stateOf(one),
      lag: behind === 0 ? '-' : count(behind, 'file'),
      ready: readyOf(one),
      proven: one.ledger === undefined ? 'never' : `${age(host.now() - one.ledger.proven)} ago`,
    };
  });
  report.print(
    table(
      ['RELATIONSHIP', 'DIRECTION', 'STATE', 'LAG', 'READY', 'PROVEN'],
      rows.map(({ relationship, direction, state, lag, ready, proven }) => [
        relationship,
        direction,
        state,
        lag,
        ready,
        proven,
      ]),
    ),
  );
  const needs = all.flatMap(whatNeedsAPerson);
  if (needs.length > 0) report.print(`\n${needs.map(line => `${context.mask(line)}\n`).join('')}`);
  report.set(
    'relationships',
    rows.map((row, index) => ({ ...row, ...detail(all[index]!, context.config?.secrets ?? []) })),
  );
  return worst(all.map(exitOfState));
}

/** Only what is in step can be ready; the reasons stand below the table. */
function readyOf(one: Prepared): 'yes' | 'no' | '-' {
  if (stateOf(one) !== 'in sync') return '-';
  return notReady(one).length === 0 ? 'yes' : 'no';
}

function whatNeedsAPerson(one: Prepared): string[] {
  const { plan, unreachable } = one;
  const lines: string[] = [];
  if (unreachable !== undefined)
    lines.push(`${plan.relationship}: ${unreachable.message}; ${unreachable.hint}`);
  for (const failure of plan.held) lines.push(`${plan.relationship}: ${failure.message}; ${failure.hint}`);
  for (const file of plan.files) {
    for (const failure of file.held) {
      const release = isApprovable(failure)
        ? `warmspare approve ${file.id}, or warmspare reject ${file.id}`
        : lowerFirst(failure.hint ?? failure.failure);
      const where = [file.path, failure.at?.line].filter(part => part !== undefined).join(':');
      lines.push(
        `${plan.relationship}: held: ${where}: ${withoutPath(failure.message, file.path)}; ${release}`,
      );
    }
  }
  if (stateOf(one) === 'no baseline')
    lines.push(`${plan.relationship}: nothing was replicated yet: warmspare diff, then warmspare update`);
  else if (plan.files.some(file => isPending(one, file) && !isLostOnBackup(one, file)))
    lines.push(`${plan.relationship}: warmspare diff shows what is pending, warmspare update replicates it`);
  for (const { path } of plan.files.filter(file => isLostOnBackup(one, file))) {
    const ways = 'put it back there; or change it on the primary, then warmspare approve creates it again';
    lines.push(`${plan.relationship}: ${path} was deleted on the backup: ${ways}`);
  }
  for (const { path, residue } of astray(one)) {
    const what =
      residue.length > 0
        ? `names the primary on the backup (${residue.join('; ')})`
        : 'was edited on the backup';
    lines.push(
      `${plan.relationship}: ${path} ${what}: warmspare verify shows it; mend it there, or change it on the primary`,
    );
  }
  for (const reason of notReady(one)) lines.push(`${plan.relationship}: not ready: ${reason}`);
  return lines;
}

/** Many messages begin with the path, which stands before them already. */
function withoutPath(message: string, path: string): string {
  return message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
}

function detail(one: Prepared, secrets: readonly RegExp[]): Record<string, unknown> {
  const shown = (failure: Failure) => maskFailure(failure, secrets);
  const { plan, ledger } = one;
  return {
    plan: plan.hash,
    sequence: plan.sequence,
    notReady: notReady(one),
    waiting: one.waiting,
    held: [
      ...plan.held.map(shown),
      ...plan.files.flatMap(({ held, id, path }) =>
        held.map(failure => ({ ...shown(failure), id, path, approvable: isApprovable(failure) })),
      ),
    ],
    files: plan.files.map(({ path, action, format, id }) => ({ path, action, format, id })),
    history: (ledger?.history ?? []).map(entry => ({ ...entry, time: time(entry.at) })),
  };
}
