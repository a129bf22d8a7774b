import { entryOf } from '../connectors/ledger.ts';
import { unaccounted } from '../core/apply/accounted.ts';
import { type FilePlan, isEffective } from '../core/apply/plan.ts';
import { compare, type Difference } from '../core/apply/verify.ts';
import { prescan } from '../core/capture/prescan.ts';
import type { Document } from '../core/document.ts';
import { type Failure, isFailure, placeAt } from '../core/failure.ts';
import { formatNamed } from '../core/formats/registry.ts';
import { findResidue } from '../core/rewrite/residue.ts';
import { stringOf } from '../core/text.ts';
import { fileRules } from './opened.ts';
import { isLostOnBackup, isPending } from './pending.ts';
import type { Prepared } from './prepare.ts';

/** How one file of the backup stands, as it was read. */
export interface FileVerdict {
  readonly path: string;
  readonly verdict: 'in sync' | 'lag' | 'held' | 'local' | 'drift' | 'gone' | 'unreadable';
  readonly differences: readonly Difference[];
  readonly residue: readonly string[];
}

const workedOut = new WeakMap<Prepared, FileVerdict[]>();

/**
 * Files that no change is pending for, and that somebody edited on the backup: drift, or residue. Asked
 * several times for one reading of both sides (state, exit code, advice), it is worked out once.
 */
export function astray(one: Prepared): FileVerdict[] {
  let found = workedOut.get(one);
  if (found === undefined) {
    found = findAstray(one);
    workedOut.set(one, found);
  }
  return found;
}

function findAstray(one: Prepared): FileVerdict[] {
  return one.plan.files
    .filter(file => !isEffective(file) && file.held.length === 0)
    .map(file => verdictOf(one, file))
    .filter(({ verdict, residue }) => verdict === 'drift' || verdict === 'unreadable' || residue.length > 0);
}

/** Compares a file of the backup, through the mapping, with what was replicated. */
export function verdictOf(one: Prepared, file: FilePlan): FileVerdict {
  const { path } = file;
  const none = { path, differences: [], residue: [] };
  const known = entryOf(one.ledger, file);
  const bytes = one.local.get(path)?.bytes;
  const coming = isComing(one, file);
  if (bytes === undefined)
    return { ...none, verdict: coming ?? (isLostOnBackup(one, file) ? 'gone' : 'local') };
  // What replication made of it, untouched: it was found right when it was written.
  if (known !== undefined && one.local.get(path)?.hash === known.base && !isPending(one, file)) {
    return { ...none, verdict: coming ?? 'in sync' };
  }
  const scanned = prescan(bytes);
  const format = formatNamed(known?.format ?? file.format ?? 'lines');
  const local = isFailure(scanned) ? scanned : format.parse(scanned.text, path);
  if (isFailure(local)) return { ...none, verdict: 'unreadable' };
  const rules = fileRules(one.opened, path, undefined);
  const base = file.base === undefined ? undefined : format.parse(stringOf(file.base), path);
  const residue = rules.rewrite === 'none' ? [] : residueOf(one, file, base, local);
  if (base === undefined || isFailure(base) || known === undefined || coming !== undefined) {
    return { ...none, residue, verdict: coming ?? 'in sync' };
  }
  const differences = compare(base, local, known.local, rules.preserve);
  const drift = differences.some(each => each.sort === 'drift');
  return {
    path,
    differences,
    residue,
    verdict: drift ? 'drift' : differences.length > 0 ? 'local' : 'in sync',
  };
}

/** Whether a change of the primary is still to come, so that there is nothing to compare a file with yet. */
function isComing(one: Prepared, file: FilePlan): 'held' | 'lag' | undefined {
  if (file.held.length > 0) return 'held';
  return isPending(one, file) && !isLostOnBackup(one, file) ? 'lag' : undefined;
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
  const piece = { from: 'local' as const, text: local.text, offset: 0, base: stringOf(file.base) ?? '' };
  const before = inBase.filter(hit => !wrong.has(hit));
  return unaccounted(search(local), file.swaps, [piece], before).map(hit => {
    const { line } = placeAt(local.text, hit.span.start);
    return `line ${line}: ${hit.kind} ${hit.found}`;
  });
}
