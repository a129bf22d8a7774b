import { sha256 } from '../connectors/file/source.ts';
import type { LedgerFile } from '../connectors/ledger.ts';
import { differingPlaces } from '../core/apply/local.ts';
import type { FilePlan } from '../core/apply/plan.ts';
import type { FormatName } from '../core/document.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { formatNamed } from '../core/formats/registry.ts';
import { epochFor } from './owner.ts';
import { advance, definitionOf, type PerformOptions } from './perform.ts';
import type { Prepared } from './prepare.ts';
import { writeWitness } from './witness.ts';

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
  const { [file.path]: _, ...others } = ledger?.files ?? {};
  const kept: LedgerFile | undefined =
    file.action === 'delete'
      ? undefined
      : {
          format: file.format!,
          base: sha256(file.base!),
          file: file.before ?? null,
          ...(file.primary === undefined ? {} : { primary: file.primary }),
          sequence,
          local: rejectedPlaces(file.format!, file.base!, file.was),
        };
  const files = kept === undefined ? others : { ...others, [file.path]: kept };
  const touched = {
    path: file.path,
    before: file.before ?? null,
    after: file.before ?? null,
    deleted: 0,
    settings: 0,
  };
  const epoch = await epochFor(prepared);
  if (isFailure(epoch)) return epoch;
  const next = advance(prepared, { epoch, sequence, files, touched: [touched] }, options);
  const failure = await opened.target.commit({
    relationship: opened.name,
    puts: [],
    deletes: [],
    expected: new Map([[file.path, file.before]]),
    bases: new Map([[file.path, kept === undefined ? undefined : new TextEncoder().encode(file.base)]]),
    definition: definitionOf(prepared),
    ledger: next,
  });
  if (failure !== undefined) return failure;
  writeWitness(opened.state, next);
  return undefined;
}

/** The places in which `was` differs from the last replicated text, marked as rejected. */
export function rejectedPlaces(name: FormatName, base: string, was: string | undefined): string[] {
  if (was === undefined) return ['!'];
  const format = formatNamed(name);
  const [replicated, kept] = [format.parse(base), format.parse(was)];
  if (isFailure(replicated) || isFailure(kept)) return ['!'];
  return differingPlaces(replicated.value, kept.value).map(place => `!${place}`);
}
