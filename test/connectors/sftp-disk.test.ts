import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as disk from '../../src/connectors/file/disk.ts';
import { syncFolder, writeDraft } from '../../src/connectors/file/durable.ts';
import { lookOf } from '../../src/connectors/file/whole.ts';
import { sameVersion } from '../../src/core/capture/look.ts';
import { isFailure } from '../../src/core/failure.ts';
import { Sshd } from '../support/sshd.ts';
import { type BeforeCall, watched } from './disk-calls.ts';
import { RemoteBackup } from './sftp-backup.ts';

vi.mock('../../src/connectors/file/disk.ts', async original => {
  const { seeThrough } = await import('./disk-calls.ts');
  return seeThrough(await original());
});

const server = await Sshd.started({ runs: true });
const mute = await Sshd.started();
afterAll(() => Promise.all([server.remove(), mute.remove()]));

let backup: RemoteBackup;
beforeEach(() => {
  backup = RemoteBackup.on(server);
});
afterEach(() => backup.remove());

const mountable = process.getuid?.() === 0;
const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL } = constants;

/** What node says of the same call here. */
const refusals: readonly [string, (at: (name: string) => string) => Promise<unknown>][] = [
  ['ENOENT', at => disk.stat(at('nowhere'))],
  ['ENOENT', at => disk.lstat(at('nowhere/x'))],
  ['ENOENT', at => disk.realpath(at('nowhere'))],
  ['ENOENT', at => disk.realpath(at('dangling'))],
  ['ENOENT', at => disk.readdir(at('nowhere'))],
  ['ENOTDIR', at => disk.readdir(at('file'))],
  ['ENOTDIR', at => disk.enter(at('file'))],
  ['ENOENT', at => disk.enter(at('nowhere'))],
  ['ENOENT', at => disk.rename(at('nowhere'), at('x'))],
  ['ENOENT', at => disk.rename(at('file'), at('nowhere/x'))],
  ['ENOTEMPTY', at => disk.rename(at('other'), at('full'))],
  ['EISDIR', at => disk.rename(at('file'), at('full'))],
  ['EEXIST', at => disk.mkdir(at('full'))],
  ['EEXIST', at => disk.mkdir(at('file'))],
  ['ENOENT', at => disk.mkdir(at('nowhere/x'))],
  ['EEXIST', at => disk.link(at('file'), at('full/x'))],
  ['ENOENT', at => disk.link(at('nowhere'), at('y'))],
  ['EEXIST', at => disk.symlink('text', at('file'))],
  ['ENOTEMPTY', at => disk.rmdir(at('full'))],
  ['ENOENT', at => disk.unlink(at('nowhere'))],
  ['ENOENT', at => disk.rm(at('nowhere'))],
  ['ENOENT', at => disk.readFile(at('nowhere'))],
  ['EEXIST', at => writeTo(at('file'))],
  ['EEXIST', at => writeTo(at('dangling'))],
  ['ENOENT', at => writeTo(at('nowhere/x'))],
];

async function writeTo(path: string): Promise<void> {
  await (await disk.open(path, O_WRONLY | O_CREAT | O_EXCL)).close();
}

test('what is refused is called what node calls it', async () => {
  for (const folder of ['full', 'other']) mkdirSync(backup.path(folder));
  for (const file of ['file', 'full/x', 'other/y']) writeFileSync(backup.path(file), 'text');
  symlinkSync('nowhere', backup.path('dangling'));
  const before = backup.tree();
  for (const [code, call] of refusals) {
    const codes = await Promise.all(
      [(name: string) => backup.path(name), (name: string) => backup.named(name)].map(at =>
        call(at).then(
          () => 'done',
          error => error.code,
        ),
      ),
    );
    expect([String(call), ...codes]).toEqual([String(call), code, code]);
  }
  expect(backup.tree()).toEqual(before);
});

test.runIf(mountable)('another file system, and one that is read-only, are told apart', async () => {
  const folder = backup.path('mount');
  mkdirSync(folder);
  writeFileSync(backup.path('file'), 'text');
  expect(spawnSync('mount', ['-t', 'tmpfs', 'none', folder]).status).toBe(0);
  try {
    for (const call of [disk.rename, disk.link])
      await expect(call(backup.named('file'), backup.named('mount/x'))).rejects.toMatchObject({
        code: 'EXDEV',
      });
    expect(spawnSync('mount', ['-o', 'remount,ro', folder]).status).toBe(0);
    for (const call of [disk.mkdir, writeTo])
      await expect(call(backup.named('mount/x'))).rejects.toMatchObject({ code: 'EROFS' });
  } finally {
    spawnSync('umount', ['-l', folder]);
  }
});

