import { constants } from 'node:fs';
import { copyFile, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATA, openTables, type Tables } from './tables.ts';

/** The two pages at the beginning of which one changes with every commit: they lead to all others. */
const HEADS_BYTES = 8192;
/** A daemon commits a few times a second at most, and a copy takes some milliseconds. */
const ATTEMPTS = 2000;

/**
 * Opens a copy of a store that another process may be writing, as it was after one of its commits; gone as
 * soon as it is closed. Never the store itself: whoever opens it sets the number of the writer's last commit
 * to what it has just read there (lmdb 3.5.6, mdb_env_open2), and a commit that came between is then made
 * once more under the same number, fails, and is lost. Throws what the file system or lmdb throws.
 */
export async function openCopy(store: string): Promise<Tables | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'warmspare-reading-'));
  try {
    await copyWhole(join(store, DATA), join(folder, DATA));
    return openTables(folder, { readOnly: true });
  } finally {
    // It is mapped, and needs its name no more; so nothing of it is left, however this process ends.
    await rm(folder, { recursive: true, force: true });
  }
}

/** A commit writes pages that nothing leads to yet: while the heads stay, all that they lead to stays. */
async function copyWhole(from: string, to: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await headsOf(from);
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    if (before.equals(await headsOf(from))) return;
  }
  throw new Error('it is written all the time');
}

async function headsOf(path: string): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADS_BYTES), 0, HEADS_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
