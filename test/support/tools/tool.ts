import { spawn } from 'node:child_process';

/** Where a tool saves, and what it may use. All on one file system, but `far`. */
export interface Place {
  /** The file as its users name it, absolute. */
  readonly file: string;
  /** Its folder: the primary's root. */
  readonly root: string;
  /** A folder outside of the root. */
  readonly aside: string;
  /** A folder on another file system. */
  readonly far: string;
}

/** How a real tool brings a new version of a file to its place. */
export interface Tool {
  readonly name: string;
  /** Programs that must be there, by their path. */
  readonly needs: readonly string[];
  /** The file's path in the root, where it is not `conf`. */
  readonly path?: string;
  /**
   * Puts the first version, which stands in `$C`, to its place. Default: `cp "$C" "$P"`. In all scripts:
   * `$P` the file, `$C` a file outside of the root with the new content, `$ROOT`, `$ASIDE`, `$FAR`.
   */
  readonly prepare?: string;
  /** Saves: a shell script, or a function. It is finished when the tool is. */
  readonly save: string | ((place: Place, contentFile: string) => Promise<void>);
  /** What stands at the place after the save, where it is not the content of `$C`. */
  readonly result?: (content: string) => string;
  /** Contents that the tool finishes on the way, each a save of its own. */
  readonly onTheWay?: (content: string) => readonly string[];
  /** It takes so long that it is run once only. */
  readonly long?: boolean;
}

/** Runs a shell script with the place in its environment; rejects when it fails. */
export function shell(script: string, place: Place, contentFile: string): Promise<void> {
  const env = {
    ...process.env,
    P: place.file,
    C: contentFile,
    ROOT: place.root,
    ASIDE: place.aside,
    FAR: place.far,
    LC_ALL: 'C',
  };
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-ec', script], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', chunk => {
      said += chunk;
    });
    child.on('error', reject);
    child.on('close', status => {
      if (status === 0) resolve();
      else reject(new Error(`${script}: status ${status}: ${said}`));
    });
  });
}

export function prepare(tool: Tool, place: Place, contentFile: string): Promise<void> {
  return shell(tool.prepare ?? 'cp "$C" "$P"', place, contentFile);
}

export function save(tool: Tool, place: Place, contentFile: string): Promise<void> {
  if (typeof tool.save === 'string') return shell(tool.save, place, contentFile);
  return tool.save(place, contentFile);
}
