import { type Absence, Explainer, type Explanation, type Why } from '../../core/apply/explain.ts';
import { rejectedIn } from '../../core/apply/local.ts';
import type { FilePlan } from '../../core/apply/plan.ts';
import { describeSwap } from '../../core/apply/render.ts';
import { prescan } from '../../core/capture/prescan.ts';
import { maskPointer } from '../../core/change/mask-patch.ts';
import { type Failure, FailureError, isFailure } from '../../core/failure.ts';
import { formatNamed } from '../../core/formats/registry.ts';
import { stringOf } from '../../core/text.ts';
import { fileRules } from '../../replication/opened.ts';
import type { Prepared } from '../../replication/prepare.ts';
import { refusing } from '../../replication/roles.ts';
import { EXIT, type Exit } from '../exit.ts';
import { time } from '../report/age.ts';
import type { CommandContext } from './command.ts';
import { prepared } from './prepared.ts';

/** For a file, a line or a pointer of the backup: the primary's value, the rule, the change, the time. */
export async function explain(context: CommandContext): Promise<Exit> {
  const { report, operands, mask } = context;
  const [one, file] = find(await prepared(context), operands.file!);
  const known = one.ledger?.files[file.path];
  // A reject that left all of it as it was has written nothing.
  const entry = one.ledger?.history.findLast(({ files }) =>
    files.some(({ path, before, after }) => path === file.path && before !== after),
  );
  report.print(
    `${file.path} (${one.plan.relationship}: ${one.plan.direction}, read as ${file.format ?? known?.format})\n`,
  );
  if (entry !== undefined) {
    const why = entry.reason === undefined ? '' : `: ${entry.reason}`;
    report.print(
      `  last written by change ${entry.sequence} (${entry.what}) at ${time(entry.at)} by ${entry.who}${why}\n`,
    );
  } else report.print('  never written by replication\n');
  const { lines, absent } = explained(one, file, operands.place, mask);
  if (absent !== undefined) {
    report.print(`  not on the backup (${absent.pointer})\n`);
    printWhy(context, one, file, absent);
  }
  for (const line of lines) {
    const at = line.pointer === undefined ? '' : ` (${line.pointer})`;
    report.print(`  line ${line.line}${at}: ${line.text.trim()}\n`);
    printWhy(context, one, file, line);
    for (const swap of line.swaps)
      report.print(`    ${describeSwap(swap)}${sourceOf(one, swap.rule.pair)}\n`);
  }
  report.set('file', { path: file.path, relationship: one.plan.relationship, change: entry });
  report.set('lines', lines);
  if (absent !== undefined) report.set('absent', absent);
  return EXIT.done;
}

/** Why the backup has it so, where it is not as the primary has it; and the primary's line. */
function printWhy(
  { report, mask }: CommandContext,
  one: Prepared,
  file: FilePlan,
  { why, primary }: Partial<Pick<Explanation, 'why' | 'primary'>>,
): void {
  if (why !== undefined) report.print(`    ${mask(reasonFor(one, file, why))}\n`);
  else if (primary === undefined) report.print('    the backup’s own: no line of the primary became this\n');
  if (primary !== undefined) report.print(`    primary, line ${primary.line}: ${primary.text.trim()}\n`);
}

function reasonFor(one: Prepared, file: FilePlan, why: Why): string {
  switch (why) {
    case 'rejected':
      return `rejected${rejectionOf(one, file.path)}: the backup’s until the primary changes it again`;
    case 'preserved':
      return 'preserved by the configuration: the backup’s whatever the primary says';
    case 'local':
      return 'local: the backup’s own value is meant to differ';
    case 'own':
      return 'the backup’s own: the primary has no such setting';
    case 'changed':
      return file.action === 'keep' && file.held.length === 0
        ? 'edited on the backup: warmspare verify shows it'
        : 'not as the primary has it yet: warmspare diff shows what is pending';
  }
}

/** The newest change that kept something of this file from the backup. */
function rejectionOf({ ledger }: Prepared, path: string): string {
  const entry = ledger?.history.findLast(
    ({ what, files }) =>
      (what === 'reject' || what === 'undo') && files.some(touched => touched.path === path),
  );
  if (entry === undefined) return '';
  const why = entry.reason === undefined ? '' : ` (${entry.reason})`;
  const how = entry.what === 'undo' ? ', taken back' : '';
  return `${how} by change ${entry.sequence} at ${time(entry.at)} by ${entry.who}${why}`;
}

