import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, realpath, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { OWN_FOLDER } from '../../core/capture/scope.ts';
import { type Failure, FailureError, isFailure } from '../../core/failure.ts';
import type { Put, StoredFile, Target, Transaction } from '../connector.ts';
import { HISTORY_KEPT, type Ledger, parseLedger } from '../ledger.ts';
import { code, locate } from './place.ts';
import { FileSource, sha256 } from './source.ts';

/**
 * A backup below a local path. Beside the files lies `.warmspare/<relationship>/` (0700):
 *
 *     ledger.json      what was replicated last, as hashes (ledger.ts)
 *     definition       relationship and mapping
 *     base/            last replicated texts that differ from the files themselves
 *     earlier/<n>/     what change n replaced; 0 is what the first baseline replaced
 *     epoch-<n>/new/   staging: every effect on a file is a rename out of here
 */
export class FileTarget extends FileSource implements Target {
  private folder(relationship: string): string {
    return join(this.root, OWN_FOLDER, relationship);
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
      };
    }
  }

  async base(relationship: string, path: string): Promise<Uint8Array | undefined> {
    return readFile(join(this.folder(relationship), 'base', path)).catch(absent);
  }

  async earlier(relationship: string, sequence: number, path: string): Promise<StoredFile | undefined> {
    const folder = join(this.folder(relationship), 'earlier', String(sequence));
    const bytes = await readFile(join(folder, 'files', path)).catch(absent);
    if (bytes === undefined) return undefined;
    const about = JSON.parse(await readFile(join(folder, 'about', `${path}.json`), 'utf8'));
    return { path, bytes, hash: sha256(bytes), mode: about.mode, uid: about.uid, gid: about.gid };
  }

  async forget(relationship: string): Promise<Failure | undefined> {
    return guarded(this.root, async () => {
      // The ledger goes first: without it nothing here means anything any more.
      await unlink(join(this.folder(relationship), 'ledger.json')).catch(absent);
      await rm(this.folder(relationship), { recursive: true, force: true });
    });
  }

  /**
   * Keeps what is replaced, stages every new file, checks that no target has moved since the plan was
   * made, renames, then writes the bases and last the ledger. Every step is on disk before the next.
   */
  async commit(transaction: Transaction): Promise<Failure | undefined> {
    const folder = this.folder(transaction.relationship);
    return guarded(this.root, async () => {
      const staging = join(folder, `epoch-${transaction.ledger.epoch}`, 'new');
      // What an interrupted run left there was never in place, and is planned anew.
      await rm(staging, { recursive: true, force: true });
      await makeFolder(staging);
      await this.keep(folder, 0, transaction.before);
      const replaced = await this.replaced(transaction);
      await this.keep(folder, transaction.ledger.sequence, replaced);
      const staged: { put: Put; from: string; to: string }[] = [];
      try {
        for (const put of transaction.puts) {
          const to = await this.destination(put.path);
          const old = replaced.get(put.path);
          staged.push({ put, from: await stage(staging, put, old), to });
        }
        await this.unmoved(transaction);
        for (const { from, to } of staged) await renameDurably(from, to);
      } finally {
        for (const { from } of staged) await unlink(from).catch(absent);
      }
      for (const path of transaction.deletes) await this.remove(staging, path);
      for (const [path, bytes] of transaction.bases)
        await setBase(join(folder, 'base', path), bytes, staging);
      await writeDurably(staging, join(folder, 'definition'), transaction.definition);
      await this.readBack(transaction);
      await writeDurably(
        staging,
        join(folder, 'ledger.json'),
        `${JSON.stringify(transaction.ledger, null, 2)}\n`,
      );
      await this.prune(folder, transaction.ledger);
    });
  }

  private async destination(path: string): Promise<string> {
    const real = await locate(this.root, path);
    if (isFailure(real)) throw new FailureError(real);
    if (real !== undefined) return real;
    const wanted = join(await realpath(this.root), path);
    await mkdir(dirname(wanted), { recursive: true });
    return wanted;
  }

  private async replaced(transaction: Transaction): Promise<Map<string, StoredFile | undefined>> {
    const files = new Map<string, StoredFile | undefined>();
    for (const path of [...transaction.puts.map(put => put.path), ...transaction.deletes]) {
      const found = await this.read(path);
      if (isFailure(found)) throw new FailureError(found);
      files.set(path, found);
    }
    return files;
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

  private async keep(
    folder: string,
    sequence: number,
    files: ReadonlyMap<string, StoredFile | undefined>,
  ): Promise<void> {
    const to = join(folder, 'earlier', String(sequence));
    for (const [path, file] of files) {
      if (file !== undefined) await writeNew(join(to, 'files', path), file.bytes);
      const about = file === undefined ? { absent: true } : { mode: file.mode, uid: file.uid, gid: file.gid };
      await writeNew(join(to, 'about', `${path}.json`), JSON.stringify(about));
    }
  }

  async earlierPaths(relationship: string, sequence: number): Promise<string[]> {
    const folder = join(this.folder(relationship), 'earlier', String(sequence), 'about');
    const entries = (await readdir(folder, { recursive: true, withFileTypes: true }).catch(absent)) ?? [];
    return entries
      .filter(entry => entry.isFile() && entry.name.endsWith('.json'))
      .map(entry => relative(folder, join(entry.parentPath, entry.name)).slice(0, -'.json'.length))
      .sort();
  }

  private async remove(staging: string, path: string): Promise<void> {
    const real = await locate(this.root, path);
    if (isFailure(real)) throw new FailureError(real);
    if (real === undefined) return;
    // A delete is a rename as well: into the staging folder, so that whoever owns it owns the effect.
    const grave = join(staging, randomName(path));
    await rename(real, grave);
    await syncFolder(dirname(real));
    await unlink(grave);
  }

  private async prune(folder: string, ledger: Ledger): Promise<void> {
    const oldest = ledger.sequence - HISTORY_KEPT;
    if (oldest > 0) await rm(join(folder, 'earlier', String(oldest)), { recursive: true, force: true });
  }
}

