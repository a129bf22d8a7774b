import { maskPatch, maskPointer } from '../../core/change/mask-patch.ts';
import type { Json } from '../../core/document.ts';
import { FailureError, isFailure } from '../../core/failure.ts';
import { stringOf } from '../../core/text.ts';
import { isHeld } from '../../replication/all.ts';
import { lostFile, tellLost } from '../../replication/pending.ts';
import type { Prepared } from '../../replication/prepare.ts';
import { refusing } from '../../replication/roles.ts';
import { type FileVerdict, verdictOf } from '../../replication/verdict.ts';
import { EXIT, type Exit, worst } from '../exit.ts';
import { reportHeld } from '../report/plan.ts';
import type { CommandContext } from './command.ts';
import { prepared, preparedToWrite, reportUnreachable } from './prepared.ts';
import { acceptDrift, repairDrift } from './verify-drift.ts';

/** Reads the backup back and compares it, through the mapping, with what was replicated. */
export async function verify(context: CommandContext): Promise<Exit> {
  const { options, report, mask } = context;
  if (options.accept === true || options.repair === true || options.yes === true) return change(context);
  const all = await prepared(context);
  reportUnreachable(context, all);
  const exits: Exit[] = [];
  const data: unknown[] = [];
  for (const one of all) {
    const files = one.unreachable === undefined ? one.plan.files : [];
    const verdicts = files.map(file =>
      maskVerdict(
        verdictOf(one, file),
        context,
        [file.was, stringOf(file.base)].filter(text => text !== undefined),
      ),
    );
    report.print(`${one.plan.relationship}: ${one.plan.direction}\n`);
    const { relationship } = one.plan;
    for (const verdict of verdicts) report.print(mask(describe(verdict, relationship)));
    reportHeld(report, one.plan);
    const hinted = verdicts.map(each =>
      each.verdict === 'gone' ? { ...each, ...lostFile(each.path, relationship) } : each,
    );
    data.push({ relationship, direction: one.plan.direction, files: hinted });
    exits.push(exitOf(one, verdicts));
  }
  report.set('relationships', data);
  return worst(exits);
}

/** Makes drift local, or mends it: what changes something needs the relationships for itself. */
async function change(context: CommandContext): Promise<Exit> {
  const { accept, repair } = context.options;
  if ((accept === true) === (repair === true)) {
    throw new FailureError({
      failure: 'usage',
      message:
        accept === true ? '--accept and --repair contradict each other' : '--yes belongs to verify --repair',
      hint: '--accept makes drift local, --repair shows what mends it, --repair --yes mends it',
    });
  }
  const work = accept === true ? acceptDrift : repairDrift;
  const exits = await context.exclusively(async () => {
    const all = await preparedToWrite(context);
    reportUnreachable(context, all);
    const codes: Exit[] = [];
    for (const one of all) codes.push(await work(context, one));
    return codes;
  });
  if (isFailure(exits)) throw new FailureError(exits);
  return worst(exits);
}

function exitOf(one: Prepared, verdicts: readonly FileVerdict[]): Exit {
  const found: Exit[] = [];
  if (one.unreachable !== undefined || one.ledger === undefined) found.push(EXIT.notInSync);
  if (refusing(one.plan.held) !== undefined) found.push(EXIT.notInSync);
  else if (isHeld(one.plan)) found.push(EXIT.held);
  for (const { verdict, residue } of verdicts) {
    if (verdict === 'drift' || verdict === 'gone' || residue.length > 0) found.push(EXIT.differences);
    if (verdict === 'lag' || verdict === 'unreadable') found.push(EXIT.notInSync);
  }
  return worst(found);
}

/** What may be shown of a verdict: both sides' values, masked by the keys they stand under. */
function maskVerdict(
  verdict: FileVerdict,
  { config, mask }: CommandContext,
  texts: readonly string[],
): FileVerdict {
  const show = (path: string, value: Json): Json => {
    const [operation] = maskPatch([{ op: 'add', path, value }], config?.secrets, texts);
    return operation !== undefined && 'value' in operation ? operation.value : null;
  };
  const differences = verdict.differences.map(each => ({
    ...each,
    pointer: maskPointer(each.pointer, mask),
    ...(each.replicated === undefined ? {} : { replicated: show(each.pointer, each.replicated) }),
    ...(each.backup === undefined ? {} : { backup: show(each.pointer, each.backup) }),
  }));
  return { ...verdict, differences, residue: verdict.residue.map(mask) };
}

function describe({ path, verdict, differences, residue }: FileVerdict, relationship: string): string {
  const lines = [`  ${path}: ${verdict}`];
  if (verdict === 'gone') lines.push(`    ${tellLost(lostFile(path, relationship))}`);
  for (const { sort, pointer, replicated, backup } of differences) {
    if (sort === 'comment') lines.push('    local: comments or layout');
    else {
      const show = (value: unknown) => (value === undefined ? 'absent' : JSON.stringify(value));
      lines.push(`    ${sort}: ${pointer}: replicated ${show(replicated)}, on the backup ${show(backup)}`);
    }
  }
  for (const hit of residue) lines.push(`    residue: ${hit}`);
  return `${lines.join('\n')}\n`;
}
