import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { isFailure } from '../../src/core/failure.ts';
import { LONG, SEED } from '../runs.ts';
import { Sshd, signal } from '../support/sshd.ts';
import { type BeforeCall, type DiskCall, watched } from './disk-calls.ts';
import { RemoteBackup } from './sftp-backup.ts';
import { hashOf } from './world.ts';

vi.mock('../../src/connectors/file/disk.ts', async original => {
  const { seeThrough } = await import('./disk-calls.ts');
  return seeThrough(await original());
});

const server = await Sshd.started();
afterAll(() => server.remove());

/** Soon enough that a stopped server is given up, and late enough for one that works on a busy machine. */
const LIMITS = { connectMs: 10_000, callMs: 1500 };

/** Large enough to be cut in the middle. */
const large = (sort: string) => `${sort} `.repeat(200_000);
const LEDGER = '.warmspare/pair/ledger.json';
const PATHS = ['a', 'd/b', 'c', 'large'];
const OLD = [undefined, 'one\n', 'one\n', large('one')];
const NEW = ['new\n', 'two\n', undefined, large('two')];
const CHANGE = Object.fromEntries(PATHS.map((path, at) => [path, NEW[at]]));

const files = (backup: RemoteBackup) => PATHS.map(path => backup.read(path));

/** Also where nobody has asked yet how it ended. */
function isEnded(pid: number): boolean {
  try {
    return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

/**
 *     kill     the processes that serve the connection, before a call is sent
 *     amid     the same, while it is carried out
 *     stop     the one that serves SFTP: it wakes, with the calls in its pipe, when somebody else has gone on
 */
type Cut = 'kill' | 'amid' | 'stop';

interface Found {
  cuts: number;
  torn: number;
  stale: number;
  readonly settled: { old: number; new: number };
}

const nothing = (): Found => ({ cuts: 0, torn: 0, stale: 0, settled: { old: 0, new: 0 } });

/** Which call is cut; and whether the server that was stopped wakes before somebody else has gone on. */
interface Where {
  readonly isIt: (call: DiskCall, backup: RemoteBackup) => boolean;
  readonly wakesFirst?: boolean;
}

async function cutAt({ isIt, wakesFirst = false }: Where, cut: Cut, found: Found): Promise<boolean> {
  const backup = RemoteBackup.on(server, LIMITS);
  let serving: number[] = [];
  try {
    await backup.change({ 'd/b': 'one\n', c: 'one\n', large: large('one') });
    const { ledger, ...rest } = backup.transaction(CHANGE);
    const planned = { ...rest, ledger: { ...ledger, epoch: backup.target.epoch('pair')! } };
    serving = server.sessions();
    let isCut = false;
    const look: BeforeCall = call => {
      if (isCut || !isIt(call, backup)) return undefined;
      isCut = true;
      cutOff(serving, cut);
      return undefined;
    };
    const failure = await watched(look, async () => {
      const answer = await backup.target.commit(planned);
      await backup.target.settled();
      return answer;
    });
    if (!isCut) return false;
    found.cuts++;
    if (files(backup).some((text, index) => text !== OLD[index] && text !== NEW[index])) found.torn++;
    if (failure !== undefined) expect(failure).toMatchObject({ failure: 'unwritable' });
    if (wakesFirst) await woken(serving);
    await goesOn(backup, failure === undefined, found, () => (cut === 'stop' ? woken(serving) : undefined));
    return true;
  } finally {
    // One that is stopped outlives its server.
    for (const pid of serving) signal(pid, 'SIGCONT');
    backup.remove();
  }
}

function cutOff(serving: readonly number[], cut: Cut): void {
  const kill = () => {
    for (const pid of serving) signal(pid, 'SIGKILL');
  };
  if (cut === 'kill') kill();
  else if (cut === 'amid') setImmediate(kill);
  else signal(serving.at(-1)!, 'SIGSTOP');
}

/** Carries out what is left in its pipe, and ends. */
async function woken(serving: readonly number[]): Promise<void> {
  signal(serving.at(-1)!, 'SIGCONT');
  while (!isEnded(serving.at(-1)!)) await new Promise(setImmediate);
}

/** As the daemon does: the epoch is gone with the connection, and another one is taken, which settles what was left. */
async function goesOn(
  backup: RemoteBackup,
  isAcknowledged: boolean,
  found: Found,
  wake: () => Promise<void> | undefined,
): Promise<void> {
  expect(backup.target.epoch('pair')).toBeUndefined();
  const taken = await backup.target.takeOver('pair');
  if (isFailure(taken)) throw new Error(`${taken.failure}: ${taken.message}`);
  const now = files(backup);
  // By their hashes: a difference is shown, and the texts are long.
  const hashes = (texts: readonly (string | undefined)[]) => texts.map(text => text && hashOf(text));
  expect([OLD, NEW].map(hashes)).toContainEqual(hashes(now));
  const isNew = now[0] !== undefined;
  found.settled[isNew ? 'new' : 'old']++;
  if (isAcknowledged) expect(isNew).toBe(true);
  expect([taken.ledger!.sequence, taken.ledger!.files.large!.file]).toEqual(
    isNew ? [2, hashOf(large('two'))] : [1, hashOf(large('one'))],
  );
  backup.sequence = taken.ledger!.sequence;
  // What it took is removed after its answer.
  await backup.target.settled();
  const before = backup.tree();
  await wake();
  if (JSON.stringify(backup.tree()) !== JSON.stringify(before)) found.stale++;
  expect(await backup.commit(backup.transaction(CHANGE))).toBeUndefined();
  await backup.target.settled();
  expect(files(backup)).toEqual(NEW);
}

const atCall = (count: number): Where['isIt'] => {
  let calls = 0;
  return () => ++calls === count;
};

test('a server that is killed or stopped at any call: nothing is torn, and the next attempt ends it or takes it back', async () => {
  const found = nothing();
  const wanted = LONG ? 200 : 10;
  const cuts: readonly Cut[] = ['kill', 'stop', 'amid'];
  // About as many calls as a commit makes.
  const span = 200;
  let seed = SEED;
  for (let round = 0; found.cuts < wanted; round++) {
    seed = (seed * 48271) % 0x7fffffff;
    const from = Math.floor((span * (round % wanted)) / wanted);
    const at = 1 + from + (seed % Math.ceil(span / wanted));
    await cutAt({ isIt: atCall(at) }, cuts[round % cuts.length]!, found);
  }
  console.info(
    `${found.cuts} cuts: ${found.torn} torn, ${found.stale} stale effects; ${found.settled.old} taken back or not begun, ${found.settled.new} done`,
  );
  expect([found.torn, found.stale]).toEqual([0, 0]);
  expect([found.settled.old > 0, found.settled.new > 0]).toEqual([true, true]);
});

/** A deletion moves the file itself, so that it is the one effect whose source is there whatever is taken back. */
const RENAMED = LONG ? ['a', 'd/b', 'c', 'large', LEDGER] : ['c', LEDGER];

test.each(RENAMED)(
  'a server that is stopped at the rename of %s carries it out when it wakes: before or after somebody goes on',
  async path => {
    for (const wakesFirst of [true, false]) {
      const found = nothing();
      const isIt: Where['isIt'] = ({ name, paths }, backup) =>
        name === 'rename' && paths.includes(backup.named(path));
      await cutAt({ isIt, wakesFirst }, 'stop', found);
      expect(found).toMatchObject({ cuts: 1, torn: 0, stale: 0 });
    }
  },
);

test('a server that is started anew between two changes costs an epoch, and nothing else', async () => {
  const own = await Sshd.started();
  const backup = RemoteBackup.on(own, LIMITS);
  try {
    await backup.change({ a: 'one\n' });
    await own.stop();
    expect(await backup.target.reachable()).toMatchObject({ failure: 'root-missing' });
    await own.start();
    while ((await backup.target.reachable()) !== undefined) await new Promise(setImmediate);
    await backup.change({ a: 'two\n' });
    expect([backup.read('a'), backup.target.epoch('pair')]).toEqual(['two\n', 2]);
  } finally {
    backup.remove();
    await own.remove();
  }
});

const mountable = process.getuid?.() === 0;

test.runIf(mountable)(
  'a disk that is full refuses all of it, says so, and goes on when there is room',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'warmspare-full-'));
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', folder], { encoding: 'utf8' });
    expect(mount.stderr).toBe('');
    try {
      const backup = RemoteBackup.on(server, LIMITS, folder);
      await backup.change({ 'd/b': 'one\n', c: 'one\n', large: large('one') });
      const filler = join(folder, 'filler');
      // As much as there is room for.
      expect(() => writeFileSync(filler, Buffer.alloc(8 * 1024 * 1024))).toThrow('ENOSPC');
      const failure = await backup.commit(backup.transaction(CHANGE));
      expect(failure).toMatchObject({ failure: 'unwritable', hint: expect.stringContaining('make room') });
      expect(files(backup)).toEqual(OLD);
      truncateSync(filler, 0);
      expect(await backup.commit(backup.transaction(CHANGE))).toBeUndefined();
      expect(files(backup)).toEqual(NEW);
    } finally {
      spawnSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
