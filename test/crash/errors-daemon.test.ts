import { execFileSync } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SEED } from '../runs.ts';
import { DaemonProcess } from '../support/process.ts';
import { LoopDisk } from './loop-disk.ts';
import { sampleOf } from './points.ts';
import { Saves } from './saves.ts';

const RULES = {
  include: ['*.conf'],
  identity: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }],
  backup: { path: './disk/backup' },
};
/** About 60 kB: more than what a disk that is nearly full has left, so that writes come out short. */
const LINES = 2000;
const LEFT_BYTES = 32 * 1024;

/** A fault of a running daemon's backup: how it comes, what the log says of it, and how it goes. */
interface Fault {
  readonly name: string;
  readonly says: RegExp;
  begin(daemon: DaemonProcess, disk: LoopDisk): unknown;
  heal(daemon: DaemonProcess, disk: LoopDisk): unknown;
}

/** Fills a file system up to some bytes. */
function fill(file: string, left = LEFT_BYTES): void {
  const handle = openSync(file, 'w');
  const block = Buffer.alloc(4096, 1);
  let size = 0;
  try {
    for (;;) size += writeSync(handle, block);
  } catch {
    ftruncateSync(handle, size - left);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function limitFiles(pid: number, limit: string): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}`]);
}

const FAULTS: readonly Fault[] = [
  {
    name: 'full',
    says: /ENOSPC/,
    begin: (_, { root }) => fill(join(root, 'ballast')),
    heal: (_, { root }) => rmSync(join(root, 'ballast')),
  },
  {
    name: 'read-only',
    says: /EROFS/,
    begin: (_, disk) => disk.remount('ro'),
    heal: (_, disk) => disk.remount('rw'),
  },
  {
    name: 'immutable',
    says: /EPERM/,
    begin: (_, { root }) => execFileSync('chattr', ['+i', join(root, 'backup/a.conf')]),
    heal: (_, { root }) => execFileSync('chattr', ['-i', join(root, 'backup/a.conf')]),
  },
  {
    name: 'no descriptor left',
    says: /EMFILE/,
    begin: ({ pid }) => limitFiles(pid, '3:'),
    heal: ({ pid }) => limitFiles(pid, '1024:'),
  },
];

it('a daemon whose backup is full, read-only, immutable, or that may open no file, says so and goes on when it heals', async () => {
  const daemon = new DaemonProcess(RULES);
  const disk = new LoopDisk(daemon.folder);
  const backup = join(disk.root, 'backup');
  const saves = new Saves(daemon.path('primary', ''), backup, LINES);
  const inStep = () =>
    daemon.until(
      () => saves.missed().length === 0,
      () => saves.missed().join(', '),
    );
  try {
    mkdirSync(backup);
    await daemon.start();
    saves.save('a.conf');
    await inStep();
    const { pid } = daemon;
    const faults = sampleOf(FAULTS, 1);
    for (const { name, says, begin, heal } of faults) {
      const from = daemon.said.length;
      await begin(daemon, disk);
      try {
        saves.save('a.conf');
        await daemon.until(
          () => daemon.said.slice(from).some(text => says.test(text)),
          () => name,
        );
        expect([name, saves.faults(), saves.missed()]).toEqual([name, [], ['a.conf']]);
      } finally {
        await heal(daemon, disk);
      }
      await inStep();
      expect([name, saves.faults()]).toEqual([name, []]);
    }
    expect(daemon.pid).toBe(pid);
    await daemon.signal('SIGTERM');
    const ledger = readFileSync(join(backup, '.warmspare/pair/ledger.json'), 'utf8');
    expect(JSON.parse(ledger).sequence).toBe(1 + faults.length);
    expect((await daemon.warmspare('verify')).exit).toBe(0);
    console.log(
      `errors, daemon: ${faults.map(({ name }) => name).join(', ')} (seed ${SEED}): 0 torn, 0 lost, each healed`,
    );
  } finally {
    await daemon.signal('SIGKILL').catch(() => undefined);
    await disk.remove();
    daemon.remove();
  }
});

it('a daemon whose own state has no room goes on without its memory, says so once, and remembers again when there is', async () => {
  const daemon = new DaemonProcess({ ...RULES, backup: { path: './backup' } }, { state: './disk/state' });
  const disk = new LoopDisk(daemon.folder);
  const saves = new Saves(daemon.path('primary', ''), daemon.path('backup', ''), LINES);
  const inStep = () => daemon.until(() => saves.missed().length === 0);
  const remembered = async () => {
    const { exit, stdout } = await daemon.warmspare('history', '--json');
    expect(exit).toBe(0);
    return (stdout.match(/"latency":/g) ?? []).length;
  };
  try {
    await daemon.start();
    saves.save('a.conf');
    await inStep();
    const { pid } = daemon;
    const before = await remembered();
    fill(join(disk.root, 'ballast'), 0);
    for (let save = 0; save < 12; save++) {
      saves.save('a.conf');
      await inStep();
    }
    const complaints = () => daemon.said.filter(line => /the journal cannot be written/.test(line)).length;
    await daemon.until(() => complaints() > 0);
    expect(complaints()).toBe(1);
    rmSync(join(disk.root, 'ballast'));
    saves.save('a.conf');
    await inStep();
    await daemon.until(() => daemon.said.filter(line => /replicated in/.test(line)).length >= 14);
    expect([daemon.pid, saves.faults()]).toEqual([pid, []]);
    expect(await remembered()).toBeGreaterThan(before);
    expect(daemon.said.filter(line => /^\s+at |unexpected/.test(line))).toEqual([]);
    await daemon.signal('SIGTERM');
    // It begins again from what it knows, and asks for nothing.
    await daemon.start();
    saves.save('a.conf');
    await inStep();
  } finally {
    await daemon.signal('SIGKILL').catch(() => undefined);
    await disk.remove();
    daemon.remove();
  }
});
