import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { absent, makeFolder, writeDurably } from './durable.ts';
import { sha256 } from './source.ts';

/**
 * The last replicated texts, each named by its hash below its path: the new one is there before the
 * ledger speaks of it, and the old one goes only after, so that a stop in between loses neither.
 */
export class Bases {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = join(folder, 'base');
  }

  read(path: string, hash: string): Promise<Uint8Array | undefined> {
    return readFile(join(this.folder, path, hash)).catch(absent);
  }

  async write(path: string, bytes: Uint8Array, staging: string): Promise<void> {
    await makeFolder(join(this.folder, path));
    await writeDurably(staging, join(this.folder, path, sha256(bytes)), bytes);
  }

  /** Drops all texts of a path but the one given. */
  async prune(path: string, bytes: Uint8Array | undefined): Promise<void> {
    const kept = bytes === undefined ? undefined : sha256(bytes);
    for (const name of (await readdir(join(this.folder, path)).catch(absent)) ?? []) {
      if (/^[0-9a-f]{64}$/.test(name) && name !== kept) await unlink(join(this.folder, path, name));
    }
  }
}
