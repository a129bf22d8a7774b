import type { StoredFile } from '../connectors/connector.ts';
import type { Ledger } from '../connectors/ledger.ts';
import { renderFile } from '../core/apply/render.ts';
import { scopeTest } from '../core/capture/scope.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import type { Mapping } from '../core/rewrite/identity.ts';
import { stringOf } from '../core/text.ts';
import { type Agreed, bytesOf, inTermsOf } from './agreed.ts';
import type { Opened } from './opened.ts';
import { waitsForBreak } from './ready.ts';

/** What a losing side changed in one file on its own, both versions in the terms of the side that leads on. */
export interface Orphan {
  readonly path: string;
  /** Absent: there was none at the last common revision. */
  readonly was?: string;
  /** Absent: it was deleted. */
  readonly now?: string;
  /** It cannot be read, or not be put in the other side's terms. */
  readonly failure?: Failure;
  /** What stands there all the same, in its own terms. */
  readonly raw?: Uint8Array;
}

/** What is no file, or cannot be read, is no version that could be kept beside the patch: it stays where it is. */
export function isDroppable({ failure, raw }: Orphan): boolean {
  return failure === undefined || raw !== undefined;
}

/** The roles are to be exchanged: what the side that led changed, and never came over. */
export async function orphansOfLeading(
  opened: Opened,
  ledger: Ledger,
  agreed: readonly Agreed[],
): Promise<Orphan[] | Failure> {
  const { source, scope, mapping } = opened;
  const orphans: Orphan[] = [];
  for (const { path, entry, replicated } of agreed) {
    const found = await source.read(path);
    if (!isFailure(found) && found !== undefined && found.hash === entry.primary) continue;
    const now = inTerms(opened, mapping, path, found);
    const orphan = { path, was: replicated, ...now };
    if (orphan.now !== replicated || orphan.failure !== undefined) orphans.push(orphan);
  }
  const known = new Set(agreed.map(({ path }) => path));
  const listing = await source.list(scope);
  // An empty side is one that is not mounted: to take all of it for deleted would be a guess.
  if (listing.paths.length + listing.refused.length === 0 && known.size > 0) return emptied(source.title);
  for (const path of listing.paths) {
    if (known.has(path) || ledger.files[path] !== undefined || ledger.onBreak?.[path] !== undefined) continue;
    const now = inTerms(opened, mapping, path, await source.read(path));
    const own = await opened.target.read(path);
    const isSame = own !== undefined && !isFailure(own) && now.now === stringOf(own?.bytes);
    if (!isSame || waitsForBreak(opened, path)) orphans.push({ path, ...now });
  }
  return sorted([...orphans, ...listing.refused.map(({ path, failure }) => ({ path, failure }))]);
}

/** The side that was broken is to follow again: what it changed since. */
export async function orphansOfFollowing(opened: Opened, agreed: readonly Agreed[]): Promise<Orphan[]> {
  const { target, scope } = opened;
  const back = opened.mapping.reversed();
  const inScope = scopeTest(scope);
  const orphans: Orphan[] = [];
  for (const { path, stood, waits, entry } of agreed) {
    if (inScope(path) !== 'in' || (waits && stood === undefined)) continue;
    const found = await target.read(path);
    const isSame =
      stood === undefined ? found === undefined : !isFailure(found) && stringOf(found?.bytes) === stood;
    if (isSame) continue;
    const was = stood === undefined ? undefined : inTermsOf(opened, back, path, bytesOf(stood), entry.format);
    const before = was === undefined || isFailure(was) ? {} : { was: was.text };
    orphans.push({ path, ...before, ...inTerms(opened, back, path, found) });
  }
  return sorted(orphans);
}

function inTerms(
  opened: Opened,
  mapping: Mapping,
  path: string,
  found: StoredFile | undefined | Failure,
): Pick<Orphan, 'now' | 'failure' | 'raw'> {
  if (found === undefined) return {};
  if (isFailure(found)) return { failure: found };
  const put = inTermsOf(opened, mapping, path, found.bytes, undefined);
  return isFailure(put) ? { failure: put, raw: found.bytes } : { now: put.text };
}

function sorted(orphans: readonly Orphan[]): Orphan[] {
  return [...orphans].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** One orphan as `patch -p1` takes it on the side that leads on. */
export function renderOrphan(
  { path, was, now, failure }: Orphan,
  view: { readonly showSecrets: boolean; readonly secrets: readonly RegExp[] },
): { readonly lines: readonly string[]; readonly masked: number } {
  if (failure !== undefined) return { lines: [`# ${path}: ${failure.message}`], masked: 0 };
  return renderFile(
    {
      path,
      action: was === undefined ? 'create' : now === undefined ? 'delete' : 'change',
      ...(was === undefined ? {} : { was }),
      ...(now === undefined ? {} : { text: now }),
      edits: [],
      patch: [],
      swaps: [],
      held: [],
      notes: [],
      deletions: 0,
      local: [],
      baseline: false,
      id: '',
    },
    view,
  );
}

function emptied(title: string): Failure {
  return {
    failure: 'root-missing',
    message: `${title} holds none of the files that were replicated before`,
    at: { file: title },
    hint: 'check that its file system is mounted',
  };
}
