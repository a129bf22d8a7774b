import { type BigIntStats, lstatSync, statSync } from 'node:fs';
import { code } from '../../connectors/file/place.ts';
import type { Look } from '../../core/capture/look.ts';

/**
 * Glances are taken synchronously, a few microseconds each: a glance that waits its turn in the thread
 * pool comes back after the events that it is to be compared with.
 */
const GLANCE = { bigint: true, throwIfNoEntry: false } as const;

export interface Glance {
  readonly look: Look;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** When the inode was made, in nanoseconds: tells two files apart that had one inode number in turn. */
  readonly born: bigint;
}

/** What stands at the path itself, a link not followed; undefined: nothing. Throws what `lstat` throws otherwise. */
export function glance(full: string): Glance | undefined {
  const found = lstatSync(full, GLANCE);
  if (found === undefined) return undefined;
  const kind = found.isFile()
    ? 'file'
    : found.isDirectory()
      ? 'folder'
      : found.isSymbolicLink()
        ? 'link'
        : 'other';
  return { look: lookOf(found), kind, born: found.birthtimeNs };
}

/** `device:inode` of a folder, links followed; undefined: nothing is there that can be looked at. */
export function folderInode(folder: string): string | undefined {
  try {
    const found = statSync(folder, GLANCE);
    return found?.isDirectory() ? `${found.dev}:${found.ino}` : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Stands for something that is there and cannot be looked at. It is never taken for a missing file; to
 * read it gives the failure with its reason.
 */
export const UNSEEN: Look = { inode: 'unseen', size: 0, modified: '0', changed: '0' };

/**
 * The look of what is at the path, links followed; of a link that leads nowhere its own. Only where
 * surely nothing is, undefined.
 */
export function lookAt(full: string): Look | undefined {
  try {
    const found = statSync(full, GLANCE) ?? lstatSync(full, GLANCE);
    return found === undefined ? undefined : lookOf(found);
  } catch (error) {
    return code(error) === 'ENOTDIR' ? undefined : UNSEEN;
  }
}

function lookOf(found: BigIntStats): Look {
  return {
    inode: `${found.dev}:${found.ino}`,
    size: Number(found.size),
    modified: String(found.mtimeNs),
    changed: String(found.ctimeNs),
  };
}
