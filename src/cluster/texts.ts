import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { sha256InTurns } from '../connectors/file/digest.ts';
import { open, readdir, readFile, rename, unlink } from '../connectors/file/disk.ts';
import { absent, expectWhole } from '../connectors/file/durable.ts';
import { makeFolders } from '../connectors/file/folders.ts';

const NAME = /^[0-9a-f]{64}$/;

/**
 * Texts in a folder of this member's state, each under its SHA-256: as they were captured, or as they came from
 * elsewhere. Nothing is synced, for all of it can be had once more: whatever is not what its name says counts as
 * not there.
 */
export class TextFolder {
  /** Those that were found right, or written, by this process. */
  private readonly known = new Set<string>();

  constructor(readonly folder: string) {}

  /** Begins: finds which of these are there (the others must come anew), and drops drafts of a process that ended. */
  async find(hashes: Iterable<string>): Promise<void> {
    for (const name of await this.names()) if (name.endsWith('.draft')) await this.drop(name);
    for (const hash of hashes) if (!this.known.has(hash)) await this.read(hash);
  }

  /** As far as this process knows: it can have been damaged since. */
  has(hash: string): boolean {
    return this.known.has(hash);
  }

  /** Rejects with the error of the medium. */
  async put(hash: string, bytes: Uint8Array): Promise<void> {
    if (this.known.has(hash)) return;
    await this.write(hash, bytes).catch(async error => {
      if (error?.code !== 'ENOENT') throw error;
      await makeFolders(this.folder);
      await this.write(hash, bytes);
    });
    this.known.add(hash);
  }

  /** Undefined where it is not there, not readable, or damaged; it is not known any more then. */
  async read(hash: string): Promise<Uint8Array | undefined> {
    const bytes = await readFile(join(this.folder, hash)).catch(() => undefined);
    const isRight = bytes !== undefined && (await sha256InTurns(bytes)) === hash;
    if (isRight) this.known.add(hash);
    else this.known.delete(hash);
    return isRight ? bytes : undefined;
  }

  /** Drops every other text. Never rejects: what stays does no harm. */
  async keepOnly(isNamed: (hash: string) => boolean): Promise<void> {
    for (const name of await this.names()) {
      if (!NAME.test(name) || isNamed(name)) continue;
      this.known.delete(name);
      await this.drop(name);
    }
  }

  private async names(): Promise<string[]> {
    return (await readdir(this.folder).catch(() => [])) as string[];
  }

  private async drop(name: string): Promise<void> {
    await unlink(join(this.folder, name)).catch(() => undefined);
  }

  private async write(hash: string, bytes: Uint8Array): Promise<void> {
    await replaceFile(join(this.folder, hash), bytes);
  }
}

/** Writes a file of this user's alone, whole or not at all as far as a process can see; not synced. */
export async function replaceFile(path: string, content: Uint8Array | string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.draft`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(draft, flags, 0o600);
  try {
    await handle.writeFile(content);
    await expectWhole(handle, content, draft);
  } catch (error) {
    await handle.close();
    await unlink(draft).catch(absent);
    throw error;
  }
  await handle.close();
  await rename(draft, path);
}
