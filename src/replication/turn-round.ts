import { randomUUID } from 'node:crypto';
import type { Put } from '../connectors/connector.ts';
import { sha256 } from '../connectors/file/source.ts';
import type { Ledger, LedgerEntry, LedgerFile } from '../connectors/ledger.ts';
import { differingPlaces, isWithin } from '../core/apply/local.ts';
import { merge } from '../core/apply/merge/merge.ts';
import { PLAIN_POLICY } from '../core/apply/merge/policy.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { formatNamed } from '../core/formats/registry.ts';
import { stringOf } from '../core/text.ts';
import { type Agreed, bytesOf, inTermsOf } from './agreed.ts';
import { type Deciding, withEntry } from './break.ts';
import type { Opened } from './opened.ts';
import { isDroppable, type Orphan } from './orphans.ts';
import { ownerOf } from './owner-of.ts';
import { definitionOf } from './perform.ts';
import { endsOf, turnOf } from './roles.ts';
import { writeWitness } from './witness.ts';

export type Fate = 'keep' | 'drop';

/** What the side that led has to become, so that it follows from the last common revision on. */
interface Following {
  readonly entry?: LedgerFile;
  /** The broken side's file of that revision, in the terms of the one that follows now. */
  readonly base?: Uint8Array;
  readonly put?: Put;
  readonly isDeleted?: boolean;
  readonly before: string | undefined;
}

/**
 * Exchanges the roles: the broken side leads, and the side that led follows. One commit at the latter does
 * it; its ledger then says what it would say had it followed up to the last common revision, in its own
 * bytes and spelling. Everything that was changed since on the side that leads now is an ordinary update.
 */
export async function turnRound(
  opened: Opened,
  ledger: Ledger,
  agreed: readonly Agreed[],
  orphans: readonly Orphan[],
  fate: Fate,
  deciding: Deciding,
): Promise<Ledger | Failure> {
  const { leading, name, state } = opened;
  const ends = await endsOf(opened);
  const found = opened.isReversed ? ends.backup : ends.primary;
  if (isFailure(found)) return found;
  const taken = await leading.takeOver(name, {
    above: found?.epoch ?? 0,
    direction: opened.isReversed ? 'forward' : 'reverse',
    broken: true,
  });
  if (isFailure(taken)) return taken;
  const own = taken.ledger;
  const lost = new Map(orphans.map(orphan => [orphan.path, orphan]));
  const following = new Map<string, Following>();
  const sequence = Math.max(ledger.sequence, own?.sequence ?? 0) + 1;
  for (const one of agreed) {
    const orphan = lost.get(one.path);
    const isOut = one.waits || one.stood === undefined;
    if (isOut && (orphan === undefined || !isDroppable(orphan) || fate === 'keep')) continue;
    const next = isOut ? await takeBack(opened, one) : await follow(opened, one, orphan, fate, sequence);
    if (isFailure(next)) return next;
    following.set(one.path, next);
  }
  const known = new Set(agreed.map(({ path }) => path));
  for (const orphan of orphans) {
    const { path } = orphan;
    if (known.has(path) || fate === 'keep' || !isDroppable(orphan)) continue;
    const found = await leading.read(path);
    if (isFailure(found)) return found;
    if (found !== undefined) following.set(path, { isDeleted: true, before: found.hash });
  }
  const next = {
    ...ledgerOf(opened, ledger, own, following, sequence, deciding),
    epoch: taken.epoch,
  };
  const changes = [...following].filter(([, { put, isDeleted }]) => put !== undefined || isDeleted === true);
  const failure = await leading.commit({
    relationship: name,
    puts: changes.flatMap(([, { put }]) => put ?? []),
    deletes: changes.filter(([, { isDeleted }]) => isDeleted === true).map(([path]) => path),
    expected: new Map([...following].map(([path, { before }]) => [path, before])),
    bases: new Map([...following].flatMap(([path, { base }]) => (base === undefined ? [] : [[path, base]]))),
    definition: definitionOf(opened),
    ledger: next,
  });
  if (failure !== undefined) return failure;
  writeWitness(state, next);
  await leading.settled();
  return next;
}

function ledgerOf(
  opened: Opened,
  ledger: Ledger,
  own: Ledger | undefined,
  following: ReadonlyMap<string, Following>,
  sequence: number,
  deciding: Deciding,
): Ledger {
  const touched: LedgerEntry['files'] = [...following].flatMap(([path, { put, isDeleted, before }]) =>
    put === undefined && isDeleted !== true
      ? []
      : [{ path, before: before ?? null, after: put?.hash ?? null, deleted: 0, settings: 0 }],
  );
  const blank: Ledger = {
    version: 1,
    relationship: opened.name,
    backup: own?.backup ?? randomUUID(),
    epoch: 1,
    direction: opened.isReversed ? 'forward' : 'reverse',
    broken: false,
    turn: turnOf(ledger) + 1,
    configuration: opened.configuration,
    sequence: sequence - 1,
    proven: deciding.now,
    files: {},
    ...(own?.onBreak === undefined ? {} : { onBreak: own.onBreak }),
    history: own?.history ?? [],
  };
  const files = Object.fromEntries(
    [...following].flatMap(([path, { entry }]) => (entry === undefined ? [] : [[path, entry]])),
  );
  return { ...withEntry(blank, opened, 'resync', deciding, touched), files };
}

