import { basename, dirname, join } from 'node:path';
import { FailureError, isFailure } from '../../core/failure.ts';
import { link, lstat, readlink, rename, symlink } from './disk.ts';
import { absent, makeFolder, placeFolder, randomName, renameDurably, writeDraft } from './durable.ts';
import type { OwnFolder } from './own-folder.ts';
import { code, folderOf, locate } from './place.ts';
import { type Standing, standingAt } from './standing.ts';
import { readWhole } from './whole.ts';

/**
 * The effects on a backup's files: each is one rename with the owner's directory on one side. They answer
 * with the folders that were touched and have to be synced.
 */

/** Makes the folders that a new file needs, one by one. */
export async function makePlace(
  root: string,
  staging: string,
  { real, made, path }: Standing,
): Promise<string[]> {
  if (made === undefined) return [];
  const touched: string[] = [];
  for (let at = dirname(path); at !== dirname(made); at = dirname(at)) touched.push(join(root, dirname(at)));
  await makeFolder(dirname(real), root, folder => placeFolder(staging, folder));
  return touched;
}

/** Makes a path the symbolic link that it was, and tells where it leads. */
export async function linkAgain(
  root: string,
  staging: string,
  path: string,
  text: string,
): Promise<{ to: string; touched: string[] }> {
  const named = join(root, path);
  if ((await readlink(named).catch(() => undefined)) !== text) {
    const draft = join(staging, randomName());
    await symlink(text, draft);
    await renameDurably(draft, named);
  }
  const place = await standingAt(root, path);
  return { to: place.real, touched: await makePlace(root, staging, place) };
}

/** The name itself at a path, its last link not followed; undefined: nothing is there. */
export async function nameAt(root: string, path: string): Promise<string | undefined> {
  const real = await locate(root, path);
  if (isFailure(real)) throw new FailureError(real);
  return real === undefined ? undefined : join(await folderOf(root, path), basename(path));
}

/**
 * Takes a file that was created away again. `placed`: the hash of what was put there. Where it turns out to be another
 * file, which somebody saved after it was looked at last, that is put back.
 */
export async function takeAway(
  root: string,
  path: string,
  removed: string,
  placed?: string,
): Promise<string[]> {
  const named = await nameAt(root, path);
  if (named === undefined) return [];
  const grave = join(removed, randomName());
  await rename(named, grave);
  const found = placed === undefined ? undefined : await readWhole(grave, path).catch(absent);
  if (found !== undefined && !isFailure(found) && found.hash !== placed) return putBack(root, path, grave);
  return [dirname(named)];
}

/** Puts what was deleted at its place again, if nothing stands there meanwhile. */
export async function putBack(root: string, path: string, grave: string): Promise<string[]> {
  const folder = await folderOf(root, path);
  const named = join(folder, basename(path));
  if ((await lstat(named).catch(absent)) === undefined) await rename(grave, named);
  return [folder];
}

/**
 * Puts what a change replaced at its place again: where that was kept by a hard link the very same file, so
 * that an editor which still has it open goes on writing to what everybody sees.
 */
export async function restore(
  root: string,
  folder: OwnFolder,
  sequence: number,
  path: string,
): Promise<string[]> {
  const kept = await folder.earlier.read(sequence, path);
  if (kept === undefined) throw Object.assign(new Error(`ENOENT, ${path}`), { code: 'ENOENT', path });
  const draft = await draftOf(folder, sequence, kept);
  const named = join(root, path);
  const isLink = (await readlink(named).catch(() => undefined)) !== undefined;
  if (kept.link !== undefined) await linkAgain(root, folder.staging, path, kept.link);
  const place = await standingAt(root, path);
  const touched = await makePlace(root, folder.staging, place);
  const to = isLink && kept.link === undefined ? await nameAt(root, path) : place.real;
  await rename(draft, to ?? place.real);
  return [...touched, dirname(to ?? place.real)];
}

async function draftOf(
  folder: OwnFolder,
  sequence: number,
  kept: Awaited<ReturnType<OwnFolder['earlier']['read']>> & object,
): Promise<string> {
  const from = folder.earlier.placeOf(sequence, kept.path);
  const found = await lstat(from);
  const isItself =
    Number(found.uid) === kept.uid && Number(found.gid) === kept.gid && (found.mode & 0o7777) === kept.mode;
  if (isItself) {
    const draft = join(folder.staging, randomName());
    const isLinked = await link(from, draft).then(
      () => true,
      error => {
        if (code(error) === 'ENOENT' || code(error) === 'ESTALE') throw error;
        return false;
      },
    );
    if (isLinked) return draft;
  }
  return (await writeDraft(folder.staging, kept.bytes, kept, 'allow')).path;
}
