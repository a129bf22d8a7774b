import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { StoredFile } from '../connector.ts';
import { absent, makeFolder, writeDurably } from './durable.ts';
import { sha256 } from './source.ts';

/** What stood at a path before a change; without `file` nothing did. */
export interface Earlier {
  readonly file?: StoredFile;
  /** The topmost folder that had to be made for the file, relative to the root. */
  readonly made?: string;
}

/**
 * The versions that changes replaced, below `.warmspare/<relationship>/earlier/<sequence>/`: the bytes
 * in `files/`, owner and mode in `about/`. Sequence 0 holds what replication found when it touched a
 * path for the first time, and keeps it for `undo --baseline`.
 */
export class EarlierVersions {
  constructor(private readonly folder: string) {}

  private of(sequence: number): string {
    return join(this.folder, 'earlier', String(sequence));
  }

  async read(sequence: number, path: string): Promise<StoredFile | undefined> {
    const bytes = await readFile(join(this.of(sequence), 'files', path)).catch(absent);
    if (bytes === undefined) return undefined;
    const { mode, uid, gid, link } = JSON.parse(await readFile(this.about(sequence, path), 'utf8'));
    return { path, bytes, hash: sha256(bytes), mode, uid, gid, ...(link === undefined ? {} : { link }) };
  }

  private about(sequence: number, path: string): string {
    return join(this.of(sequence), 'about', `${path}.json`);
  }

  /** The paths that the change touched, created ones included, in order. */
  async paths(sequence: number): Promise<string[]> {
    const folder = join(this.of(sequence), 'about');
    const entries = (await readdir(folder, { recursive: true, withFileTypes: true }).catch(absent)) ?? [];
    return entries
      .filter(entry => entry.isFile() && entry.name.endsWith('.json'))
      .map(entry => relative(folder, join(entry.parentPath, entry.name)).slice(0, -'.json'.length))
      .sort();
  }

  /** The folders that replication made, each with a path that it was made for. */
  async made(): Promise<{ readonly path: string; readonly made: string }[]> {
    const found: { path: string; made: string }[] = [];
    for (const path of await this.paths(0)) {
      const { made } = JSON.parse(await readFile(this.about(0, path), 'utf8'));
      if (typeof made === 'string') found.push({ path, made });
    }
    return found;
  }

  /** Keeps what one change replaces. What an interrupted attempt of the same change kept goes first. */
  async keep(sequence: number, files: ReadonlyMap<string, Earlier>): Promise<void> {
    // A commit that only notes something has the number of the last change, whose versions stay.
    if (files.size === 0) return;
    await rm(this.of(sequence), { recursive: true, force: true });
    for (const [path, earlier] of files) {
      await this.write(sequence, path, earlier);
      // The first version of a path is never written over: whatever came later was replication's.
      if (!(await stat(this.about(0, path)).catch(absent))) await this.write(0, path, earlier);
    }
  }

  private async write(sequence: number, path: string, { file, made }: Earlier): Promise<void> {
    const { mode, uid, gid, link } = file ?? {};
    const about = file === undefined ? { absent: true, made } : { mode, uid, gid, link };
    if (file !== undefined) await write(join(this.of(sequence), 'files', path), file.bytes);
    await write(this.about(sequence, path), JSON.stringify(about));
  }

  async forget(sequence: number): Promise<void> {
    await rm(this.of(sequence), { recursive: true, force: true });
  }
}

async function write(path: string, content: Uint8Array | string): Promise<void> {
  await makeFolder(dirname(path));
  await writeDurably(dirname(path), path, content);
}
