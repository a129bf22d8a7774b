import { OWN_FOLDER } from '../../core/capture/scope.ts';

const HOME = new RegExp(`^(.*/${OWN_FOLDER.replace('.', '\\.')}/[^/]+/epoch-\\d+/[0-9a-f]{24}[^/]*)(?:/|$)`);

/**
 * Owners' directories, each by the connection through which it was used first. When a connection breaks, the server may
 * still carry out what was sent through it, at any later time: a process that was stopped there wakes up with the
 * calls in its pipe. Each effect is a rename with the owner's directory on one side; so that directory is given up with
 * the connection, and the next epoch, which moves it away, ends all that is still under way.
 */
export class Homes {
  private readonly lines = new Map<string, number>();

  /** Takes note of the directories that a change goes by. Throws where one of them was another connection's. */
  use(paths: readonly string[], line: number): void {
    for (const path of paths) {
      const [, home] = HOME.exec(path) ?? [];
      if (home === undefined) continue;
      const before = this.lines.get(home);
      if (before === undefined) this.lines.set(home, line);
      else if (before !== line)
        throw Object.assign(new Error(`ECONNRESET, ${path}`), { code: 'ECONNRESET', path });
    }
  }

  /** Whether a directory was used through another connection than this one. */
  hasLost(home: string, line: number | undefined): boolean {
    const before = this.lines.get(home);
    return before !== undefined && before !== line;
  }
}
