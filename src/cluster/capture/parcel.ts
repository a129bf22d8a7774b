import type { RevisedFile } from '../../core/cluster/revision.ts';
import type { Texts } from '../engine.ts';
import { INLINE_MOST } from '../message.ts';

/**
 * The bytes that go with a revision: small ones in the message itself, the smallest first, and the others by
 * their hash into `texts` before it. What was put is not put again, until somebody may not have it any more.
 */
export class Parcel {
  private readonly put = new Set<string>();
  private packing: ReadonlySet<string> = new Set();

  constructor(
    private readonly texts: Texts,
    private readonly text: (path: string, file: RevisedFile) => Promise<Uint8Array | undefined>,
  ) {}

  /** Those that go in the message, by hash; undefined where one is lost. Rejects without contact. */
  async pack(files: ReadonlyMap<string, RevisedFile>): Promise<Map<string, Uint8Array> | undefined> {
    const inline = new Map<string, Uint8Array>();
    this.packing = new Set([...files.values()].map(({ hash }) => hash));
    let room = INLINE_MOST;
    for (const [path, file] of [...files].sort(([, a], [, b]) => a.size - b.size)) {
      const { hash, size } = file;
      if (inline.has(hash) || (size > room && this.put.has(hash))) continue;
      const bytes = await this.text(path, file);
      if (bytes === undefined) return undefined;
      if (size <= room) {
        inline.set(hash, bytes);
        room -= size;
        continue;
      }
      await this.texts.put(hash, bytes);
      this.put.add(hash);
    }
    return inline;
  }

  names(hash: string): boolean {
    return this.packing.has(hash);
  }

  /** What was packed is in the log. */
  done(): void {
    this.packing = new Set();
  }

  /** Everything is put anew. */
  forget(): void {
    this.put.clear();
  }
}
