import { absentSide } from '../../connectors/absent.ts';
import type { Listing, Source, StoredFile, Target } from '../../connectors/connector.ts';
import type { Ledger } from '../../connectors/ledger.ts';
import { scopeTest } from '../../core/capture/scope.ts';
import { type Leading, lookOfRevised, type Manifest } from '../../core/cluster/revision.ts';
import { type Failure, FailureError } from '../../core/failure.ts';
import type { Eyes, Sights } from '../../daemon/eyes.ts';
import type { Elsewhere } from '../../replication/elsewhere.ts';
import { Silence } from './silence.ts';
import type { Spool, Spooling } from './spool.ts';

/** A primary on another member, as an owner reads, sees and asks it through the spool. */
export function primaryIn(spool: Spool, spooling: Spooling): Elsewhere {
  let silence: Silence | undefined;
  return {
    source: sourceIn(spool),
    leading: leadingIn(spool, spooling.relationship),
    watch: sights => {
      silence = silenceOf(spool, spooling, sights);
      return eyesOn(spool, silence, sights);
    },
    asOf: () => spool.current?.asOf ?? 0,
    lags: ledger => {
      const { current } = spool;
      const isConfirmed = current !== undefined && silence?.isConfirmed(current) === true;
      const failure = isConfirmed ? undefined : older(spool, ledger);
      if (failure !== undefined) silence?.ask();
      return failure;
    },
  };
}

/**
 * An owner before this one that is beside the primary, or that had more of the log, may have given the backup a
 * later state than came here. Whether that is so the member beside the primary tells, and where that is silent, time.
 */
function older({ title, current }: Spool, ledger: Ledger | undefined): Failure | undefined {
  if (ledger?.asOf === undefined || current === undefined || current.asOf >= ledger.asOf) return undefined;
  const replicated = Object.entries(ledger.files);
  const isSame = ([path, { primary }]: (typeof replicated)[number]) =>
    current.files.get(path)?.hash === primary;
  if (replicated.length === current.files.size && replicated.every(isSame)) return undefined;
  return {
    failure: 'unreachable',
    message: `the backup has a later state of ${title} than came here`,
    hint: 'it goes on as soon as the member beside the primary answers, which it does when no file there is being written; see that warmspare runs there, and reaches the cluster',
  };
}

/** The files of the state that is served. */
function sourceIn(spool: Spool): Source {
  return {
    title: spool.title,
    reachable: async () => spool.failure(),
    list: async scope => {
      // Nothing that is served is no empty primary.
      const failure = spool.failure();
      if (failure !== undefined) throw new FailureError(failure);
      const verdict = scopeTest(scope);
      const listing = { paths: [] as string[], refused: refusedOf(spool.current!), nodeOwn: [] as string[] };
      for (const path of spool.current!.files.keys()) {
        const answer = listing.refused.some(one => one.path === path) ? 'out' : verdict(path);
        if (answer === 'in') listing.paths.push(path);
        if (answer === 'node-own') listing.nodeOwn.push(path);
      }
      return { ...listing, paths: listing.paths.sort() } satisfies Listing;
    },
    read: path => readIn(spool, path),
  };
}

async function readIn(spool: Spool, path: string): Promise<StoredFile | undefined | Failure> {
  const { current } = spool;
  if (current === undefined) return spool.failure();
  const refused = current.refused.get(path);
  if (refused !== undefined) return refused;
  const file = current.files.get(path);
  if (file === undefined) return undefined;
  const { hash, mode, uid, gid, link } = file;
  const bytes = await spool.bytes(path, hash);
  if (bytes !== undefined) {
    const look = lookOfRevised(file);
    return { path, bytes, hash, mode, uid, gid, look, ...(link === undefined ? {} : { link }) };
  }
  // Another state is served by now: that text was dropped, and is not missed.
  if (spool.current?.files.get(path)?.hash !== hash) return readIn(spool, path);
  return {
    failure: 'unreadable',
    message: `the text of ${path} as it came from ${spool.title} is damaged, and is fetched anew`,
    at: { file: path },
    hint: 'it heals by itself as soon as the member beside the primary is reached',
  };
}

function silenceOf(spool: Spool, { engine, relationship, clock, title }: Spooling, sights: Sights): Silence {
  return new Silence({
    engine,
    relationship,
    title,
    clock,
    spool,
    tell: blind => sights.sight(blind),
    confirmed: () => sights.reached(),
  });
}

function eyesOn(spool: Spool, silence: Silence, sights: Sights): Eyes {
  const stop = spool.listen({
    turned: (before, now) => {
      if (before === undefined) sights.rescan();
      else hintAt(before, now, sights);
    },
    served: is => (is ? sights.reached() : sights.rescan()),
    restored: path => hint(path, spool.current, sights),
  });
  return {
    scan: async () => {
      const failure = spool.failure();
      if (failure !== undefined) return { looks: new Map(), refused: [], failure };
      const { files, refused } = spool.current!;
      const looks = [...files].filter(([path]) => !refused.has(path));
      return {
        looks: new Map(looks.map(([path, file]) => [path, lookOfRevised(file)])),
        refused: refusedOf(spool.current!),
      };
    },
    look: async path => {
      const file = spool.current?.files.get(path);
      return { look: file === undefined ? undefined : lookOfRevised(file), writing: false };
    },
    // Another state is served and hinted at in one and the same turn.
    told: async () => {},
    pending: () => silence.pending + (spool.isBehind ? 1 : 0),
    close: async () => {
      stop();
      silence.close();
    },
  };
}

/** What is gone first: the new name of a renamed file finds the old one missing then. */
function hintAt(before: Manifest, now: Manifest, sights: Sights): void {
  for (const path of before.files.keys()) if (!now.files.has(path)) hint(path, now, sights);
  for (const [path, file] of now.files) {
    const old = before.files.get(path);
    const isOther = old === undefined || lookOfRevised(old).changed !== lookOfRevised(file).changed;
    if (isOther || old.hash !== file.hash || old.inode !== file.inode) hint(path, now, sights);
  }
  // What may not be read, and what may be again, a scan tells.
  if (before.refused !== now.refused && before.refused.size + now.refused.size > 0) sights.rescan();
}

/** Complete as it stands: it was published whole. */
function hint(path: string, manifest: Manifest | undefined, sights: Sights): void {
  if (manifest?.refused.has(path) === true) return;
  const file = manifest?.files.get(path);
  sights.hint({ path, look: file === undefined ? undefined : lookOfRevised(file), whole: true });
}

function refusedOf({ refused }: Manifest): { path: string; failure: Failure }[] {
  return [...refused].map(([path, failure]) => ({ path, failure }));
}

/** Who leads, as the last revision says; nothing is written there from here. */
function leadingIn(spool: Spool, relationship: string): Target {
  return {
    ...absentSide(spool.title),
    reachable: async () => spool.failure() ?? untold(spool.current!.leading),
    ledger: async () => ledgerOf(relationship, spool.current?.leading),
  };
}

function untold(leading: Leading): Failure | undefined {
  return leading.is === 'untold' ? leading.failure : undefined;
}

function ledgerOf(relationship: string, leading: Leading | undefined): Ledger | undefined {
  if (leading?.is !== 'ledger') return undefined;
  return { version: 1, relationship, files: {}, history: [], ...leading.ledger };
}
