import {
  lstat,
  mkdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  unlink,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OWN_FOLDER } from '../../core/capture/scope.ts';
import { type Failure, FailureError, isFailure } from '../../core/failure.ts';
import type { Put, StoredFile, Target, Transaction } from '../connector.ts';
import { HISTORY_KEPT, type Ledger, parseLedger } from '../ledger.ts';
import { Bases } from './bases.ts';
import { absent, makeFolder, randomName, renameDurably, stage, syncFolder, writeDurably } from './durable.ts';
import { type Earlier, EarlierVersions } from './earlier.ts';
import { code, locate } from './place.ts';
import { FileSource } from './source.ts';

/**
 * A backup below a local path. Beside the files lies `.warmspare/<relationship>/` (0700):
 *
 *     ledger.json      what was replicated last, as hashes (ledger.ts)
 *     definition       relationship and mapping
 *     base/            last replicated texts (bases.ts)
 *     earlier/<n>/     what change n replaced; 0 is what stood there before replication (earlier.ts)
 *     epoch-<n>/new/   staging: every effect on a file is a rename out of here
 */
export class FileTarget extends FileSource implements Target {
  private folder(relationship: string): string {
    return join(this.root, OWN_FOLDER, relationship);
  }

  /** Also a Failure where nothing is and nothing can be put. */
  override async read(path: string): Promise<StoredFile | undefined | Failure> {
    return (await super.read(path)) ?? (await noPlace(this.root, path));
  }

  async ledger(relationship: string): Promise<Ledger | undefined | Failure> {
    const path = join(this.folder(relationship), 'ledger.json');
    try {
      return parseLedger(await readFile(path, 'utf8'), path);
    } catch (error) {
      if (code(error) === 'ENOENT') return undefined;
      return {
        failure: 'unreadable',
        message: `the ledger cannot be read (${code(error)})`,
        at: { file: path },
        hint: 'run warmspare as the user who replicated before; nothing is replicated meanwhile',
      };
    }
  }

  base(relationship: string, path: string, hash: string): Promise<Uint8Array | undefined> {
    return new Bases(this.folder(relationship)).read(path, hash);
  }

  earlier(relationship: string, sequence: number, path: string): Promise<StoredFile | undefined> {
    return new EarlierVersions(this.folder(relationship)).read(sequence, path);
  }

  earlierPaths(relationship: string, sequence: number): Promise<string[]> {
    return new EarlierVersions(this.folder(relationship)).paths(sequence);
  }

  async forget(relationship: string): Promise<Failure | undefined> {
    return guarded(this.root, async () => {
      const made = await new EarlierVersions(this.folder(relationship)).made();
      // The ledger goes first: without it nothing here means anything any more.
      await unlink(join(this.folder(relationship), 'ledger.json')).catch(absent);
      await rm(this.folder(relationship), { recursive: true, force: true });
      for (const { path, made: top } of made) await this.removeEmpty(dirname(path), dirname(top));
      await this.removeEmpty(OWN_FOLDER, '.');
    });
  }

  /** Removes folders from `path` up to below `end`, as long as they are empty. */
  private async removeEmpty(path: string, end: string): Promise<void> {
    for (let at = path; at !== end && at !== '.'; at = dirname(at)) {
      const isGone = await rmdir(join(this.root, at)).then(
        () => true,
        error => code(error) === 'ENOENT',
      );
      if (!isGone) return;
    }
  }

  /**
   * Keeps what is replaced, stages every new file, checks that no target has moved since the plan was
   * made, renames, then writes the bases and last the ledger. Every step is on disk before the next.
   */
  async commit(transaction: Transaction): Promise<Failure | undefined> {
    const folder = this.folder(transaction.relationship);
    const { ledger, bases } = transaction;
    const ownBases = new Bases(folder);
    const earlier = new EarlierVersions(folder);
    return guarded(this.root, async () => {
      await refuseLink(this.root, OWN_FOLDER);
      await refuseLink(this.root, join(OWN_FOLDER, transaction.relationship));
      const staging = join(folder, `epoch-${ledger.epoch}`, 'new');
      // What an interrupted run left there was never in place, and is planned anew.
      await rm(staging, { recursive: true, force: true });
      await makeFolder(staging);
      await this.unmoved(transaction);
      const replaced = await this.replaced(transaction);
      await earlier.keep(ledger.sequence, replaced);
      for (const [path, bytes] of bases) {
        if (bytes !== undefined) await ownBases.write(path, bytes, staging);
      }
      await writeDurably(staging, join(folder, 'definition'), transaction.definition);
      await this.putAll(transaction, replaced, staging);
      for (const path of transaction.deletes) await this.remove(staging, path);
      await this.readBack(transaction);
      await writeDurably(staging, join(folder, 'ledger.json'), `${JSON.stringify(ledger, null, 2)}\n`);
      for (const [path, bytes] of bases) await ownBases.prune(path, bytes);
      const oldest = ledger.sequence - HISTORY_KEPT;
      if (oldest > 0) await earlier.forget(oldest);
    });
  }

  private async putAll(
    transaction: Transaction,
    replaced: ReadonlyMap<string, Earlier>,
    staging: string,
  ): Promise<void> {
    const staged: { put: Put; from: string; to: string }[] = [];
    try {
      for (const put of transaction.puts) {
        const to = await this.destination(put.path);
        staged.push({ put, from: await stage(staging, put, replaced.get(put.path)?.file), to });
      }
      await this.unmoved(transaction);
      for (const { put, from, to } of staged) {
        await renameDurably(
          from,
          put.link === undefined ? to : await this.linkAgain(put.path, put.link, staging),
        );
      }
    } finally {
      for (const { from } of staged) await unlink(from).catch(absent);
    }
  }

