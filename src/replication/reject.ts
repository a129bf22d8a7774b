import { sha256 } from '../connectors/file/source.ts';
import { entryOf, type Ledger, type LedgerFile } from '../connectors/ledger.ts';
import { differingPlaces, isWithin, rejectedIn } from '../core/apply/local.ts';
import { type FilePlan, isApprovable } from '../core/apply/plan.ts';
import { prescan } from '../core/capture/prescan.ts';
import type { FormatName } from '../core/document.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { formatNamed } from '../core/formats/registry.ts';
import { stringOf, type Text } from '../core/text.ts';
import { encoded } from './encoded.ts';
import { epochFor } from './owner.ts';
import { advance, carryOut, definitionOf, type PerformOptions } from './perform.ts';
import { planHere } from './plan-here.ts';
import type { Prepared } from './prepare.ts';
import { type PlanOne, prepareFiles } from './prepare-files.ts';

/** What a reject came to. */
export interface Rejected {
  /** Places that stay the backup's until the primary changes them again; '' is the whole file. */
  readonly places: readonly string[];
  /** Whether the rest of the change was written: what was in conflict is rejected alone. */
  readonly isWritten: boolean;
}

/**
 * Keeps the backup as it is where the held change is in conflict with it, until the primary changes those
 * places again; the rest of the change was held only for standing in the same file, and is written. A change
 * that is held as a whole, such as a mass deletion, is rejected as a whole: the primary's text counts as
 * replicated, and every place in which the backup differs is remembered. A file that the primary deleted
 * becomes the backup's own.
 */
export async function reject(
  prepared: Prepared,
  file: FilePlan,
  options: PerformOptions & { readonly plan?: PlanOne },
): Promise<Failure | Rejected> {
  const rest = await withoutConflicts(prepared, file, options);
  if (isFailure(rest)) return rest;
  const sequence = (prepared.ledger?.sequence ?? 0) + 1;
  const kept = rest ?? asItIs(prepared, file);
  const entry = file.action === 'delete' ? undefined : entryFor(file, kept, sequence);
  const failure = await settle(prepared, file, kept, entry, sequence, options);
  if (failure !== undefined) return failure;
  const before = rejectedIn(entryOf(prepared.ledger, file)?.local ?? []);
  const places = rejectedIn(entry?.local ?? ['!']).filter(
    place => rest === undefined || !before.includes(place),
  );
  return { places, isWritten: kept.text !== undefined };
}

/** What stands on the backup after a reject. */
interface KeptFile {
  /** Absent: nothing is there. */
  readonly after?: string;
  /** Its new text; absent: it stays as it is. */
  readonly text?: Text;
  readonly local: readonly string[];
  readonly deletions: number;
  readonly settingsDeleted?: number;
}

/**
 * The held change once more, with all that is in conflict left to the backup. Undefined where that settles
 * nothing, because the change is held as a whole.
 */
async function withoutConflicts(
  { opened, ledger }: Prepared,
  file: FilePlan,
  { now, plan = (input, rules) => planHere(input, rules) }: PerformOptions & { readonly plan?: PlanOne },
): Promise<KeptFile | Failure | undefined> {
  if (file.action === 'delete' || !file.held.some(({ failure }) => failure === 'conflict')) return undefined;
  const again = await prepareFiles(opened, opened.target, ledger, [file.path], {
    now,
    plan: (input, rules) => plan(input, { ...rules, conflict: 'backup' }),
  });
  const rest = again.plan.files[0]!;
  if (rest.primary !== file.primary || rest.before !== file.before) return moved(file.path);
  const stubborn = rest.held.find(failure => !isApprovable(failure));
  if (stubborn !== undefined) {
    const end = stubborn.hint ?? 'it ends when its cause does';
    return { ...stubborn, hint: `this holds what is left when the conflict is rejected: ${end}` };
  }
  if (rest.held.length > 0) return undefined;
  const { action, after, text, local, deletions, settingsDeleted = 0 } = rest;
  const written = action === 'keep' || text === undefined ? {} : { text };
  return { ...(after === undefined ? {} : { after }), ...written, local, deletions, settingsDeleted };
}

function moved(path: string): Failure {
  return {
    failure: 'plan-moved',
    message: `${path}: one of the two sides has moved since`,
    at: { file: path },
    hint: 'see `warmspare status` for what is held now',
  };
}

/** Nothing is written, and the backup differs from the primary's text where it does. */
function asItIs({ ledger, local }: Prepared, file: FilePlan): KeptFile {
  // What would have stayed different all the same was not given up by this.
  const own = [...(entryOf(ledger, file)?.local ?? []), ...file.local];
  // Not the plan's: the daemon keeps none of the backup's texts in its plans.
  const bytes = local.get(file.path)?.bytes;
  const scanned = bytes === undefined ? undefined : prescan(bytes);
  const was = scanned === undefined || isFailure(scanned) ? undefined : scanned.text;
  const places =
    file.base === undefined ? ['!'] : rejectedPlaces(file.format!, stringOf(file.base), was, own);
  return { ...(file.before === undefined ? {} : { after: file.before }), local: places, deletions: 0 };
}

function entryFor(file: FilePlan, kept: KeptFile, sequence: number): LedgerFile {
  return {
    format: file.format!,
    base: sha256(file.base!),
    file: kept.after ?? null,
    ...(file.primary === undefined ? {} : { primary: file.primary }),
    sequence,
    local: [...kept.local],
  };
}

async function settle(
  prepared: Prepared,
  file: FilePlan,
  kept: KeptFile,
  entry: LedgerFile | undefined,
  sequence: number,
  options: PerformOptions,
): Promise<Failure | undefined> {
  const { ledger, opened, primary } = prepared;
  const { path, before } = file;
  const waits = file.waits === true;
  const touched = {
    path,
    before: before ?? null,
    after: kept.after ?? null,
    deleted: kept.deletions,
    settings: kept.settingsDeleted ?? 0,
    ...(waits ? { staged: true } : {}),
  };
  const epoch = await epochFor(prepared);
  if (isFailure(epoch)) return epoch;
  const step = { epoch, sequence, files: ledger?.files ?? {}, touched: [touched] };
  const next = withFile(advance(prepared, step, options), prepared, file, entry);
  const base = entry === undefined ? undefined : await encoded(file.base!);
  const text = kept.text === undefined ? undefined : await encoded(kept.text);
  const put = (bytes: Uint8Array) => {
    const { mode, uid, gid } = primary.get(path)!;
    return { path, bytes, hash: kept.after!, mode, uid, gid };
  };
  return carryOut(
    prepared,
    {
      relationship: opened.name,
      puts: waits || text === undefined ? [] : [put(text)],
      deletes: [],
      expected: waits ? new Map() : new Map([[path, before]]),
      bases: waits ? new Map() : new Map([[path, base]]),
      definition: definitionOf(opened),
      ledger: next,
    },
    waits ? [base, text].filter(bytes => bytes !== undefined) : [],
  );
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
