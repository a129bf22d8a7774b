import { type Explanation, explainLine, lineOfPointer } from '../../core/apply/explain.ts';
import type { FilePlan } from '../../core/apply/plan.ts';
import { describeSwap } from '../../core/apply/render.ts';
import { prescan } from '../../core/capture/prescan.ts';
import { maskPointer } from '../../core/change/mask-patch.ts';
import { type Failure, FailureError, isFailure } from '../../core/failure.ts';
import { formatNamed } from '../../core/formats/registry.ts';
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
  const entry = one.ledger?.history.findLast(each => each.files.some(({ path }) => path === file.path));
  report.print(
    `${file.path} (${one.plan.relationship}: ${one.plan.direction}, read as ${file.format ?? known?.format})\n`,
  );
  if (entry !== undefined) {
    const why = entry.reason === undefined ? '' : `: ${entry.reason}`;
    report.print(
      `  last written by change ${entry.sequence} (${entry.what}) at ${time(entry.at)} by ${entry.who}${why}\n`,
    );
  } else report.print('  never written by replication\n');
  const lines = explainLines(one, file, operands.place, mask);
  for (const line of lines) {
    const at = line.pointer === undefined ? '' : ` (${line.pointer})`;
    report.print(`  line ${line.line}${at}: ${line.text.trim()}\n`);
    if (line.primary === undefined)
      report.print('    the backup’s own: no line of the primary became this\n');
    else report.print(`    primary, line ${line.primary.line}: ${line.primary.text.trim()}\n`);
    for (const swap of line.swaps)
      report.print(`    ${describeSwap(swap)}${sourceOf(one, swap.rule.pair)}\n`);
  }
  report.set('file', { path: file.path, relationship: one.plan.relationship, change: entry });
  report.set('lines', lines);
  return EXIT.done;
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

function explainLines(
  one: Prepared,
  file: FilePlan,
  place: string | undefined,
  mask: CommandContext['mask'],
): Explanation[] {
  const known = one.ledger?.files[file.path];
  const localBytes = one.local.get(file.path)?.bytes;
  const primaryBytes = one.primary.get(file.path)?.bytes;
  const format = known?.format ?? file.format;
  if (localBytes === undefined || format === undefined) return [];
  const scanned = prescan(localBytes);
  const local = isFailure(scanned) ? scanned : formatNamed(format).parse(scanned.text, file.path);
  if (isFailure(local)) throw new FailureError(local);
  const primary = primaryBytes === undefined ? '' : new TextDecoder('utf-8').decode(primaryBytes);
  const input = { primary, base: file.base ?? '', swaps: file.swaps, local };
  // A secret may be told only by the lines around it, so that the files are masked as a whole.
  const shown = masker(mask, local.text, primary);
  if (place === undefined) {
    const count = local.text.split('\n').length;
    return Array.from({ length: count }, (_, index) => explainLine(input, index + 1)!)
      .filter(line => line.swaps.length > 0 || (line.origin === 'local' && line.text.trim() !== ''))
      .map(shown);
  }
  const wanted = /^\d+$/.test(place) ? Number(place) : lineOfPointer(local, place);
  const found = wanted === undefined ? undefined : explainLine(input, wanted);
  if (found !== undefined) return [shown(found)];
  throw new FailureError({
    failure: 'not-found',
    message: `${file.path} has no ${/^\d+$/.test(place) ? 'line' : 'setting'} ${place} on the backup`,
    at: { file: file.path },
    hint: 'give a line number, or a pointer such as /global/workgroup',
  });
}

function masker(
  mask: CommandContext['mask'],
  local: string,
  primary: string,
): (line: Explanation) => Explanation {
  const [own, leading] = [mask(local).split('\n'), mask(primary).split('\n')];
  return line => ({
    ...line,
    ...(line.pointer === undefined ? {} : { pointer: maskPointer(line.pointer, mask) }),
    text: own[line.line - 1] ?? '',
    ...(line.primary === undefined
      ? {}
      : { primary: { ...line.primary, text: leading[line.primary.line - 1] ?? '' } }),
  });
}

function sourceOf(one: Prepared, pair: number): string {
  const source = one.opened.mapping.spec.pairs[pair]?.source;
  return source?.file === undefined ? '' : `, ${source.file}:${source.line}`;
}
