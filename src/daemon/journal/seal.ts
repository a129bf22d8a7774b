import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { absent, syncFolder, writeDurably } from '../../connectors/file/durable.ts';
import { DATA } from './tables.ts';

/**
 * A hash over all of the store's file, written when it was closed cleanly and taken away before it is
 * written again. Where it holds, the store is byte for byte what lmdb left, and safe to be opened in
 * this process.
 */
const SEAL = 'seal';

export type SealState = 'sealed' | 'unsealed' | 'damaged' | 'absent';

/** `absent`: there is no store. `unsealed`: it is being written now, or was when its process ended. */
export async function sealState(folder: string): Promise<SealState> {
  const sealed = await readFile(join(folder, SEAL), 'utf8').catch(absent);
  const isThere = (await stat(join(folder, DATA)).catch(absent)) !== undefined;
  if (sealed === undefined) return isThere ? 'unsealed' : 'absent';
  return isThere && sealed === (await digestOf(folder)) ? 'sealed' : 'damaged';
}

/** To be called when nobody writes any more; durable when it returns. */
export async function seal(folder: string): Promise<void> {
  const handle = await open(join(folder, DATA), 'r+');
  await handle.sync().finally(() => handle.close());
  await writeDurably(folder, join(folder, SEAL), await digestOf(folder));
}

export async function unseal(folder: string): Promise<void> {
  await rm(join(folder, SEAL), { force: true });
  await syncFolder(folder);
}

async function digestOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(join(folder, DATA), { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}