/** One that the other side does not have, or not yet: it is made what it was, and nothing is to be followed. */
async function takeBack(opened: Opened, agreed: Agreed): Promise<Following | Failure> {
  const { path, entry, replicated } = agreed;
  const replicatedBack = inTermsOf(
    opened,
    opened.mapping.reversed(),
    path,
    bytesOf(replicated),
    entry.format,
  );
  if (isFailure(replicatedBack)) return replicatedBack;
  const now = await opened.leading.read(path);
  if (isFailure(now)) return now;
  const bytes = bytesOf(reverted(opened, agreed, now?.bytes, replicatedBack.text));
  const put = { path, bytes, hash: sha256(bytes), ...(await ownerOf(opened.target, path, now)) };
  return { before: now?.hash, put };
}

/** One file of the side that is to follow. */
async function follow(
  opened: Opened,
  agreed: Agreed,
  orphan: Orphan | undefined,
  fate: Fate,
  sequence: number,
): Promise<Following | Failure> {
  const { path, entry, replicated, stood } = agreed;
  const { format } = entry;
  const back = opened.mapping.reversed();
  const replicatedBack = inTermsOf(opened, back, path, bytesOf(replicated), format);
  const stoodBack = inTermsOf(opened, back, path, bytesOf(stood!), format);
  if (isFailure(replicatedBack)) return replicatedBack;
  if (isFailure(stoodBack)) return stoodBack;
  const found = await opened.leading.read(path);
  if (isFailure(found) && (fate === 'keep' || orphan === undefined)) return found;
  const now = found === undefined || isFailure(found) ? undefined : found;
  const isLost = orphan !== undefined;
  // Its own bytes of the last common revision: they are there, or are made of what stands there now.
  const undisturbed =
    isLost || now === undefined
      ? reverted(opened, agreed, now?.bytes, replicatedBack.text)
      : stringOf(now.bytes);
  const isKept = isLost && fate === 'keep';
  const text = isKept ? now && stringOf(now.bytes) : undisturbed;
  const base = bytesOf(stoodBack.text);
  const common = {
    format,
    base: sha256(base),
    primary: sha256(bytesOf(stood!)),
    sequence,
  };
  if (text === undefined) {
    // It deleted the file, and keeps that: as its own will, which a later change does not overrule unasked.
    return { entry: { ...common, file: null, local: [''] }, base, before: undefined };
  }
  // What is kept may be no text at all, and stays byte for byte.
  const bytes = isKept ? now!.bytes : bytesOf(text);
  const hash = sha256(bytes);
  const local = placesOf(format, stoodBack.text, text, replicatedBack.text, undisturbed);
  const put =
    now?.hash === hash
      ? {}
      : { put: { path, bytes, hash, ...(await ownerOf(opened.target, path, now)) } satisfies Put };
  return { entry: { ...common, file: hash, local }, base, before: now?.hash, ...put };
}

/**
 * The losing side's file without what it changed on its own, in its own spelling as far as that is known:
 * its text is led back by the difference between what it says now and what was replicated last.
 */
function reverted(
  opened: Opened,
  { path, entry, replicated }: Agreed,
  now: Uint8Array | undefined,
  replicatedBack: string,
): string {
  if (now === undefined) return replicatedBack;
  const format = formatNamed(entry.format);
  const over = inTermsOf(opened, opened.mapping, path, now, entry.format);
  if (isFailure(over)) return replicatedBack;
  const again = inTermsOf(opened, opened.mapping.reversed(), path, bytesOf(over.text), entry.format);
  if (isFailure(again)) return replicatedBack;
  const [base, next, local] = [again.text, replicatedBack, stringOf(now)].map(text =>
    format.parse(text, path),
  );
  if (isFailure(base) || isFailure(next) || isFailure(local)) return replicatedBack;
  const policy = { ...PLAIN_POLICY, conflict: 'primary' as const, rejected: () => true };
  const merged = merge({ base: base!, next: next!, local: local!, file: path, format, policy });
  if (merged.failures.length > 0) return replicatedBack;
  const check = inTermsOf(opened, opened.mapping, path, bytesOf(merged.text), entry.format);
  return !isFailure(check) && check.text === replicated ? merged.text : replicatedBack;
}

/**
 * Where the side that follows differs. What is only spelled otherwise is no setting of its own: there the
 * next change is welcome.
 */
function placesOf(
  name: Agreed['entry']['format'],
  base: string,
  text: string,
  replicated: string,
  undisturbed: string,
): string[] {
  const values = [base, text, replicated, undisturbed].map(each => formatNamed(name).parse(each));
  const [a, b, c, d] = values.map(each => (isFailure(each) ? undefined : each));
  if (a === undefined || b === undefined || c === undefined || d === undefined) return ['!'];
  const spelled = differingPlaces(c.value, d.value);
  return differingPlaces(a.value, b.value).map(place => (isWithin(spelled, place) ? `!${place}` : place));
}
