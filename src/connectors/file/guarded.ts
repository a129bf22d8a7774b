import { join } from 'node:path';
import { type Failure, FailureError } from '../../core/failure.ts';
import { lstat } from './disk.ts';
import { absent } from './durable.ts';
import { code } from './place.ts';

/** Runs what writes to the backup; what the file system says against it is a Failure in words. */
export async function guarded(root: string, work: () => Promise<void>): Promise<Failure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof FailureError) return error.failure;
    const reason = code(error);
    if (reason === undefined) throw error;
    const path = (error as NodeJS.ErrnoException).path;
    return {
      failure: 'unwritable',
      message: `the backup cannot be written (${reason}${path === undefined ? '' : `, ${path}`})`,
      at: { file: root },
      hint:
        HINTS[reason] ??
        'look at the file system of the backup; the change is kept and can be replicated again',
    };
  }
}

const HINTS: Readonly<Record<string, string>> = {
  EACCES: 'run warmspare as a user who may write there',
  EPERM: 'run warmspare as a user who may write there and keep the owner, and look for an immutable flag',
  EROFS: 'the file system is mounted read-only',
  ENOSPC: 'make room on the file system of the backup',
  EDQUOT: 'make room on the file system of the backup',
  EXDEV: 'a file lies on another file system than its root: make that mount a root of its own',
};

/** The replication's own folders are never links: whoever can plant one must not be written for. */
export async function refuseLink(root: string, path: string): Promise<void> {
  const found = await lstat(join(root, path)).catch(absent);
  if (found?.isSymbolicLink() !== true) return;
  throw new FailureError({
    failure: 'outside-root',
    message: `${path} on the backup is a symbolic link; replication keeps its memory in a folder only`,
    at: { file: join(root, path) },
    hint: 'see who made the link, and put the folder it leads to in its place',
  });
}
