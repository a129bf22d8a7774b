import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface TreeOptions {
  /** Times too: for what must not have been touched at all. */
  readonly times?: boolean;
  /** Names of entries to leave out, with all below them. */
  readonly without?: readonly string[];
}

/** A folder as data: for each name its sort, owner, mode and bytes (latin-1), links unfollowed. */
export function tree(
  folder: string,
  { times = false, without = [] }: TreeOptions = {},
): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (path: string) => {
    const stat = lstatSync(path, { bigint: true });
    const about = `${(stat.mode & 0o7777n).toString(8)} ${stat.uid}:${stat.gid}`;
    const when = times ? ` ${stat.mtimeNs} ${stat.ctimeNs}` : '';
    const content = stat.isDirectory()
      ? 'folder'
      : stat.isSymbolicLink()
        ? `-> ${readlinkSync(path)}`
        : readFileSync(path, 'latin1');
    found[relative(folder, path) || '.'] = `${about}${when} ${content}`;
    if (!stat.isDirectory()) return;
    for (const name of readdirSync(path).sort()) if (!without.includes(name)) visit(join(path, name));
  };
  visit(folder);
  return found;
}

const isRoot = process.getuid?.() === 0;

/**
 * Runs work while nothing can be written below the folders: mounted read-only onto themselves as root,
 * who heeds no permission; by permissions for any other user. Undone whatever happens.
 */
export async function whileReadOnly(folders: readonly string[], work: () => Promise<void>): Promise<void> {
  const undo: (() => void)[] = [];
  try {
    for (const folder of folders) {
      if (isRoot && canMount(folder)) {
        undo.push(() => execFileSync('umount', [folder]));
        execFileSync('mount', ['-o', 'remount,ro,bind', folder]);
      } else {
        const mode = lstatSync(folder).mode & 0o7777;
        undo.push(() => chmodSync(folder, mode));
        chmodSync(folder, 0o555);
      }
    }
    await work();
  } finally {
    for (const step of undo.reverse()) step();
  }
}

function canMount(folder: string): boolean {
  try {
    execFileSync('mount', ['--bind', folder, folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Whether a folder really refuses a new entry, for tests that rest on it. */
export function refusesEntries(folder: string): boolean {
  try {
    mkdirSync(join(folder, 'probe'));
    return false;
  } catch {
    return true;
  }
}
