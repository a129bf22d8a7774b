import type { Put } from '../connectors/connector.ts';
import { sha256 } from '../connectors/file/source.ts';
import type { Ledger, LedgerFile } from '../connectors/ledger.ts';
import { differingPlaces } from '../core/apply/local.ts';
import type { FilePlan } from '../core/apply/plan.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { formatNamed } from '../core/formats/registry.ts';
import { bytesOf, textOf } from './agreed.ts';
import { type Deciding, withEntry } from './break.ts';
import { fileRules } from './opened.ts';
import { epochFor } from './owner.ts';
import { carryOut, definitionOf } from './perform.ts';
import { planHere } from './plan-here.ts';
import type { Prepared } from './prepare.ts';
import { rejectedPlaces } from './reject.ts';
import { type FileVerdict, verdictOf } from './verdict.ts';

/** Files that somebody edited, or deleted, on the backup, and that no change of the primary is pending for. */
export function drifted(one: Prepared): FileVerdict[] {
  return one.plan.files
    .filter(file => file.waits !== true)
    .map(file => verdictOf(one, file))
    .filter(({ verdict, residue }) => verdict === 'drift' || verdict === 'gone' || residue.length > 0);
}

/**
 * Makes drift local: the backup keeps what was changed there, and says so. The primary's identifiers stay
 * what they are: a file with residue is not accepted. Answers the paths; none: nothing was written.
 */
export async function accept(one: Prepared, deciding: Deciding): Promise<readonly string[] | Failure> {
  const { ledger, opened, plan, local } = one;
  if (ledger === undefined) return [];
  const accepted = drifted(one).filter(({ residue }) => residue.length === 0);
  if (accepted.length === 0) return [];
  const sequence = ledger.sequence + 1;
  const files: Record<string, LedgerFile> = { ...ledger.files };
  const bases = new Map<string, Uint8Array>();
  const expected = new Map<string, string | undefined>();
  for (const { path } of accepted) {
    const known = files[path]!;
    const now = local.get(path);
    const base = plan.files.find(file => file.path === path)?.base;
    expected.set(path, now?.hash);
    if (base !== undefined && sha256(base) === known.base) bases.set(path, bytesOf(base));
    files[path] = { ...known, file: now?.hash ?? null, sequence, local: ownPlaces(known, base, now?.bytes) };
  }
  const touched = accepted.map(({ path }) => {
    const hash = expected.get(path) ?? null;
    return { path, before: ledger.files[path]?.file ?? null, after: hash, deleted: 0, settings: 0 };
  });
  const epoch = await epochFor(one);
  if (isFailure(epoch)) return epoch;
  const next: Ledger = { ...withEntry(ledger, opened, 'accept', deciding, touched), files, epoch };
  const failure = await carryOut(one, {
    relationship: opened.name,
    puts: [],
    deletes: [],
    expected,
    bases,
    definition: definitionOf(opened),
    ledger: next,
  });
  return failure ?? accepted.map(({ path }) => path);
}

/** All that differs is meant to; what was rejected before stays open to the primary's next change. */
function ownPlaces(known: LedgerFile, base: string | undefined, now: Uint8Array | undefined): string[] {
  if (now === undefined || base === undefined) return ['!'];
  const rejected = new Set(known.local.filter(place => place.startsWith('!')));
  const places = rejectedPlaces(known.format, base, textOf(now));
  return places.map(place => (rejected.has(place) ? place : place.slice(1)));
}

/**
 * What mends each drifted file: the last replicated text, with what is meant to be the backup's own where
 * it stands. The guards look at it like at any change of the primary.
 */
export async function repairs(one: Prepared): Promise<FilePlan[]> {
  const { opened, ledger, local } = one;
  const plans: FilePlan[] = [];
  for (const { path } of drifted(one)) {
    const known = ledger?.files[path];
    const plan = one.plan.files.find(file => file.path === path);
    if (known === undefined || plan?.base === undefined) continue;
    const now = local.get(path)?.bytes;
    const rules = fileRules(opened, path, 'take-primary');
    const own = known.local.map(place => place.replace(/^!/, ''));
    const before =
      now === undefined
        ? {}
        : {
            known: {
              format: known.format,
              base: sha256(now),
              file: sha256(now),
              local: [],
              text: textOf(now),
            },
          };
    const mended = await planHere(
      { path, primary: bytesOf(plan.base), local: now, deletedBefore: 0, ...before },
      {
        ...rules,
        format: known.format,
        // The text was rewritten when it was replicated.
        rewrite: 'none',
        conflict: 'primary',
        mode: 'auto',
        preserve: [...rules.preserve, ...own],
      },
    );
    plans.push({ ...mended, base: plan.base });
  }
  return plans;
}

/** Carries out repairs that were shown. */
export async function repair(
  one: Prepared,
  plans: readonly FilePlan[],
  deciding: Deciding,
): Promise<Failure | undefined> {
  const { ledger, opened, primary, local } = one;
  if (ledger === undefined || plans.length === 0) return undefined;
  const sequence = ledger.sequence + 1;
  const files: Record<string, LedgerFile> = { ...ledger.files };
  const puts: Put[] = [];
  const bases = new Map<string, Uint8Array>();
  for (const { path, text, base } of plans) {
    if (text === undefined || base === undefined) continue;
    const bytes = bytesOf(text);
    const hash = sha256(bytes);
    const { mode, uid, gid } = local.get(path) ?? primary.get(path)!;
    puts.push({ path, bytes, hash, mode, uid, gid });
    const known = files[path]!;
    files[path] = { ...known, file: hash, sequence, local: stillOwn(known, base, text) };
    bases.set(path, bytesOf(base));
  }
  const touched = plans.map(({ path, before, after, deletions, settingsDeleted = 0 }) => ({
    path,
    before: before ?? null,
    after: after ?? null,
    deleted: deletions,
    settings: settingsDeleted,
  }));
  const epoch = await epochFor(one);
  if (isFailure(epoch)) return epoch;
  const next: Ledger = { ...withEntry(ledger, opened, 'repair', deciding, touched), files, epoch };
  return carryOut(one, {
    relationship: opened.name,
    puts,
    deletes: [],
    expected: new Map(plans.map(({ path, before }) => [path, before])),
    bases,
    definition: definitionOf(opened),
    ledger: next,
  });
}

function stillOwn(known: LedgerFile, base: string, text: string): string[] {
  const [replicated, mended] = [formatNamed(known.format).parse(base), formatNamed(known.format).parse(text)];
  if (isFailure(replicated) || isFailure(mended)) return [...known.local];
  const places = new Set(differingPlaces(replicated.value, mended.value));
  return known.local.filter(place => places.has(place.replace(/^!/, '')));
}
