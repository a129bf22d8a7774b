import { join } from 'node:path';
import { OWN_FOLDER } from '../../core/capture/scope.ts';
import { sha256, sha256InTurns } from './digest.ts';
import { readFile } from './disk.ts';
import { absent, makeFolder, writeDurably } from './durable.ts';
import { refuseLink } from './guarded.ts';

/**
 * Texts beside the ledger, each named by its hash: files that wait for a break, and files as they stood at
 * one. Whoever has an outdated ledger can add to them and not change them.
 */
export class KeptTexts {
  private readonly folder: string;

  constructor(
    private readonly root: string,
    private readonly relationship: string,
  ) {
    this.folder = join(root, OWN_FOLDER, relationship, 'texts');
  }

  async keep(texts: readonly Uint8Array[]): Promise<void> {
    if (texts.length === 0) return;
    for (const part of ['', this.relationship, join(this.relationship, 'texts')])
      await refuseLink(this.root, join(OWN_FOLDER, part));
    await makeFolder(this.folder, this.root);
    for (const text of texts) {
      const hash = sha256(text);
      // One that is damaged is written anew.
      if ((await this.read(hash)) === undefined) {
        await writeDurably(this.folder, join(this.folder, hash), text);
      }
    }
  }

  async read(hash: string): Promise<Uint8Array | undefined> {
    if (!/^[0-9a-f]{64}$/.test(hash)) return undefined;
    const found = await readFile(join(this.folder, hash)).catch(absent);
    return found !== undefined && (await sha256InTurns(found)) === hash ? found : undefined;
  }

  /** `discard`: as the owner removes what is the replication's own, so that a stale one drops no text. */
  async drop(hashes: readonly string[], discard: (path: string) => Promise<void>): Promise<void> {
    for (const hash of hashes) await discard(join(this.folder, hash)).catch(() => undefined);
  }
}
