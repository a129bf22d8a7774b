import { sep } from 'node:path';

/**
 * The outermost of some folders that a path is or lies below. It costs the length of the path and not the
 * number of folders: a daemon asks for each of its calls, and has hundreds of them.
 */
export function outermost(folders: ReadonlySet<string>, path: string): string | undefined {
  if (folders.has(sep)) return sep;
  for (let end = path.indexOf(sep, 1); end !== -1; end = path.indexOf(sep, end + 1)) {
    const folder = path.slice(0, end);
    if (folders.has(folder)) return folder;
  }
  return folders.has(path) ? path : undefined;
}
