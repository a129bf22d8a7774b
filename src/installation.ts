import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder that this program is installed in, wherever in it this very code runs from: src, dist, or a bundle. */
const ROOT = rootAbove(new URL('.', import.meta.url));

function rootAbove(folder: URL): URL {
  const above = new URL('..', folder);
  if (existsSync(new URL('package.json', folder)) || above.href === folder.href) return folder;
  return rootAbove(above);
}

/** A file or folder that comes with the program, by its path from the installation's folder. */
export const shipped = (path: string): URL => new URL(path, ROOT);

/** The same as an absolute path. */
export const shippedPath = (path: string): string => fileURLToPath(shipped(path));

/** What runs beside the program itself, in processes and threads of its own. Each is an entry of the bundle. */
export type Entry = 'planner-child' | 'planner-lifeline' | 'journal-child' | 'plan-thread';

export const entryOf = (name: Entry): URL => shipped(`dist/bundle/${name}.js`);
