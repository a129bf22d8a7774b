import type { Source, StoredFile } from '../../connectors/connector.ts';
import { modeWithoutList } from '../../connectors/file/attributes.ts';
import type { RevisedFile } from '../../core/cluster/revision.ts';
import { type Failure, FailureError, isFailure } from '../../core/failure.ts';

/** A file as it was read, and as other members are told of it. */
export type Version = { readonly stored: StoredFile; readonly file: RevisedFile } | Failure;

/** One whole version of a path; undefined where nothing is. */
export async function readVersion(source: Source, path: string): Promise<Version | undefined> {
  const stored = await source.read(path);
  if (stored === undefined || isFailure(stored)) return stored;
  const mode = await modeFor(stored).catch(failed);
  if (isFailure(mode)) return mode;
  const { hash, bytes, uid, gid, link, look } = stored;
  const inode = look?.inode ?? '';
  const file = { hash, size: bytes.length, mode, uid, gid, inode, ...(link === undefined ? {} : { link }) };
  return { stored, file };
}

/**
 * An access list does not go from member to member, and the mode of a file that has one says what anybody named
 * there may do at most: without the list that would be given to the file's group.
 */
async function modeFor({ place, path, mode }: StoredFile): Promise<number> {
  return place === undefined ? mode : modeWithoutList(place, path, mode);
}

function failed(error: unknown): Failure {
  if (!(error instanceof FailureError)) throw error;
  return { ...error.failure, failure: 'unreadable' };
}
