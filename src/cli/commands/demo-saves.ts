import { spawnSync } from 'node:child_process';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Host } from '../host.ts';

/** A way in which real tools save a file. */
export type Way = 'vim' | 'in place' | 'renamed over' | 'sed -i' | 'twice in 2 ms';

/** For people, after `saved on nas1`. */
export const WAYS: Readonly<Record<Way, string>> = {
  vim: 'as vim does: the old file set aside, a new one written under its name',
  'in place': 'as nano does: in place, emptied and written again',
  'renamed over': 'as careful programs do: written aside, renamed over the old file',
  'sed -i': 'by sed -i',
  'twice in 2 ms': 'twice, the second version 2 ms after the first: the last one counts',
};

const BETWEEN_MS = 2;

/**
 * Saves the versions, of which the last one stays; `script` is the same edit for sed. The answer is when it
 * was done, in monotonic milliseconds.
 */
export async function save(
  way: Way,
  path: string,
  versions: readonly string[],
  { host, script }: { readonly host: Host; readonly script: string | undefined },
): Promise<number> {
  const text = versions.at(-1)!;
  if (way === 'vim') {
    await rename(path, `${path}~`);
    await writeFile(path, text);
    await rm(`${path}~`);
  } else if (way === 'in place') {
    await writeFile(path, text);
  } else if (way !== 'sed -i' || script === undefined || !sed(script, path)) {
    for (const [index, version] of versions.entries()) {
      if (index > 0) await host.pause(BETWEEN_MS);
      await renameOver(path, version);
    }
  }
  return performance.now();
}

/** False: there is no sed here, or not one that edits in place. */
function sed(script: string, path: string): boolean {
  return spawnSync('sed', ['-i', script, path], { stdio: 'ignore' }).status === 0;
}

async function renameOver(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.draft`);
  await writeFile(draft, text);
  await rename(draft, path);
}