function find(all: readonly Prepared[], path: string): [Prepared, FilePlan] {
  for (const one of all) {
    const file = one.plan.files.find(each => each.path === path);
    if (file?.waits === true) throw new FailureError(waitsFor(path));
    if (file !== undefined) return [one, file];
  }
  // Of a relationship that is stopped as a whole nothing is known, its files neither.
  const stopped =
    refusing(all.flatMap(({ plan }) => plan.held)) ?? all.flatMap(one => one.unreachable ?? one.plan.held)[0];
  if (stopped !== undefined) throw new FailureError(stopped);
  throw new FailureError({
    failure: 'not-found',
    message: `${path} belongs to no relationship`,
    hint: 'paths are relative to the root of the backup; `warmspare status --json` lists them',
  });
}

function waitsFor(path: string): Failure {
  return {
    failure: 'not-found',
    message: `${path} waits for break (apply: on-break): it is kept ready, and replication put nothing there`,
    hint: 'see `warmspare diff` for what is kept ready; `warmspare activate` installs it after a break',
  };
}

interface Explained {
  readonly lines: readonly Explanation[];
  /** The setting that was asked for, where only the primary has it. */
  readonly absent?: Absence;
}

function explained(
  one: Prepared,
  file: FilePlan,
  place: string | undefined,
  mask: CommandContext['mask'],
): Explained {
  const explainer = explainerOf(one, file);
  if (explainer === undefined) return { lines: [] };
  const { local, primary } = explainer;
  // A secret may be told only by the lines around it, so that the files are masked as a whole.
  const shown = masker(mask, local, primary);
  if (place === undefined) {
    const lines = explainer.of
      .all()
      .filter(line => line.swaps.length > 0 || (line.origin === 'local' && line.text.trim() !== ''));
    return { lines: lines.map(line => shown(line)) };
  }
  const isLine = /^\d+$/.test(place);
  const line = isLine ? explainer.of.line(Number(place)) : undefined;
  const found = isLine ? (line === undefined ? undefined : [line]) : explainer.of.lines(place);
  if (found !== undefined) return { lines: found.map(each => shown(each)) };
  const absent = isLine ? undefined : explainer.of.absent(place);
  if (absent !== undefined) return { lines: [], absent: shown(absent) };
  throw new FailureError({
    failure: 'not-found',
    message: `${file.path} has no ${isLine ? 'line' : 'setting'} ${place} on the backup`,
    at: { file: file.path },
    hint: 'give a line number, or a pointer such as /global/workgroup',
  });
}

/** The explainer of a file, with the texts of both sides; undefined where the backup has none. */
function explainerOf(one: Prepared, file: FilePlan) {
  const { path, swaps } = file;
  const base = stringOf(file.base) ?? '';
  const known = one.ledger?.files[path];
  const localBytes = one.local.get(path)?.bytes;
  const primaryBytes = one.primary.get(path)?.bytes;
  const name = known?.format ?? file.format;
  if (localBytes === undefined || name === undefined) return undefined;
  const format = formatNamed(name);
  const scanned = prescan(localBytes);
  const local = isFailure(scanned) ? scanned : format.parse(scanned.text, path);
  if (isFailure(local)) throw new FailureError(local);
  const primary = primaryBytes === undefined ? '' : new TextDecoder('utf-8').decode(primaryBytes);
  const parsed = file.base === undefined ? undefined : format.parse(base, path);
  const replicated = parsed === undefined || isFailure(parsed) ? undefined : parsed;
  const places = {
    rejected: rejectedIn(known?.local ?? []),
    preserved: fileRules(one.opened, path, undefined).preserve,
    local: (known?.local ?? []).filter(place => !place.startsWith('!')),
  };
  const of = new Explainer({ primary, base, replicated, swaps, local, places });
  return { of, local: local.text, primary };
}

function masker(mask: CommandContext['mask'], local: string, primary: string) {
  const [own, leading] = [mask(local).split('\n'), mask(primary).split('\n')];
  return <T extends Partial<Explanation>>(line: T): T => ({
    ...line,
    ...(line.pointer === undefined ? {} : { pointer: maskPointer(line.pointer, mask) }),
    ...(line.line === undefined ? {} : { text: own[line.line - 1] ?? '' }),
    ...(line.primary === undefined
      ? {}
      : { primary: { ...line.primary, text: leading[line.primary.line - 1] ?? '' } }),
  });
}

function sourceOf(one: Prepared, pair: number): string {
  const source = one.opened.mapping.spec.pairs[pair]?.source;
  return source?.file === undefined ? '' : `, ${source.file}:${source.line}`;
}
