import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Handle, mkdir, open, rename, rmdir, stat, unlink } from './disk.ts';
import { code } from './place.ts';

/** Takes "nothing is there" for an answer, and throws every other error again. */
export function absent(error: unknown): undefined {
  if (code(error) === 'ENOENT' || code(error) === 'ENOTDIR') return undefined;
  throw error;
}

/** Tells nothing of the file: names have a longest length, and a draft's must not exceed it. */
export function randomName(): string {
  return randomBytes(12).toString('hex');
}

/** Makes a folder: by mkdir, or as an owner makes it (`placeFolder`). */
export type MakeFolder = (path: string) => Promise<void>;

const makePrivate: MakeFolder = path => mkdir(path, { mode: 0o700 });

/**
 * Makes a folder and those above it, durably, but nothing from `within` on upwards: where that is gone
 * (unmounted, renamed), ENOENT is the answer, and nothing is made in its place. Not by mkdir's own
 * recursion, which answers ENOENT where the file system is mounted read-only.
 */
export async function makeFolder(path: string, within: string, how = makePrivate): Promise<void> {
  const make = async () => {
    await how(path);
    await syncFolder(dirname(path));
  };
  try {
    await make();
  } catch (error) {
    // Whoever made it may have died before its name was on disk.
    if (code(error) === 'EEXIST') return syncFolder(dirname(path));
    if (code(error) !== 'ENOENT' || dirname(path) === within) throw error;
    await makeFolder(dirname(path), within, how);
    await make().catch(again => {
      if (code(again) !== 'EEXIST') throw again;
      return syncFolder(dirname(path));
    });
  }
}

/**
 * Makes one folder by a rename out of staging, as everything comes to its place: whose epoch is over makes
 * not even a folder. EEXIST where one stands there.
 */
export async function placeFolder(staging: string, path: string, mode?: number): Promise<void> {
  const there = await stat(path).catch(absent);
  if (there !== undefined) throw Object.assign(new Error(`EEXIST, ${path}`), { code: 'EEXIST', path });
  const draft = join(staging, randomName());
  await mkdir(draft, mode === undefined ? {} : { mode });
  try {
    await rename(draft, path);
  } catch (error) {
    await rmdir(draft).catch(() => undefined);
    if (code(error) !== 'ENOTEMPTY') throw error;
    throw Object.assign(error as Error, { code: 'EEXIST' });
  }
}

export interface Owner {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What may keep a new file from belonging to whom it should: an ordinary user cannot give files away. */
export type IfNotOwned = 'throw' | 'allow';

export interface Draft {
  readonly path: string;
  /** Whether it has the owner that it was to have. */
  readonly isOwned: boolean;
}

/**
 * Writes a file under a new name into the staging folder, with the owner and mode it is to have once it
 * is renamed into its place, and syncs it. Without an owner it is this user's alone (0600). `written` is
 * called when only the disk is waited for.
 */
export async function writeDraft(
  staging: string,
  content: Uint8Array | string,
  owner?: Owner,
  ifNotOwned: IfNotOwned = 'throw',
  written: () => void = () => {},
): Promise<Draft> {
  const path = join(staging, randomName());
  const finish = (handle: Handle) =>
    owner === undefined ? Promise.resolve(true) : own(handle, owner, ifNotOwned);
  const isOwned = await writeNew(path, content, { finish, written });
  return { path, isOwned };
}

/** Writes and syncs a file of this user's alone under a name of its own, in place of what an earlier attempt left there. */
export async function writeNamed(path: string, content: string): Promise<void> {
  const write = () => writeNew(path, content, { finish: async () => true, written: () => {} });
  await write().catch(async error => {
    if (code(error) !== 'EEXIST') throw error;
    await unlink(path);
    await write();
  });
}

interface Writing {
  /** Before the sync, with the file still open. */
  readonly finish: (handle: Handle) => Promise<boolean>;
  /** While it is synced. */
  readonly written: () => void;
}

async function writeNew(
  path: string,
  content: Uint8Array | string,
  { finish, written }: Writing,
): Promise<boolean> {
  const handle = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    await writeSteadily(handle, content);
    await expectWhole(handle, content, path);
    const result = await finish(handle);
    const syncing = handle.sync();
    written();
    await syncing;
    await handle.close();
    return result;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await unlink(path).catch(absent);
    throw error;
  }
}

/** Bytes that are synced at once: few enough that nobody else's commit waits long for them. */
const SYNCED = 1024 * 1024;

/**
 * Writes a large file piece by piece, each synced before the next. Synced at once, 20 MB keep the journal of
 * the file system busy for some 300 ms, and with it every small file that another relationship commits.
 */
async function writeSteadily(handle: Handle, content: Uint8Array | string): Promise<void> {
  if (content.length <= SYNCED) return handle.writeFile(content);
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  for (let at = 0; at < bytes.length; at += SYNCED) {
    await handle.writeFile(bytes.subarray(at, at + SYNCED));
    if (at + SYNCED < bytes.length) await handle.sync();
  }
}

/**
 * Throws EIO where a file that was just written has another size than what was written into it: the last
 * look before a rename gives it a name that others read.
 */
export async function expectWhole(
  handle: Pick<Handle, 'stat'>,
  content: Uint8Array | string,
  path: string,
): Promise<void> {
  const size = Number((await handle.stat({ bigint: true })).size);
  const wanted = Buffer.byteLength(content);
  if (size === wanted) return;
  throw Object.assign(new Error(`${size} of ${wanted} bytes were written`), { code: 'EIO', path });
}

async function own(handle: Handle, { mode, uid, gid }: Owner, ifNotOwned: IfNotOwned): Promise<boolean> {
  const found = await handle.stat({ bigint: true });
  let isOwned = true;
  if (Number(found.uid) !== uid || Number(found.gid) !== gid) {
    await handle.chown(uid, gid).catch(error => {
      if (ifNotOwned === 'throw' || code(error) !== 'EPERM') throw error;
      isOwned = false;
    });
  }
  // After the owner, whose change takes the set-user bits away.
  await handle.chmod(mode);
  return isOwned;
}

export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

export function syncFolder(path: string): Promise<void> {
  return sync(path, constants.O_RDONLY | constants.O_DIRECTORY);
}

export function syncFile(path: string): Promise<void> {
  return sync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

async function sync(path: string, flags: number): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function writeDurably(staging: string, to: string, content: Uint8Array | string): Promise<void> {
  const draft = await writeDraft(staging, content);
  await renameDurably(draft.path, to);
}