test('what is written comes back, whole, with owner and mode; names of any letters', async () => {
  const name = "a 'b' \"ü$(x)";
  mkdirSync(backup.path(name));
  const bytes = Buffer.from(Array.from({ length: 1_300_001 }, (_, at) => (at * 31) % 251));
  const owner = { mode: 0o640, uid: process.getuid!(), gid: process.getgid!() };
  await backup.target.reachable();
  const draft = await writeDraft(backup.named(name), bytes, owner);
  await disk.rename(draft.path, backup.named(name, 'file'));
  await syncFolder(backup.named(name));
  expect(Buffer.compare(readFileSync(backup.path(name, 'file')), bytes)).toBe(0);
  expect(lstatSync(backup.path(name, 'file')).mode & 0o7777).toBe(0o640);
  expect(Buffer.compare(await disk.readFile(backup.named(name, 'file')), bytes)).toBe(0);
  const read = await backup.target.read(`${name}/file`);
  if (read === undefined || isFailure(read)) throw new Error('not read');
  expect([read.mode, read.uid, Buffer.compare(read.bytes, bytes)]).toEqual([0o640, process.getuid!(), 0]);
  // It lies on another machine: no tool of this one can copy what it has.
  expect(read.place).toBeUndefined();
  await disk.symlink('a text', backup.named('link'));
  expect([
    await disk.readlink(backup.named('link')),
    lstatSync(backup.path('link')).isSymbolicLink(),
  ]).toEqual(['a text', true]);
  await disk.rm(backup.named(name), { recursive: true });
  expect(existsSync(backup.path(name))).toBe(false);
});

test('a FIFO, a socket, a link that leads out: none is opened, and the server goes on', async () => {
  spawnSync('mkfifo', [backup.path('pipe')]);
  symlinkSync('/etc/passwd', backup.path('out'));
  expect(await backup.target.read('pipe')).toMatchObject({ failure: 'not-a-file' });
  expect(await backup.target.read('out')).toMatchObject({ failure: 'outside-root' });
  await expect(disk.open(backup.named('out'), O_RDONLY)).rejects.toMatchObject({ code: 'ELOOP' });
  writeFileSync(backup.path('file'), 'text');
  expect(await backup.target.read('file')).toMatchObject({ path: 'file' });
});

test('no two looks are the same version, whatever the times say', async () => {
  writeFileSync(backup.path('file'), 'text');
  const look = async () => lookOf(await disk.stat(backup.named('file'), { bigint: true }));
  const [first, second] = [await look(), await look()];
  expect([first.inode === second.inode, sameVersion(first, second)]).toEqual([true, false]);
  chmodSync(backup.path('file'), 0o600);
  expect((await look()).inode).not.toBe(first.inode);
});

test('a file that is written into while it is read, within one second and at the same size, is never half of each', async () => {
  const [before, after] = ['1', '2'].map(text => text.repeat(1_200_000)) as [string, string];
  const time = new Date(1_700_000_000_000);
  const write = (text: string) => {
    writeFileSync(backup.path('file'), text);
    utimesSync(backup.path('file'), time, time);
  };
  for (let at = 1; at <= 5; at++) {
    write(before);
    let [reads, isWritten] = [0, false];
    const look: BeforeCall = ({ name }) => {
      if (name === 'read' && ++reads === at) {
        write(after);
        isWritten = true;
      }
      return undefined;
    };
    const found = await watched(look, () => backup.target.read('file'));
    if (found === undefined || isFailure(found)) throw new Error('not read');
    const text = Buffer.from(found.bytes).toString();
    expect([at, isWritten, text === before || text === after]).toEqual([at, true, true]);
  }
});

test('folders are synced where the server runs a command, and are no error where it does not', async () => {
  const far = RemoteBackup.on(mute);
  try {
    for (const [each, about] of [
      [backup, 1],
      [far, 2],
    ] as const) {
      await each.target.reachable();
      expect(await (each.target as unknown as { about(): Promise<string[]> }).about()).toHaveLength(about);
      await syncFolder(each.named(''));
    }
    // What is gone is told, and not passed over.
    await expect(syncFolder(backup.named('nowhere'))).rejects.toMatchObject({ code: 'ENOENT' });
  } finally {
    far.remove();
  }
});
