import { unaccounted } from '../../core/apply/accounted.ts';
import type { FilePlan } from '../../core/apply/plan.ts';
import { compare, type Difference } from '../../core/apply/verify.ts';
import { prescan } from '../../core/capture/prescan.ts';
import { maskPatch } from '../../core/change/mask-patch.ts';
import type { Document, Json } from '../../core/document.ts';
import { type Failure, isFailure, placeAt } from '../../core/failure.ts';
import { formatNamed } from '../../core/formats/registry.ts';
import { findResidue } from '../../core/rewrite/residue.ts';
import { isHeld, isPending } from '../../replication/all.ts';
import { fileRules } from '../../replication/opened.ts';
import type { Prepared } from '../../replication/prepare.ts';
import { EXIT, type Exit, worst } from '../exit.ts';
import { reportHeld } from '../report/plan.ts';
import type { CommandContext } from './command.ts';
import { prepared, reportUnreachable } from './prepared.ts';

interface FileVerdict {
  readonly path: string;
  readonly verdict: 'in sync' | 'lag' | 'held' | 'local' | 'drift' | 'gone' | 'unreadable';
  readonly differences: readonly Difference[];
  readonly residue: readonly string[];
}

/** Reads the backup back and compares it, through the mapping, with what was replicated. */
export async function verify(context: CommandContext): Promise<Exit> {
  const { report, mask } = context;
  const all = await prepared(context);
  reportUnreachable(context, all);
  const exits: Exit[] = [];
  const data: unknown[] = [];
  for (const one of all) {
    const files = one.unreachable === undefined ? one.plan.files : [];
    const verdicts = files.map(file => maskVerdict(verifyFile(one, file), context));
    report.print(`${one.plan.relationship}: ${one.plan.direction}\n`);
    for (const verdict of verdicts) report.print(mask(describe(verdict)));
    reportHeld(report, one.plan);
    data.push({ relationship: one.plan.relationship, direction: one.plan.direction, files: verdicts });
    exits.push(exitOf(one, verdicts));
  }
  report.set('relationships', data);
  return worst(exits);
}

function exitOf(one: Prepared, verdicts: readonly FileVerdict[]): Exit {
  const found: Exit[] = [];
  if (one.unreachable !== undefined || one.ledger === undefined) found.push(EXIT.notInSync);
  if (isHeld(one.plan)) found.push(EXIT.held);
  for (const { verdict, residue } of verdicts) {
    if (verdict === 'drift' || verdict === 'gone' || residue.length > 0) found.push(EXIT.differences);
    if (verdict === 'lag' || verdict === 'unreadable') found.push(EXIT.notInSync);
  }
  return worst(found);
}

function verifyFile(one: Prepared, file: FilePlan): FileVerdict {
  const { path } = file;
  const none = { path, differences: [], residue: [] };
  const known = one.ledger?.files[path];
  const bytes = one.local.get(path)?.bytes;
  if (bytes === undefined) {
    if (known?.file === null) return { ...none, verdict: 'local' };
    return { ...none, verdict: known !== undefined ? 'gone' : file.held.length > 0 ? 'held' : 'lag' };
  }
  const scanned = prescan(bytes);
  const format = formatNamed(known?.format ?? file.format ?? 'lines');
  const local = isFailure(scanned) ? scanned : format.parse(scanned.text, path);
  if (isFailure(local)) return { ...none, verdict: 'unreadable' };
  const rules = fileRules(one.opened, path, undefined);
  const base = file.base === undefined ? undefined : format.parse(file.base, path);
  const residue = rules.rewrite === 'none' ? [] : residueOf(one, file, base, local);
  const pending = isPending(one, file);
  if (base === undefined || isFailure(base) || known === undefined) {
    return { ...none, residue, verdict: file.held.length > 0 ? 'held' : pending ? 'lag' : 'in sync' };
  }
  if (pending || file.held.length > 0)
    return { ...none, residue, verdict: file.held.length > 0 ? 'held' : 'lag' };
  const differences = compare(base, local, known.local, rules.preserve);
  const drift = differences.some(each => each.sort === 'drift');
  return {
    path,
    differences,
    residue,
    verdict: drift ? 'drift' : differences.length > 0 ? 'local' : 'in sync',
  };
}

/** Residue in what stands on the backup now: whatever a swap put there is accounted for. */
function residueOf(
  one: Prepared,
  file: FilePlan,
  base: Document | Failure | undefined,
  local: Document,
): string[] {
  const search = (document: Document) => findResidue(document, one.opened.mapping, file.path);
  const inBase = base === undefined || isFailure(base) ? [] : search(base);
  const wrong = new Set(unaccounted(inBase, file.swaps, undefined, []));
  const piece = { from: 'local' as const, text: local.text, offset: 0, base: file.base ?? '' };
  const before = inBase.filter(hit => !wrong.has(hit));
  return unaccounted(search(local), file.swaps, [piece], before).map(hit => {
    const { line } = placeAt(local.text, hit.span.start);
    return `line ${line}: ${hit.kind} ${hit.found}`;
  });
}

/** What may be shown of a verdict: both sides' values, masked by the keys they stand under. */
function maskVerdict(verdict: FileVerdict, { config, mask }: CommandContext): FileVerdict {
  const show = (path: string, value: Json): Json => {
    const [operation] = maskPatch([{ op: 'add', path, value }], config?.secrets);
    return operation !== undefined && 'value' in operation ? operation.value : null;
  };
  const differences = verdict.differences.map(each => ({
    ...each,
    ...(each.replicated === undefined ? {} : { replicated: show(each.pointer, each.replicated) }),
    ...(each.backup === undefined ? {} : { backup: show(each.pointer, each.backup) }),
  }));
  return { ...verdict, differences, residue: verdict.residue.map(mask) };
}

function describe({ path, verdict, differences, residue }: FileVerdict): string {
  const lines = [`  ${path}: ${verdict}`];
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
