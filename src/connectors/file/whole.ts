import type { BigIntStats } from 'node:fs';
import type { Look } from '../../core/capture/look.ts';
import { type Failure, isFailure } from '../../core/failure.ts';
import type { StoredFile } from '../connector.ts';
import { sha256InTurns } from './digest.ts';
import { type Handle, stat } from './disk.ts';
import { openRegular } from './place.ts';
import { isRemote } from './remotes.ts';

const ATTEMPTS = 5;

/**
 * Reads one version: the file must not have changed between the first and the last look. Over SFTP, whose times are
 * whole seconds of a clock that nobody here knows, looks do not tell that: the bytes are read twice, and have to be
 * the same.
 */
export async function readWhole(real: string, path: string): Promise<StoredFile | Failure> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const opened = await openRegular(real, path);
    if (isFailure(opened)) return opened;
    const { handle, found: first } = opened;
    try {
      const bytes = await readTo(handle, Number(first.size));
      const [last, named, again] = await Promise.all([
        handle.stat({ bigint: true }),
        stat(real, { bigint: true }),
        isRemote(real) ? readTo(handle, Number(first.size)) : undefined,
      ]);
      const isSteady =
        first.mtimeNs === last.mtimeNs &&
        (again === undefined ? first.ctimeNs === last.ctimeNs : Buffer.compare(bytes, again) === 0) &&
        BigInt(bytes.length) === last.size &&
        named.dev === last.dev &&
        named.ino === last.ino;
      if (!isSteady) continue;
      const { uid, gid } = last;
      const mode = Number(last.mode) & 0o7777;
      const look = lookOf(last);
      return {
        path,
        bytes,
        hash: await sha256InTurns(bytes),
        mode,
        uid: Number(uid),
        gid: Number(gid),
        look,
        ...(again === undefined ? { place: real } : {}),
      };
    } finally {
      await handle.close();
    }
  }
  return {
    failure: 'unreadable',
    message: `${path} changes while it is read`,
    at: { file: path },
    hint: 'try again when the tool that writes it has finished',
  };
}

export function lookOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): Look {
  return {
    inode: `${dev}:${ino}`,
    size: Number(size),
    modified: String(mtimeNs),
    changed: String(ctimeNs),
  };
}

/**
 * The bytes up to the file's end, where `size` are expected. One more is asked for: a file that has grown
 * shows it, and where it has not, its end is known without another call.
 */
async function readTo(handle: Handle, size: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(size + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    length += bytesRead;
    if (bytesRead === 0 || length === size) break;
  }
  return buffer.subarray(0, length);
}
