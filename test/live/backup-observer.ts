import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { performance } from 'node:perf_hooks';

/** A version of the backup's file. */
export interface SeenVersion {
  /** Undefined: the file was gone. */
  readonly text: string | undefined;
  readonly at: number;
}

/**
 * Somebody on the backup who has nothing to do with warmspare: watches one file's folder, reads the file at
 * each event, and remembers every version that ever stood there.
 */
export class BackupObserver {
  readonly seen: SeenVersion[] = [];
  private readonly watcher: FSWatcher;
  private readonly waiting = new Set<() => void>();

  /** The file's folder must be there. What stands there now is the first version. */
  constructor(private readonly file: string) {
    const name = basename(file);
    this.watcher = watch(dirname(file), (_, changed) => {
      if (changed === name) this.look();
    });
    this.look();
  }

  get last(): string | undefined {
    return this.seen.at(-1)?.text;
  }

  /** Resolves when this text is seen, at the latest at the limit; whether it was. */
  until(text: string, limitMs: number): Promise<boolean> {
    return new Promise(resolve => {
      const limit = AbortSignal.timeout(limitMs);
      const end = () => {
        this.waiting.delete(check);
        limit.removeEventListener('abort', end);
        resolve(this.last === text);
      };
      const check = () => {
        if (this.last === text) end();
      };
      limit.addEventListener('abort', end);
      this.waiting.add(check);
      check();
    });
  }

  stop(): void {
    this.watcher.close();
  }

  private look(): void {
    const text = this.read();
    if (this.seen.length > 0 && text === this.last) return;
    this.seen.push({ text, at: performance.now() });
    for (const check of [...this.waiting]) check();
  }

  private read(): string | undefined {
    try {
      return readFileSync(this.file, 'utf8');
    } catch {
      return undefined;
    }
  }
}
