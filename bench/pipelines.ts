import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { IDENTITY } from './storage.ts';

/** Beside which the bench was checked out, whether it runs compiled (dist/bench) or as it stands (bench). */
export function rootOf(module: string): string {
  const up = /\/dist\/bench\/[^/]*$/.test(module) ? '../..' : '..';
  return fileURLToPath(new URL(up, module));
}

const ROOT = rootOf(import.meta.url);

export type Name = 'warmspare' | 'inotifywait + sed' | 'naive Node.js';

/** One way of keeping a backup's folder in step with a primary's, in a process of its own. */
export interface Pipeline {
  readonly name: Name;
  readonly primary: string;
  readonly backup: string;
  readonly pid: number;
  /** Resolves when it watches; rejects where it ends before. */
  readonly ready: Promise<void>;
  /** Tells of acknowledged changes so far and of the next one; absent where a pipeline never tells. */
  readonly acknowledged?: Acknowledgements;
  stop(): Promise<void>;
}

/** Why a pipeline can't take part here; undefined: it can. */
export function obstacleTo(name: Name): string | undefined {
  if (name !== 'inotifywait + sed') return undefined;
  const { error } = spawnSync('inotifywait', ['--help'], { stdio: 'ignore' });
  return error === undefined
    ? undefined
    : 'inotifywait is not installed (Debian: apt-get install inotify-tools)';
}

/** @param folder an own one, that holds a `primary` with the file in it */
export function start(name: Name, folder: string): Pipeline {
  const primary = join(folder, 'primary');
  const backup = join(folder, 'backup');
  mkdirSync(backup);
  switch (name) {
    case 'warmspare':
      return warmspare(folder, primary, backup);
    case 'inotifywait + sed':
      return shell(folder, primary, backup);
    case 'naive Node.js':
      return naive(primary, backup);
  }
}

function warmspare(folder: string, primary: string, backup: string): Pipeline {
  const relationship = {
    primary: { path: primary },
    backup: { path: backup },
    include: ['*.yaml'],
    identity: IDENTITY,
  };
  const config = { version: 1, state: join(folder, 'state'), relationships: { bench: relationship } };
  // JSON is YAML as well.
  writeFileSync(join(folder, 'warmspare.yaml'), JSON.stringify(config));
  const args = [...execArgv(), join(ROOT, 'bin/warmspare.js'), 'run', '-c', join(folder, 'warmspare.yaml')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder });
  const acknowledged = new Acknowledgements();
  createInterface({ input: child.stderr }).on('line', line => {
    if (/ replicated in .* change \d+,/.test(line)) acknowledged.tell();
  });
  return { ...pipeline('warmspare', child, /keeps 1 relationship in step/, primary, backup), acknowledged };
}

/** For profiling: WARMSPARE_BENCH_NODE="--cpu-prof --cpu-prof-dir=..." goes to the daemon's own Node.js. */
function execArgv(): string[] {
  return (process.env.WARMSPARE_BENCH_NODE ?? '').split(' ').filter(arg => arg !== '');
}

/** Counts what the daemon said is done. */
export class Acknowledgements {
  count = 0;
  private waiting: () => void = () => {};

  tell(): void {
    this.count++;
    this.waiting();
  }

  /** Resolves with the time of the acknowledgement after the first `count`; undefined after `limitMs`. */
  after(count: number, limitMs: number): Promise<number | undefined> {
    return new Promise(done => {
      const end = (at: number | undefined) => {
        clearTimeout(timer);
        this.waiting = () => {};
        done(at);
      };
      const timer = setTimeout(end, limitMs, undefined);
      this.waiting = () => end(performance.now());
      if (this.count > count) end(performance.now());
    });
  }
}

function shell(folder: string, primary: string, backup: string): Pipeline {
  const rules = IDENTITY.map(pair => `s/\\b${pair.primary.replaceAll('.', '\\.')}\\b/${pair.backup}/g\n`);
  writeFileSync(join(folder, 'rules.sed'), rules.join(''));
  const script = join(ROOT, 'bench/rivals/inotify-sed.sh');
  // In a group of its own: the script has a child that outlives it otherwise.
  const child = spawn('sh', [script, primary, backup, join(folder, 'rules.sed')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  return pipeline('inotifywait + sed', child, /Watches established/, primary, backup);
}

function naive(primary: string, backup: string): Pipeline {
  const pairs = JSON.stringify(IDENTITY.map(pair => [pair.primary, pair.backup]));
  const script = join(ROOT, 'bench/rivals/naive.js');
  const child = spawn(process.execPath, [script, primary, backup, pairs], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return pipeline('naive Node.js', child, /^ready/, primary, backup);
}

function pipeline(name: Name, child: ChildProcess, sign: RegExp, primary: string, backup: string): Pipeline {
  const pid = child.pid ?? -1;
  let tail = '';
  const ended = new Promise<void>(done => child.once('close', () => done()));
  const ready = new Promise<void>((done, failed) => {
    const hear = (chunk: Buffer) => {
      tail = `${tail}${chunk}`.slice(-2000);
      if (sign.test(tail)) done();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', failed);
    void ended.then(() => failed(new Error(`${name} ended: ${tail}`)));
  });
  const end = () => {
    if (child.exitCode === null && child.signalCode === null && pid > 0) {
      process.kill(name === 'inotifywait + sed' ? -pid : pid, 'SIGTERM');
    }
  };
  process.once('exit', end);
  const stop = async () => {
    end();
    await ended;
    process.off('exit', end);
  };
  return { name, primary, backup, pid, ready, stop };
}
