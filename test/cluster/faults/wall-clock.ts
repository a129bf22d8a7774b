import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('./wall-clock.c', import.meta.url));

/** Whether a program's clock can be moved here. */
export const WALL_CLOCK = process.arch === 'x64' && existsSync('/usr/bin/cc');

/** The wall clock of the programs that are run with it, which a test moves; the monotonic clock stays. */
export class WallClock {
  private readonly folder = mkdtempSync(join(tmpdir(), 'warmspare-clock-'));
  private readonly program = join(this.folder, 'wall-clock');
  private readonly offset = join(this.folder, 'offset');

  constructor() {
    execFileSync('/usr/bin/cc', ['-O1', '-o', this.program, SOURCE]);
    this.jump(0);
  }

  /** To be put before the program. */
  get before(): readonly string[] {
    return [this.program, this.offset];
  }

  /** From now on the clock is so many seconds ahead of everybody's. */
  jump(seconds: number): void {
    // In place and of one length: the helper has the file open, and never reads half a number.
    writeFileSync(this.offset, String(seconds).padEnd(20));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
