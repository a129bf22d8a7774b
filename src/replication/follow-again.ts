import type { Put } from '../connectors/connector.ts';
import { sha256 } from '../connectors/file/source.ts';
import type { Ledger, LedgerEntry, LedgerFile } from '../connectors/ledger.ts';
import { differingPlaces, isWithin } from '../core/apply/local.ts';
import type { FormatName } from '../core/document.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { formatNamed } from '../core/formats/registry.ts';
import { stringOf } from '../core/text.ts';
import { type Agreed, bytesOf } from './agreed.ts';
import { type Deciding, withEntry } from './break.ts';
import type { Opened } from './opened.ts';
import type { Orphan } from './orphans.ts';
import { ownerOf } from './owner-of.ts';
import { definitionOf, dropOutdated } from './perform.ts';
import type { Fate } from './turn-round.ts';
import { writeWitness } from './witness.ts';

/**
 * The broken side follows again, without an exchange of roles. What it changed meanwhile becomes its own
 * (`keep`), or gives way to what stood there at the break (`drop`); then what the leading side changed is
 * an ordinary update.
 */
export async function followAgain(
  opened: Opened,
  ledger: Ledger,
  agreed: readonly Agreed[],
  orphans: readonly Orphan[],
  fate: Fate,
  deciding: Deciding,
): Promise<Ledger | Failure> {
  const { target, name, state } = opened;
  const changed = new Set(orphans.map(({ path }) => path));
  const files: Record<string, LedgerFile> = { ...ledger.files };
  const bases = new Map<string, Uint8Array>();
  const expected = new Map<string, string | undefined>();
  const puts: Put[] = [];
  const deletes: string[] = [];
  for (const { path, entry, replicated, stood, waits } of agreed) {
    // Of what was installed for the break nothing is replication's but what an orphan gives way to.
    if (!changed.has(path) || (waits && fate === 'keep')) continue;
    const now = await target.read(path);
    if (isFailure(now)) return now;
    expected.set(path, now?.hash);
    const text = fate === 'keep' ? now && stringOf(now.bytes) : stood;
    if (text === undefined && now !== undefined) deletes.push(path);
    const bytes = fate === 'keep' || text === undefined ? now?.bytes : bytesOf(text);
    const hash = text === undefined ? null : sha256(bytes!);
    if (text !== undefined && hash !== now?.hash) {
      puts.push({ path, bytes: bytes!, hash: hash!, ...(await ownerOf(opened.source, path, now)) });
    }
    if (waits) continue;
    files[path] = { ...entry, file: hash, local: ownPlaces(entry, replicated, text) };
    bases.set(path, bytesOf(replicated));
  }
  const after = new Map(puts.map(({ path, hash }) => [path, hash]));
  const touched: LedgerEntry['files'] = [...after.keys(), ...deletes].map(path => ({
    path,
    before: expected.get(path) ?? null,
    after: after.get(path) ?? null,
    deleted: 0,
    settings: 0,
  }));
  const { epoch, direction } = ledger;
  const taken = await target.takeOver(name, { above: epoch, direction, broken: true });
  if (isFailure(taken)) return taken;
  const { atBreak: _, ...rest } = withEntry(ledger, opened, 'resync', deciding, touched);
  const next: Ledger = { ...rest, epoch: taken.epoch, broken: false, files };
  const definition = definitionOf(opened);
  const change = { relationship: name, puts, deletes, expected, bases, definition, ledger: next };
  const failure = await target.commit(change);
  if (failure !== undefined) return failure;
  writeWitness(state, next);
  await dropOutdated(target, name, ledger, next);
  return next;
}

/** What differs from the last replicated text is meant to, from now on; what was rejected stays so. */
function ownPlaces(entry: LedgerFile, replicated: string, text: string | undefined): string[] {
  // A deletion that was kept is the backup's own from now on; one that was rejected before stays that.
  if (text === undefined) return entry.local.includes('!') ? ['!'] : [''];
  const places = differing(entry.format, replicated, text);
  if (places === undefined) return [...entry.local];
  const rejected = entry.local.filter(place => place.startsWith('!')).map(place => place.slice(1));
  return places.map(place => (isWithin(rejected, place) ? `!${place}` : place));
}

function differing(name: FormatName, base: string, text: string): string[] | undefined {
  const [replicated, own] = [formatNamed(name).parse(base), formatNamed(name).parse(text)];
  return isFailure(replicated) || isFailure(own) ? undefined : differingPlaces(replicated.value, own.value);
}
