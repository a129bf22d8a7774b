import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OWN_FOLDER } from '../../core/capture/scope.ts';
import type { Failure } from '../../core/failure.ts';
import { realpath } from './disk.ts';
import { locate } from './place.ts';
import { isRemote } from './remotes.ts';

/**
 * The mount points below a root, at their real paths. By the kernel's own list: a folder that is mounted a
 * second time has the device of the first one, and no rename leads into it all the same.
 * Undefined: the root is not there, or was taken away while it was looked at. Of another machine's there is no list
 * to be had: a rename across file systems is refused there, and the transaction is taken back.
 */
export async function mountsBelow(root: string): Promise<readonly string[] | undefined> {
  if (isRemote(root)) return [];
  // Elsewhere than on Linux there is no such list; there the rename itself is what refuses.
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const real = await realpath(root).catch(() => undefined);
  if (real === undefined) return undefined;
  const points = table.split('\n').map(line => unescaped(line.split(' ')[4] ?? ''));
  return points.filter(point => covers(real, point) && point !== real);
}

/** Blanks and backslashes stand there in octal. */
function unescaped(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/**
 * Why no rename leads from the own folder to a path: one of both lies in a mount of its own. Undefined:
 * nothing is in the way, or the path has a Failure of another sort.
 */
export async function otherMount(
  root: string,
  path: string,
  mounts: readonly string[],
): Promise<Failure | undefined> {
  if (mounts.length === 0) return undefined;
  const realRoot = await realpath(root).catch(() => undefined);
  if (realRoot === undefined) return undefined;
  const located = await locate(root, path).catch(() => undefined);
  const real = typeof located === 'string' ? located : join(realRoot, path);
  const own = join(realRoot, OWN_FOLDER);
  const between = mounts.find(mount => covers(mount, real) || covers(own, mount));
  if (between === undefined) return undefined;
  return {
    failure: 'unwritable',
    message: `${path} lies on another file system than ${OWN_FOLDER}, out of which each file is renamed: ${between} is a mount of its own`,
    at: { file: path },
    hint: `make ${between} the root of a relationship of its own, or exclude it`,
  };
}

function covers(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`);
}
