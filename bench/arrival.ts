import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';

/** What was seen of one save at the backup. */
export interface Arrived {
  /** Monotonic milliseconds at which the file was read and found to be what it should; undefined: never. */
  readonly at: number | undefined;
  /** Reads that found neither the version before nor the new one: half a file, an empty one, a wrong byte. */
  readonly torn: number;
}

/** Watches one file of a backup from outside: each event is followed by reading and comparing all bytes. */
export class Arrivals {
  private readonly watcher: FSWatcher;
  private heard: () => void = () => {};

  constructor(
    private readonly folder: string,
    private readonly file: string,
  ) {
    this.watcher = watch(folder, (_, name) => {
      if (name === null || name === file) this.heard();
    });
  }

  /** Resolves when the file holds `wanted`, or after `limitMs`. */
  until(wanted: Buffer, before: Buffer | undefined, limitMs: number): Promise<Arrived> {
    return new Promise(done => {
      let torn = 0;
      const end = (at: number | undefined) => {
        clearTimeout(timer);
        this.heard = () => {};
        done({ at, torn });
      };
      const timer = setTimeout(end, limitMs, undefined);
      this.heard = () => {
        const found = this.read();
        if (found !== undefined && wanted.equals(found)) end(performance.now());
        else if (!isSame(found, before)) torn++;
      };
      if (isSame(this.read(), wanted)) end(performance.now());
    });
  }

  read(): Buffer | undefined {
    try {
      return readFileSync(join(this.folder, this.file));
    } catch {
      return undefined;
    }
  }

  close(): void {
    this.watcher.close();
  }
}

function isSame(one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other);
}