  /** The file that a put replaces, its links followed; its folder is there afterwards. */
  private async destination(path: string): Promise<string> {
    const real = await locate(this.root, path);
    if (isFailure(real)) throw new FailureError(real);
    if (real !== undefined) return real;
    const wanted = join(await realpath(this.root), path);
    await mkdir(dirname(wanted), { recursive: true });
    return wanted;
  }

  /** Makes a path the symbolic link that it was, and tells where it leads. */
  private async linkAgain(path: string, link: string, staging: string): Promise<string> {
    const named = join(this.root, path);
    if ((await readlink(named).catch(() => undefined)) !== link) {
      const draft = join(staging, randomName());
      await symlink(link, draft);
      await renameDurably(draft, named);
    }
    return this.destination(path);
  }

  private async replaced(transaction: Transaction): Promise<Map<string, Earlier>> {
    const files = new Map<string, Earlier>();
    for (const path of [...transaction.puts.map(put => put.path), ...transaction.deletes]) {
      const file = await this.read(path);
      if (isFailure(file)) throw new FailureError(file);
      if (file !== undefined) {
        const link = await readlink(join(this.root, path)).catch(() => undefined);
        files.set(path, { file: link === undefined ? file : { ...file, link } });
      } else {
        const made = await this.firstMissing(path);
        files.set(path, made === undefined ? {} : { made });
      }
    }
    return files;
  }

  /** The topmost folder above a path that is not there yet. */
  private async firstMissing(path: string): Promise<string | undefined> {
    let missing: string | undefined;
    for (let at = dirname(path); at !== '.'; at = dirname(at)) {
      if ((await stat(join(this.root, at)).catch(absent)) === undefined) missing = at;
    }
    return missing;
  }

  /** The last look before the renames; what an administrator saves after it is found by the next run. */
  private async unmoved(transaction: Transaction): Promise<void> {
    for (const [path, hash] of transaction.expected) {
      const found = await this.read(path);
      if (isFailure(found)) throw new FailureError(found);
      if (found?.hash === hash) continue;
      throw new FailureError({
        failure: 'plan-moved',
        message: `${path} was changed on the backup after the plan was made`,
        at: { file: path },
        hint: 'run the command again: the new plan takes the change into account',
      });
    }
  }

  private async readBack(transaction: Transaction): Promise<void> {
    for (const put of transaction.puts) {
      const found = await this.read(put.path);
      if (!isFailure(found) && found?.hash === put.hash) continue;
      throw new FailureError({
        failure: 'unwritable',
        message: `${put.path} reads back otherwise than it was written`,
        at: { file: put.path },
        hint: 'something else writes this file on the backup, or its disk is failing',
      });
    }
  }

  /**
   * A delete is a rename as well: into the staging folder, so that whoever owns it owns the effect. Of a
   * link only the link goes: what it leads to may have other names.
   */
  private async remove(staging: string, path: string): Promise<void> {
    const real = await locate(this.root, path);
    if (isFailure(real)) throw new FailureError(real);
    if (real === undefined) return;
    const named = join(await realpath(dirname(join(this.root, path))), basename(path));
    const grave = join(staging, randomName());
    await rename(named, grave);
    await syncFolder(dirname(named));
    await unlink(grave);
  }
}

/** Why nothing can be put at a path where nothing is: something above it is no folder. */
async function noPlace(root: string, path: string): Promise<Failure | undefined> {
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    const found = await stat(join(root, folder)).catch(absent);
    if (found === undefined) continue;
    if (found.isDirectory()) return undefined;
    return {
      failure: 'not-a-file',
      message: `${path} has no place: ${folder} is no folder`,
      at: { file: path },
      hint: `move ${folder} away, or exclude ${path}`,
    };
  }
  return undefined;
}

/** The replication's own folders are never links: whoever can plant one must not be written for. */
async function refuseLink(root: string, path: string): Promise<void> {
  const found = await lstat(join(root, path)).catch(absent);
  if (found?.isSymbolicLink() !== true) return;
  throw new FailureError({
    failure: 'outside-root',
    message: `${path} on the backup is a symbolic link; replication keeps its memory in a folder only`,
    at: { file: join(root, path) },
    hint: 'see who made the link, and put the folder it leads to in its place',
  });
}

async function guarded(root: string, work: () => Promise<void>): Promise<Failure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof FailureError) return error.failure;
    const reason = code(error);
    if (reason === undefined) throw error;
    const path = (error as NodeJS.ErrnoException).path;
    return {
      failure: 'unwritable',
      message: `the backup cannot be written (${reason}${path === undefined ? '' : `, ${path}`})`,
      at: { file: root },
      hint:
        HINTS[reason] ??
        'look at the file system of the backup; the change is kept and can be replicated again',
    };
  }
}

const HINTS: Readonly<Record<string, string>> = {
  EACCES: 'run warmspare as a user who may write there',
  EPERM: 'run warmspare as a user who may write there and keep the owner, and look for an immutable flag',
  EROFS: 'the file system is mounted read-only',
  ENOSPC: 'make room on the file system of the backup',
  EDQUOT: 'make room on the file system of the backup',
  EXDEV: 'a file lies on another file system than its root: make that mount a root of its own',
};
