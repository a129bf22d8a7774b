/**
 * One glance at a path: what `stat` tells, enough to tell two versions of a file apart without reading
 * it. Times are nanoseconds since 1970 in decimal, because they do not fit a number.
 */
export interface Look {
  /** `device:inode`. */
  readonly inode: string;
  /** Bytes. */
  readonly size: number;
  /** mtime: when the content was last written, unless a tool set it back. */
  readonly modified: string;
  /** ctime: when content, owner, mode or name last changed; no tool can set it back. */
  readonly changed: string;
}

/** Whether two looks saw the same version; `undefined` is a path with nothing there. */
export function sameVersion(a: Look | undefined, b: Look | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.inode === b.inode && a.size === b.size && a.modified === b.modified && a.changed === b.changed;
}
