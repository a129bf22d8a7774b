import type { Look } from '../core/capture/look.ts';
import type { Failure } from '../core/failure.ts';

/** How a relationship sees its primary. Events are hints; `scan` is what may be relied on. */
export interface Eyes {
  /** Everything in scope as it is now, watched from then on. */
  scan(): Promise<{
    readonly looks: ReadonlyMap<string, Look>;
    readonly refused: readonly { readonly path: string; readonly failure: Failure }[];
    readonly failure?: Failure;
  }>;
  /** One path now; `writing`: whether a process has it open for writing, undefined where nobody can tell. */
  look(path: string): Promise<{ readonly look: Look | undefined; readonly writing: boolean | undefined }>;
  /** Resolves when everything that happened until now has been hinted at: what was read since is whole. */
  told(): Promise<void>;
  /** Changes that are known of and cannot be seen yet; absent: there are none of that sort. */
  pending?(): number;
  close(): Promise<void>;
}

export interface Sights {
  hint(hint: { readonly path: string; readonly look: Look | undefined; readonly whole: boolean }): void;
  /** Why changes are not seen as they happen; undefined: they are. */
  sight(blind: Failure | undefined): void;
  /** Something happened that only a scan can tell. */
  rescan(): void;
  /** What was planned of this path, and perhaps replicated, proved to be wrong afterwards. */
  doubt(path: string): void;
  /** What could not be seen at all is seen again: whoever waits for it need not wait any longer. */
  reached(): void;
}
