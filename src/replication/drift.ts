import type { Put } from '../connectors/connector.ts';
import { sha256InTurns } from '../connectors/file/digest.ts';
import { sha256 } from '../connectors/file/source.ts';
import { entryOf, type Ledger, type LedgerFile } from '../connectors/ledger.ts';
import { differingPlaces } from '../core/apply/local.ts';
import { type FilePlan, isApprovable, isEffective } from '../core/apply/plan.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { formatNamed } from '../core/formats/registry.ts';
import { stringOf, type Text } from '../core/text.ts';
import { bytesOf } from './agreed.ts';
import { type Deciding, withEntry } from './break.ts';
import { encoded } from './encoded.ts';
import { fileRules } from './opened.ts';
import { epochFor } from './owner.ts';
import { rightsOf } from './owner-of.ts';
import { carryOut, definitionOf } from './perform.ts';
import { planHere } from './plan-here.ts';
import type { Prepared } from './prepare.ts';
import { rejectedPlaces } from './reject.ts';
import { type FileVerdict, verdictOf } from './verdict.ts';

/** A file of the backup that somebody edited or deleted there. */
interface Edited {
  readonly file: FilePlan;
  readonly verdict: FileVerdict;
  /** A change of the primary that comes first: one that is held, or one that is still to come. */
  readonly first?: 'held' | 'pending';
}

/** One that is left as it is, and why: what comes first, or a primary identifier that stands in it. */
export interface LeftOut {
  readonly file: FilePlan;
  readonly why: 'held' | 'pending' | 'residue';
}

function edited(one: Prepared): Edited[] {
  return one.plan.files
    .filter(file => file.waits !== true)
    .map(file => ({ file, verdict: verdictOf(one, file) }))
    .filter(({ file, verdict }) => verdict.residue.length > 0 || isEdited(one, file, verdict))
    .map(each => ({ ...each, ...firstOf(one, each.file, each.verdict) }));
}

/** What was only edited in a comment, or where the backup's own is meant to be, is none of it. */
function isEdited({ ledger }: Prepared, file: FilePlan, { verdict }: FileVerdict): boolean {
  if (verdict === 'drift' || verdict === 'gone') return true;
  const known = entryOf(ledger, file);
  const isCompared = verdict === 'in sync' || verdict === 'local';
  return !isCompared && known !== undefined && (file.before ?? null) !== known.file;
}

function firstOf({ ledger }: Prepared, file: FilePlan, { verdict }: FileVerdict): Pick<Edited, 'first'> {
  if (file.held.length > 0) return { first: 'held' };
  // It caught up with the primary by itself, which the ledger does not know yet.
  const isNews = file.base !== undefined && sha256(file.base) !== entryOf(ledger, file)?.base;
  return verdict === 'lag' || isNews ? { first: 'pending' } : {};
}

/** Paths that are local from now on, and files that were edited and are left as they are. */
export interface Accepted {
  readonly paths: readonly string[];
  readonly left: readonly LeftOut[];
}

/**
 * Makes drift local: the backup keeps what was changed there, and says so. Where a change of the primary
 * comes first it is left, since accepting would decide about that change unseen. The primary's identifiers
 * stay what they are: a file with residue is left, too. No paths: nothing was written.
 */
export async function accept(one: Prepared, deciding: Deciding): Promise<Accepted | Failure> {
  const found = edited(one);
  const isAccepted = ({ verdict, first }: Edited) => first === undefined && verdict.residue.length === 0;
  const files = found.filter(isAccepted).map(({ file }) => file);
  const left = found
    .filter(each => !isAccepted(each))
    .map(({ file, first }): LeftOut => ({ file, why: first ?? 'residue' }));
  const failure = files.length === 0 ? undefined : await makeLocal(one, files, deciding);
  return failure ?? { paths: files.map(({ path }) => path), left };
}

