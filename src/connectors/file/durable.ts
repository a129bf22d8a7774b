import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Put, StoredFile } from '../connector.ts';
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

/**
 * Makes a folder and those above it. Not by mkdir's own recursion, which answers ENOENT where the file
 * system is mounted read-only.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (code(error) === 'EEXIST') return;
    if (code(error) !== 'ENOENT') throw error;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}

/** Writes a new version beside its place, with the owner and mode it is to have, and syncs it. */
export async function stage(staging: string, put: Put, old: StoredFile | undefined): Promise<string> {
  const path = join(staging, randomName());
  const { mode, uid, gid } = put.exact === true ? put : (old ?? put);
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

export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function writeDurably(staging: string, to: string, content: Uint8Array | string): Promise<void> {
  const from = join(staging, randomName());
  const handle = await open(from, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await renameDurably(from, to);
}
