import type { Failure } from '../../core/failure.ts';

/** Why changes are not all seen as they happen. */
export type Blindness =
  /** The folder has no watch; `reason`: an errno code, or words. */
  | { readonly why: 'watch'; readonly reason: string }
  /** It is on a file system that others change as well; `title` as in "on a FUSE file system". */
  | { readonly why: 'file-system'; readonly title: string }
  /** The kernel's queue was full, and what came after was dropped. */
  | { readonly why: 'overflow' };

/** What stands for the kernel's queue where others name a folder. */
export const QUEUE = '/proc/sys/fs/inotify/max_queued_events';

/** Of all that is not seen, by folder, the first in words; undefined: everything is seen. */
export function blindness(blind: ReadonlyMap<string, Blindness>): Failure | undefined {
  const [first] = blind;
  if (first === undefined) return undefined;
  const [folder, reason] = first;
  const others = blind.size === 1 ? '' : ` and ${blind.size - 1} other folders`;
  const at = { file: folder };
  switch (reason.why) {
    case 'watch':
      return {
        failure: 'unreadable',
        message: `${folder}${others} cannot be watched (${reason.reason})`,
        at,
        hint: HINTS[reason.reason] ?? 'see that the folder can be read',
      };
    case 'file-system':
      return {
        failure: 'unreadable',
        message: `${folder}${others} is on ${reason.title}, which does not tell of what others change there`,
        at,
        hint: 'what this machine changes there itself is seen at once',
      };
    case 'overflow':
      return {
        failure: 'unreadable',
        message: 'the kernel dropped events, because so many came at once',
        at,
        hint: 'if this is seen often, raise fs.inotify.max_queued_events (sysctl)',
      };
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'raise fs.inotify.max_user_watches (sysctl)',
  EMFILE: 'raise fs.inotify.max_user_instances (sysctl)',
};
