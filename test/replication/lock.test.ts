import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isFailure } from '../../src/core/failure.ts';
import { takeLock, withLock } from '../../src/replication/lock.ts';

const LOCKER = fileURLToPath(new URL('locker.js', import.meta.url));
const long = process.env.WARMSPARE_LONG === '1';
const [PROCESSES, ROUNDS] = [6, long ? 1000 : 60];

async function withState(work: (state: string) => Promise<void>): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), 'warmspare-lock-'));
  try {
    await work(state);
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

/** A process that takes the lock when it is told. */
class Locker {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  constructor(state: string) {
    this.child = spawn(process.execPath, [LOCKER, state], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines: Interface = createInterface({ input: this.child.stdout! });
    this.answers = lines[Symbol.asyncIterator]();
  }

  tell(what: string): void {
    this.child.stdin!.write(`${what}\n`);
  }

  async answer(): Promise<string> {
    const { value, done } = await this.answers.next();
    if (done === true) throw new Error('the locker has ended');
    return value;
  }

  async ask(what: string): Promise<string> {
    this.tell(what);
    return this.answer();
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
  }
}

/** Of a process that is gone, as an earlier start of the machine, or a kill, leaves it. */
const STALE = [
  () => '',
  (round: number) => `4194304999 another-boot/${round} ${round}`,
  () => `${process.pid} another-boot/1`,
  (round: number) => `x ${round}`,
];

test(`of ${PROCESSES} processes at one stale lock, one gets it, ${ROUNDS} times`, async () => {
  await withState(async state => {
    const lockers = Array.from({ length: PROCESSES }, () => new Locker(state));
    for (const locker of lockers) expect(await locker.answer()).toBe('ready');
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const stale = STALE[round % STALE.length]!(round);
        writeFileSync(join(state, 'lock'), stale);
        // In some rounds the one that was taking it over was killed at it, and the one after it, too.
        const claim = claimOn('lock', stale);
        if (round % 3 > 0) writeFileSync(join(state, claim), '');
        if (round % 3 > 1) writeFileSync(join(state, claimOn(claim, '')), `4194304999 b/1 ${round}`);
        for (const locker of lockers) locker.tell('take');
        const answers = await Promise.all(lockers.map(locker => locker.answer()));
        expect([round, answers.sort()]).toEqual([round, [...Array(PROCESSES - 1).fill('locked'), 'taken']]);
        expect(readdirSync(state)).toEqual(['lock']);
        for (const locker of lockers) expect(await locker.ask('release')).toBe('released');
        expect(readdirSync(state)).toEqual([]);
      }
    } finally {
      await Promise.all(lockers.map(locker => locker.end('SIGKILL')));
    }
  });
});

function claimOn(name: string, content: string): string {
  return `lock.${createHash('sha256').update(`${name}\n${content}`).digest('hex')}`;
}

test('a lock is held until it is released, and over when its process is killed', async () => {
  await withState(async state => {
    const locker = new Locker(state);
    await locker.answer();
    expect(await locker.ask('take')).toBe('taken');
    expect(await takeLock(state)).toMatchObject({ failure: 'locked' });
    await locker.end('SIGKILL');
    const lock = await takeLock(state);
    if (isFailure(lock)) throw new Error(lock.message);
    expect(readFileSync(join(state, 'lock'), 'utf8')).toMatch(new RegExp(`^${process.pid} `));
    expect(await withLock(state, async () => 'worked')).toMatchObject({ failure: 'locked' });
    await lock.release();
    expect(await withLock(state, async () => 'worked')).toBe('worked');
    expect(existsSync(join(state, 'lock'))).toBe(false);
  });
});

test('a claim of a process that lives is waited for, not taken over', async () => {
  await withState(async state => {
    mkdirSync(state, { recursive: true });
    writeFileSync(join(state, 'lock'), 'stale');
    writeFileSync(join(state, claimOn('lock', 'stale')), String(process.ppid));
    expect(await takeLock(state)).toMatchObject({
      failure: 'locked',
      message: expect.stringContaining(`(process ${process.ppid})`),
    });
    expect(readFileSync(join(state, 'lock'), 'utf8')).toBe('stale');
  });
});

test('what is claimed is replaced only while it is what was claimed', async () => {
  await withState(async state => {
    writeFileSync(join(state, 'lock'), 'stale');
    const all = await Promise.all(Array.from({ length: 20 }, () => takeLock(state)));
    expect(all.filter(one => !isFailure(one))).toHaveLength(1);
    expect(readdirSync(state)).toEqual(['lock']);
  });
});

/** More than a busy machine takes to start a process. */
const LIMIT_MS = 60_000;

/** In a process of its own: one that never ends would keep this one from ending. */
test.each([
  ['in a file system that makes no folders', () => '/proc/warmspare'],
  ['further below in it', () => '/proc/warmspare/a/b'],
  ['below a file', (folder: string) => join(folder, 'file/state')],
  ['that is a file', (folder: string) => join(folder, 'file')],
  ['below a link to nowhere', (folder: string) => join(folder, 'link/state')],
])('a state %s is a failure', async (_, stateIn) => {
  await withState(async folder => {
    writeFileSync(join(folder, 'file'), '');
    symlinkSync('nowhere', join(folder, 'link'));
    const { stdout, signal } = spawnSync(process.execPath, [LOCKER, stateIn(folder)], {
      input: 'take\n',
      encoding: 'utf8',
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    expect([signal, stdout]).toEqual([null, 'ready\nunwritable\n']);
  });
});

test('folders above a state are made with it, for this user alone', async () => {
  await withState(async folder => {
    const state = join(folder, 'a/b/c');
    expect(await withLock(state, async () => 'worked')).toBe('worked');
    for (const made of ['a', 'a/b', 'a/b/c']) {
      expect(statSync(join(folder, made)).mode & 0o777).toBe(0o700);
    }
  });
});
