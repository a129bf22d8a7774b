import { createHash } from 'node:crypto';
import { lstat, readFile, rename, rm, rmdir, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolders } from '../../connectors/file/folders.ts';
import { code } from '../../connectors/file/place.ts';

/** A file of the service, as it is to be. */
export interface ServiceFile {
  /** Absolute. */
  readonly path: string;
  /** Without the line that tells whose it is. */
  readonly text: string;
}

/**
 * What stands at a file's path: nothing, what install would write, what an earlier install wrote, or
 * something that it did not write (or that was edited since).
 */
export type Standing = 'absent' | 'same' | 'earlier' | 'foreign';

const OURS = /^# Written by `warmspare service install`, sha256 ([0-9a-f]{64})\. [^\n]*\n/;

/** The file with a first line by which a later install or uninstall knows it, and knows it unedited. */
export function signed(text: string): string {
  const hash = createHash('sha256').update(text).digest('hex');
  return `# Written by \`warmspare service install\`, sha256 ${hash}. Own settings: systemctl edit warmspare\n${text}`;
}

export async function standing({ path, text }: ServiceFile): Promise<Standing> {
  try {
    // A link is an alias or a mask that somebody made; what it leads to is not looked at.
    if (!(await lstat(path)).isFile()) return 'foreign';
    const present = await readFile(path, 'utf8');
    if (present === signed(text)) return 'same';
    return present === signed(present.replace(OURS, '')) ? 'earlier' : 'foreign';
  } catch (error) {
    if (code(error) === 'ENOENT' || code(error) === 'ENOTDIR') return 'absent';
    throw error;
  }
}

/** Whole or not at all: systemd may be reading its folders at any time. */
export async function put({ path, text }: ServiceFile): Promise<void> {
  await makeFolders(dirname(path), 0o755);
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(draft, signed(text), { mode: 0o644, flag: 'wx' });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Removes files, and the folder of drop-ins where nothing of anybody else's is left in it. */
export async function remove(files: readonly ServiceFile[]): Promise<void> {
  for (const { path } of files) await unlink(path);
  const folders = new Set(files.map(({ path }) => dirname(path)).filter(path => path.endsWith('.service.d')));
  for (const folder of folders) {
    await rmdir(folder).catch(error => {
      if (code(error) !== 'ENOTEMPTY') throw error;
    });
  }
}