function absent(error: unknown): undefined {
  if (code(error) === 'ENOENT' || code(error) === 'ENOTDIR') return undefined;
  throw error;
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

function randomName(path: string): string {
  return `${basename(path)}.${randomBytes(8).toString('hex')}`;
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

/** Writes a new version beside its place, with the owner and mode it is to have, and syncs it. */
async function stage(staging: string, put: Put, old: StoredFile | undefined): Promise<string> {
  const path = join(staging, randomName(put.path));
  const { mode, uid, gid } = old ?? put;
  const handle = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    await handle.writeFile(put.bytes);
    const own = await handle.stat();
    if (own.uid !== uid || own.gid !== gid) {
      // For a new file an ordinary user cannot give away ownership; for an existing one that would change it.
      await handle.chown(uid, gid).catch(error => {
        if (old !== undefined || code(error) !== 'EPERM') throw error;
      });
    }
    await handle.chmod(mode);
    await handle.sync();
  } catch (error) {
    await unlink(path).catch(absent);
    throw error;
  } finally {
    await handle.close();
  }
  return path;
}

async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeDurably(staging: string, to: string, content: Uint8Array | string): Promise<void> {
  const from = join(staging, randomName(to));
  const handle = await open(from, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await renameDurably(from, to);
}

/** An earlier version is written once; a repeated transaction finds it there and leaves it. */
async function writeNew(path: string, content: Uint8Array | string): Promise<void> {
  await makeFolder(dirname(path));
  if (await stat(path).catch(absent)) return;
  await writeDurably(dirname(path), path, content);
}

async function setBase(path: string, bytes: Uint8Array | undefined, staging: string): Promise<void> {
  if (bytes === undefined) {
    await unlink(path).catch(absent);
    return;
  }
  await makeFolder(dirname(path));
  await writeDurably(staging, path, bytes);
}
