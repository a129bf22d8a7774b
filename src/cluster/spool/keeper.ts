import type { Manifest } from '../../core/cluster/revision.ts';
import type { Clock } from '../../daemon/clock.ts';
import type { TextFolder } from '../texts.ts';
import { readManifest, writeManifest } from './memory.ts';

/** A state may be written so much later: until then the log still has what came since. */
const LATE_MS = 1_000;

/** Keeps the served state over a restart, off the way of any change, and drops texts that nothing names any more. */
export class Keeper {
  private due: Manifest | undefined;
  private unset: (() => void) | undefined;
  private writing: Promise<void> = Promise.resolve();
  private wasWritten = true;

  constructor(
    private readonly folder: string,
    private readonly relationship: string,
    private readonly clock: Pick<Clock, 'now' | 'at'>,
    private readonly texts: TextFolder,
    private readonly isNamed: (hash: string) => boolean,
    private readonly warn: (text: string) => void,
  ) {}

  read(): Promise<Manifest | undefined> {
    return readManifest(this.folder, this.relationship);
  }

  keep(manifest: Manifest): void {
    this.due = manifest;
    this.unset ??= this.clock.at(this.clock.now() + LATE_MS, () => {
      this.unset = undefined;
      this.write();
    });
  }

  /** Writes what is due; resolves when it is written, or could not be. */
  async close(manifest: Manifest | undefined): Promise<void> {
    this.unset?.();
    if (manifest !== undefined) this.due = manifest;
    this.write();
    await this.writing;
  }

  private write(): void {
    const manifest = this.due;
    if (manifest === undefined) return;
    this.due = undefined;
    this.writing = this.writing.then(async () => {
      try {
        await writeManifest(this.folder, this.relationship, manifest);
        // Only now: what is read after a restart names them still.
        await this.texts.keepOnly(this.isNamed);
        this.wasWritten = true;
      } catch (error) {
        if (this.wasWritten)
          this.warn(`the state of the primary cannot be kept: ${(error as Error).message}`);
        this.wasWritten = false;
      }
    });
  }
}
