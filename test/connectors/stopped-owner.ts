import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NodePair } from '../support/pair.ts';

const STRACE = '/usr/bin/strace';
const BIN = fileURLToPath(new URL('../../bin/warmspare.js', import.meta.url));

/** How often the kernel is asked whether a process stands still: nothing tells of that. */
const LOOK_MS = 5;

/** strace counts calls by thread and name, so each call is told by its name and that number, from 1. */
export interface Point {
  readonly name: string;
  readonly count: number;
  /** The call as it was when the points were found. */
  readonly text: string;
}

/** One thread for the pool, so that its calls come in the same order each time. */
const ENV = { ...process.env, UV_THREADPOOL_SIZE: '1' };

const CALLS =
  'openat,rename,link,symlink,unlink,mkdir,rmdir,fsync,write,fchmod,fchown,statx,readlink,getdents64,close';

/** Every call on the backup that a real update makes once it has taken it, in order. */
export function pointsOf(pair: NodePair, argv: readonly string[]): Point[] {
  const log = join(pair.folder, 'points');
  const trace = ['-f', '-qq', '-y', '-s', '512', '-e', `trace=${CALLS}`, '-e', 'signal=none', '-o', log];
  const { status, stdout, stderr } = spawnSync(STRACE, [...trace, process.execPath, BIN, ...argv], {
    cwd: pair.folder,
    env: ENV,
  });
  if (status !== 0) throw new Error(`the traced update ended with ${status}: ${stdout}${stderr}`);
  const counts = new Map<string, number>();
  const points = new Map<string, Point>();
  let isOwner = false;
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [, thread, name = '', rest = ''] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? [];
    if (name === '') continue;
    const count = (counts.get(`${thread} ${name}`) ?? 0) + 1;
    counts.set(`${thread} ${name}`, count);
    if (isOwner && rest.includes(pair.path('backup', '')))
      points.set(`${name} ${count}`, { name, count, text: line });
    if (name === 'rename' && rest.includes('/asking-')) isOwner = true;
  }
  return [...points.values()];
}

/** A real update that is stopped at one of its calls, until it is let go on. */
export class StoppedOwner {
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private exit: number | null | undefined;
  private said = '';

  constructor(pair: NodePair, argv: readonly string[], { name, count }: Point) {
    const inject = ['-e', `trace=${name}`, '-e', `inject=${name}:signal=STOP:when=${count}`];
    this.child = spawn(STRACE, ['-f', '-qq', '-o', '/dev/null', ...inject, process.execPath, BIN, ...argv], {
      cwd: pair.folder,
      env: ENV,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream!.on('data', chunk => {
        this.said += String(chunk);
      });
    this.ended = new Promise(done =>
      this.child.once('close', code => {
        this.exit = code;
        done();
      }),
    );
  }

  /** Waits until each of its threads stands still, and that is so; false where it ended without. */
  async isStopped(isSo: () => boolean): Promise<boolean> {
    while (this.exit === undefined) {
      // Twice: a thread that has just ended its call is seen to run only then.
      if (this.standsStill() && (await pause(LOOK_MS, true)) && this.standsStill()) {
        if (isSo()) return true;
        // Another thread came to its call of that number before.
        this.go();
      }
      await Promise.race([pause(LOOK_MS), this.ended]);
    }
    return false;
  }

  private standsStill(): boolean {
    const states = this.threads();
    return states.length > 0 && states.every(state => state === 't' || state === 'T');
  }

  private go(): void {
    const { pid } = this;
    if (pid !== undefined && this.standsStill()) process.kill(pid, 'SIGCONT');
  }

  /** The process under strace. */
  private get pid(): number | undefined {
    try {
      const children = readFileSync(`/proc/${this.child.pid}/task/${this.child.pid}/children`, 'utf8');
      return Number(children.trim().split(' ')[0]) || undefined;
    } catch {
      return undefined;
    }
  }

  private threads(): string[] {
    try {
      const tasks = readdirSync(`/proc/${this.pid}/task`);
      return tasks.map(task => {
        const about = readFileSync(`/proc/${this.pid}/task/${task}/stat`, 'utf8');
        return about.slice(about.lastIndexOf(')') + 2)[0]!;
      });
    } catch {
      return [];
    }
  }

  /** Lets it go on to its end; another thread may come to its call of the same number, and stop it again. */
  async wake(): Promise<{ exit: number | null; said: string }> {
    while (this.exit === undefined) {
      this.go();
      await Promise.race([pause(LOOK_MS), this.ended]);
    }
    return { exit: this.exit, said: this.said };
  }

  kill(): void {
    const { pid } = this;
    if (this.exit === undefined && pid !== undefined) process.kill(pid, 'SIGKILL');
  }
}
