import { dirname, join } from 'node:path';
import { sha256 } from './digest.ts';
import { readdir, readFile, stat } from './disk.ts';
import { absent, makeFolder, placeFolder, writeDurably } from './durable.ts';

/**
 * The last replicated texts, each named by its hash below its path, and a copy of its own: an edit of
 * the backup's file in place must not change it. The old text goes only after the new one is there, so
 * that a stop in between loses neither.
 */
export class Bases {
  private readonly folder: string;

  constructor(
    folder: string,
    private readonly discard: (path: string) => Promise<void>,
  ) {
    this.folder = join(folder, 'base');
  }

  read(path: string, hash: string): Promise<Uint8Array | undefined> {
    return readFile(join(this.folder, path, hash)).catch(absent);
  }

  async has(path: string, hash: string): Promise<boolean> {
    return (await stat(join(this.folder, path, hash)).catch(absent)) !== undefined;
  }

  async write(path: string, bytes: Uint8Array, staging: string): Promise<void> {
    const hash = sha256(bytes);
    if (await this.has(path, hash)) return;
    const place = (folder: string) => placeFolder(staging, folder, 0o700);
    await makeFolder(join(this.folder, path), dirname(this.folder), place);
    await writeDurably(staging, join(this.folder, path, hash), bytes);
  }

  /** Drops all texts of a path but the one given. */
  async prune(path: string, bytes: Uint8Array | undefined): Promise<void> {
    const kept = bytes === undefined ? undefined : sha256(bytes);
    for (const name of (await readdir(join(this.folder, path)).catch(absent)) ?? []) {
      if (/^[0-9a-f]{64}$/.test(name) && name !== kept) await this.discard(join(this.folder, path, name));
    }
  }
}
