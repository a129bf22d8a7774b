import { join } from 'node:path';
import { OWN_FOLDER, type Scope, scopeRoots, scopeTest } from '../../core/capture/scope.ts';
import { type Failure, isFailure } from '../../core/failure.ts';
import type { Listing, Source, StoredFile } from '../connector.ts';
import { enter, judge, lstat, readdir, realpath, stat } from './disk.ts';
import { absent } from './durable.ts';
import { code, locate, notAFile, unreadable } from './place.ts';
import { readWhole } from './whole.ts';

export { sha256 } from './digest.ts';

/** Files below a local path, read only. */
export class FileSource implements Source {
  constructor(readonly root: string) {}

  get title(): string {
    return this.root;
  }

  async reachable(): Promise<Failure | undefined> {
    try {
      // Opened and not only looked at: a root that may not be read must not pass for an empty one.
      await enter(this.root);
      await judge(this.root);
      return undefined;
    } catch (error) {
      if (code(error) === 'ENOTDIR') return this.missing('is no directory');
      return this.missing(code(error) === 'ENOENT' ? 'does not exist' : `cannot be read (${code(error)})`);
    }
  }

  protected missing(why: string): Failure {
    return {
      failure: 'root-missing',
      message: `${this.title} ${why}`,
      at: { file: this.title },
      hint: 'check the path, and that its file system is mounted',
    };
  }

  async list(scope: Scope): Promise<Listing> {
    const verdict = scopeTest(scope);
    const paths = new Set<string>();
    const refused: { path: string; failure: Failure }[] = [];
    const nodeOwn: string[] = [];
    const take = async (path: string) => {
      const failure = await this.refuse(path);
      if (failure === undefined) paths.add(path);
      else if (failure !== 'absent') refused.push({ path, failure });
    };
    const roots = scopeRoots(scope);
    for (const path of roots.files) if (verdict(path) === 'in') await take(path);
    for (const folder of roots.folders) {
      const visit = async (path: string) => {
        const answer = verdict(path);
        if (answer === 'node-own') nodeOwn.push(path);
        if (answer === 'in' && !paths.has(path)) await take(path);
      };
      await this.walk(folder, visit, (path, error) => {
        refused.push({ path, failure: unreadable(path, error) });
      });
    }
    return { paths: [...paths].sort(), refused, nodeOwn: nodeOwn.sort() };
  }

  private async refuse(path: string): Promise<Failure | 'absent' | undefined> {
    if (hasControlCharacters(path)) return oddName(path);
    try {
      if ((await lstat(join(this.root, path)).catch(absent)) === undefined) return 'absent';
      const real = await locate(this.root, path);
      if (real === undefined || isFailure(real)) return real;
      const found = await stat(real);
      return found.isFile() ? undefined : notAFile(path, found);
    } catch (error) {
      return unreadable(path, error);
    }
  }

  /** Folders that are links are not entered: what they hold has its own path, or lies elsewhere. */
  private async walk(
    folder: string,
    visit: (path: string) => Promise<void>,
    closed: (folder: string, error: unknown) => void,
  ): Promise<void> {
    let entries: import('node:fs').Dirent[];
    try {
      entries = await readdir(join(this.root, folder), { withFileTypes: true });
    } catch (error) {
      if (code(error) !== 'ENOENT' && code(error) !== 'ENOTDIR') closed(folder, error);
      return;
    }
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.name === OWN_FOLDER) continue;
      if (entry.isDirectory()) await this.walk(path, visit, closed);
      else await visit(path);
    }
  }

  async read(path: string): Promise<StoredFile | undefined | Failure> {
    try {
      const real = await locate(this.root, path);
      if (real === undefined || isFailure(real)) return real;
      return await readWhole(real, path);
    } catch (error) {
      return code(error) === 'ENOENT' ? undefined : unreadable(path, error);
    }
  }

  /** The root as the kernel knows it, for comparing two roots. */
  async realRoot(): Promise<string> {
    return realpath(this.root).catch(() => this.root);
  }
}

/** No diff, message or ledger could name such a file without a doubt. */
function hasControlCharacters(path: string): boolean {
  return /[\u0000-\u001f\u007f]/.test(path);
}

function oddName(path: string): Failure {
  const named = JSON.stringify(path);
  return {
    failure: 'not-a-file',
    message: `${named} has a control character in its name`,
    at: { file: named },
    hint: 'rename it, or exclude it',
  };
}