async function makeLocal(
  one: Prepared,
  accepted: readonly FilePlan[],
  deciding: Deciding,
): Promise<Failure | undefined> {
  const { ledger, opened, local } = one;
  if (ledger === undefined) return undefined;
  const sequence = ledger.sequence + 1;
  const files: Record<string, LedgerFile> = { ...ledger.files };
  const bases = new Map<string, Uint8Array>();
  const expected = new Map<string, string | undefined>();
  for (const { path, base } of accepted) {
    const known = files[path]!;
    const now = local.get(path);
    expected.set(path, now?.hash);
    const text = stringOf(base);
    if (base !== undefined) bases.set(path, await encoded(base));
    files[path] = { ...known, file: now?.hash ?? null, sequence, local: ownPlaces(known, text, now?.bytes) };
  }
  const touched = accepted.map(({ path }) => {
    const hash = expected.get(path) ?? null;
    return { path, before: ledger.files[path]?.file ?? null, after: hash, deleted: 0, settings: 0 };
  });
  const epoch = await epochFor(one);
  if (isFailure(epoch)) return epoch;
  const next: Ledger = { ...withEntry(ledger, opened, 'accept', deciding, touched), files, epoch };
  return carryOut(one, {
    relationship: opened.name,
    puts: [],
    deletes: [],
    expected,
    bases,
    definition: definitionOf(opened),
    ledger: next,
  });
}

/** All that differs is meant to; what was rejected before stays open to the primary's next change. */
function ownPlaces(known: LedgerFile, base: string | undefined, now: Uint8Array | undefined): string[] {
  const rejected = new Set(known.local.filter(place => place.startsWith('!')));
  const places =
    base === undefined ? ['!'] : rejectedPlaces(known.format, base, now === undefined ? now : stringOf(now));
  return places.map(place => (rejected.has(place) ? place : place.slice(1)));
}

/** What mends the files that were edited on the backup, and those that are left to what comes first. */
export interface Repairs {
  readonly plans: readonly FilePlan[];
  readonly left: readonly LeftOut[];
}

/**
 * Residue is mended also while a change of the primary waits: it holds that change, and nothing else ends
 * it. Everywhere else the change comes first, and what is held for a person is decided by that person.
 */
export async function repairs(one: Prepared): Promise<Repairs> {
  const plans: FilePlan[] = [];
  const left: LeftOut[] = [];
  for (const { file, verdict, first } of edited(one)) {
    const isDecidedFirst = first === 'held' && file.held.every(isApprovable);
    const isLeft = first !== undefined && (verdict.residue.length === 0 || isDecidedFirst);
    const plan = isLeft ? undefined : await mended(one, file);
    if (plan !== undefined && (isEffective(plan) || plan.held.length > 0)) plans.push(plan);
    else left.push({ file, why: first ?? 'residue' });
  }
  return { plans, left };
}

/**
 * The last replicated text, with what is meant to be the backup's own where it stands: nothing of what the
 * primary changed since. The guards look at it like at any change of the primary.
 */
async function mended(one: Prepared, { path, base }: FilePlan): Promise<FilePlan | undefined> {
  const { opened, ledger, local } = one;
  const known = ledger?.files[path];
  if (known === undefined) return undefined;
  const replicated = await lastReplicated(one, known, path, base);
  if (replicated === undefined) return undefined;
  const now = local.get(path);
  const rules = fileRules(opened, path, 'take-primary');
  const own = known.local.map(place => place.replace(/^!/, ''));
  const before =
    now === undefined
      ? {}
      : {
          known: {
            format: known.format,
            base: now.hash,
            file: now.hash,
            local: [],
            text: stringOf(now.bytes),
          },
        };
  const plan = await planHere(
    { path, primary: bytesOf(replicated), local: now?.bytes, deletedBefore: 0, ...before },
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
  return { ...plan, base: replicated };
}

async function lastReplicated(
  { opened: { target, name } }: Prepared,
  known: LedgerFile,
  path: string,
  now: Text | undefined,
): Promise<string | undefined> {
  if (now !== undefined && sha256(now) === known.base) return stringOf(now);
  const bytes = await target.base(name, path, known.base);
  return bytes === undefined || (await sha256InTurns(bytes)) !== known.base ? undefined : stringOf(bytes);
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
  for (const { path, ...made } of plans) {
    const [text, base] = [stringOf(made.text), stringOf(made.base)];
    if (text === undefined || base === undefined) continue;
    const bytes = bytesOf(text);
    const hash = sha256(bytes);
    puts.push({ path, bytes, hash, ...rightsOf(local.get(path) ?? primary.get(path)!) });
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
