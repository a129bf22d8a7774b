import { sha256 } from '../connectors/file/source.ts';
import { entryOf, type Ledger, type LedgerFile } from '../connectors/ledger.ts';
import { differingPlaces, isWithin } from '../core/apply/local.ts';
import type { FilePlan } from '../core/apply/plan.ts';
import type { FormatName } from '../core/document.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { formatNamed } from '../core/formats/registry.ts';
import { epochFor } from './owner.ts';
import { advance, carryOut, definitionOf, type PerformOptions } from './perform.ts';
import type { Prepared } from './prepare.ts';

/**
 * Keeps the backup's file as it is: the primary's text counts as replicated, and the places where the
 * backup differs are remembered as rejected, until the primary changes them again. A file that the
 * primary deleted becomes the backup's own.
 */
export async function reject(
  prepared: Prepared,
  file: FilePlan,
  options: PerformOptions,
): Promise<Failure | undefined> {
  const { ledger, opened } = prepared;
  const sequence = (ledger?.sequence ?? 0) + 1;
  const kept = file.action === 'delete' ? undefined : rejected(prepared, file, sequence);
  const touched = {
    path: file.path,
    before: file.before ?? null,
    after: file.before ?? null,
    deleted: 0,
    settings: 0,
    ...(file.waits === true ? { staged: true } : {}),
  };
  const epoch = await epochFor(prepared);
  if (isFailure(epoch)) return epoch;
  const step = { epoch, sequence, files: ledger?.files ?? {}, touched: [touched] };
  const next = withFile(advance(prepared, step, options), prepared, file, kept);
  const base = kept === undefined ? undefined : new TextEncoder().encode(file.base);
  return carryOut(
    prepared,
    {
      relationship: opened.name,
      puts: [],
      deletes: [],
      expected: file.waits === true ? new Map() : new Map([[file.path, file.before]]),
      bases: file.waits === true ? new Map() : new Map([[file.path, base]]),
      definition: definitionOf(opened),
      ledger: next,
    },
    file.waits === true && base !== undefined ? [base] : [],
  );
}

function rejected({ ledger }: Prepared, file: FilePlan, sequence: number): LedgerFile {
  const before = entryOf(ledger, file)?.local ?? [];
  return {
    format: file.format!,
    base: sha256(file.base!),
    file: file.before ?? null,
    ...(file.primary === undefined ? {} : { primary: file.primary }),
    sequence,
    local: rejectedPlaces(file.format!, file.base!, file.was, before),
  };
}

/** What became of one file, in the part of the ledger that it belongs to. */
function withFile(ledger: Ledger, prepared: Prepared, file: FilePlan, kept: LedgerFile | undefined): Ledger {
  if (file.waits !== true) {
    const { [file.path]: _, ...others } = ledger.files;
    return { ...ledger, files: kept === undefined ? others : { ...others, [file.path]: kept } };
  }
  const { [file.path]: known, ...others } = ledger.onBreak ?? {};
  if (kept === undefined) return { ...ledger, onBreak: others };
  // What is kept keeps its mode; where nothing was kept yet, the next text comes with its own.
  const { mode, uid, gid } = known ?? prepared.primary.get(file.path)!;
  return { ...ledger, onBreak: { ...others, [file.path]: { ...known, ...kept, mode, uid, gid } } };
}

/**
 * The places in which `was` differs from the last replicated text, marked as rejected: there the primary's
 * next change is welcome. What was the backup's own before (`own`) stays so, and unmarked.
 */
export function rejectedPlaces(
  name: FormatName,
  base: string,
  was: string | undefined,
  own: readonly string[] = [],
): string[] {
  // A file that is not there differs as a whole.
  if (was === undefined) return own.includes('') ? [''] : ['!'];
  const format = formatNamed(name);
  const [replicated, kept] = [format.parse(base), format.parse(was)];
  if (isFailure(replicated) || isFailure(kept)) return ['!'];
  const settled = own.filter(place => !place.startsWith('!'));
  return differingPlaces(replicated.value, kept.value).map(place =>
    isWithin(settled, place) ? place : `!${place}`,
  );
}
