import type { StoredFile } from '../../connectors/connector.ts';
import { FileTarget } from '../../connectors/file/target.ts';
import type { Ledger } from '../../connectors/ledger.ts';
import { type Failure, FailureError, isFailure } from '../../core/failure.ts';
import type { Opened } from '../../replication/opened.ts';
import type { Prepared } from '../../replication/prepare.ts';
import { prepareFiles } from '../../replication/prepare-files.ts';

/**
 * A backup as it was before a step. The daemon is too quick to be asked for its plan; the same plan is made
 * again from the same two sides, so that it can be shown.
 */
export class BackupBefore extends FileTarget {
  private readonly files = new Map<string, StoredFile>();
  private readonly bases = new Map<string, Uint8Array>();
  private known: Ledger | undefined;

  private constructor(
    private readonly opened: Opened,
    private readonly paths: readonly string[],
    root: string,
  ) {
    super(root);
  }

  static async of(opened: Opened, root: string, paths: readonly string[]): Promise<BackupBefore> {
    const before = new BackupBefore(opened, paths, root);
    const now = new FileTarget(root);
    const known = sound(await now.ledger(opened.name));
    before.known = known;
    for (const path of paths) {
      const file = sound(await now.read(path));
      if (file !== undefined) before.files.set(path, file);
      const hash = known?.files[path]?.base;
      const base = hash === undefined ? undefined : await now.base(opened.name, path, hash);
      if (base !== undefined) before.bases.set(path, base);
    }
    return before;
  }

  override async read(path: string): Promise<StoredFile | undefined> {
    return this.files.get(path);
  }

  override async base(_relationship: string, path: string): Promise<Uint8Array | undefined> {
    return this.bases.get(path);
  }

  /** What the primary as it is now makes of this backup. */
  plan(now: number): Promise<Prepared> {
    return prepareFiles(this.opened, this, this.known, this.paths, { now });
  }
}

function sound<T>(found: T | Failure): T {
  if (isFailure(found)) throw new FailureError(found);
  return found as T;
}
