import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { code } from './place.ts';

/**
 * Makes a folder and those above it that are missing, and says which is the outermost that it made. What is
 * no folder shows when it is used as one.
 *
 * Not by mkdir's own recursion: where the file system answers ENOENT below a folder that is there, as
 * procfs does, that one tries for ever. Here nobody is asked a third time.
 */
export async function makeFolders(path: string, mode = 0o700): Promise<string | undefined> {
  try {
    return await makeOne(path, mode);
  } catch (error) {
    if (code(error) !== 'ENOENT' || dirname(path) === path) throw error;
    const above = await makeFolders(dirname(path), mode);
    const made = await makeOne(path, mode);
    return above ?? made;
  }
}

async function makeOne(path: string, mode: number): Promise<string | undefined> {
  try {
    await mkdir(path, { mode });
    return path;
  } catch (error) {
    if (code(error) !== 'EEXIST') throw error;
    return undefined;
  }
}
