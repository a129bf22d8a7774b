import { spawn } from 'node:child_process';
import { existsSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { canTrace, killedAtCall } from '../connectors/traced.ts';
import { type NodePair, withPair } from '../support/pair.ts';
import { NAMES } from './fixtures.ts';

const START = fileURLToPath(new URL('../../scripts/start.js', import.meta.url));
const RELATIONSHIP = { include: ['**'], identity: NAMES, guard: 'off' };
const FILES = 60;

/** Whole versions only: the first line says how many lines like it there are. */
const version = (i: number, node = 'nas1') => `${node} file of version ${i}\n`.repeat(20 + i);

function writeAll(pair: NodePair, i: number): void {
  for (let n = 0; n < FILES; n++) pair.write('primary', `d/${n}.conf`, version(i));
}

/** How many of the backup's files are of which version; a file that is none of them is counted as torn. */
function versions(pair: NodePair): Record<string, number> {
  const found: Record<string, number> = {};
  for (let n = 0; n < FILES; n++) {
    const text = pair.read('backup', `d/${n}.conf`);
    const which = [1, 2].find(i => text === version(i, 'nas2')) ?? 'torn';
    found[which] = (found[which] ?? 0) + 1;
  }
  return found;
}

/** Runs a real update and sends it a signal as soon as the first of its files is renamed into place. */
async function updateAndSignal(pair: NodePair, signal: NodeJS.Signals): Promise<number | string | null> {
  const child = spawn(process.execPath, [START, 'update', '-c', 'warmspare.yaml'], {
    cwd: pair.folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const watcher = watch(join(pair.folder, 'backup/d'), () => {
    watcher.close();
    child.kill(signal);
  });
  return new Promise(done => child.once('close', (code, by) => done(code ?? by)));
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s lets the commit that runs finish, and releases the lock',
  async signal => {
    await withPair(RELATIONSHIP, async pair => {
      writeAll(pair, 1);
      expect((await pair.warmspare('update')).exit).toBe(0);
      writeAll(pair, 2);
      expect(await updateAndSignal(pair, signal)).toBe(130);
      expect(versions(pair)).toEqual({ 2: FILES });
      expect(existsSync(join(pair.folder, 'state/lock'))).toBe(false);
      expect((await pair.warmspare('status')).exit).toBe(0);
      expect((await pair.warmspare('verify')).exit).toBe(0);
      expect((await pair.warmspare('undo')).exit).toBe(0);
      expect(versions(pair)).toEqual({ 1: FILES });
    });
  },
);

test.runIf(canTrace)('SIGKILL leaves every file whole, and the next update ends what was begun', async () => {
  await withPair(RELATIONSHIP, async pair => {
    writeAll(pair, 1);
    await pair.warmspare('update');
    writeAll(pair, 2);
    // All renames together take a millisecond or two, so the kill is put between them: after the take-over's
    // three, and those that keep what is replaced.
    expect(killedAtCall(pair, ['update'], 'rename', 3 + FILES + FILES / 2)).toBe('SIGKILL');
    const left = versions(pair);
    expect(left.torn).toBeUndefined();
    expect(left).toEqual({ 1: FILES / 2 + 1, 2: FILES / 2 - 1 });
    expect(existsSync(join(pair.folder, 'state/lock'))).toBe(true);
    expect((await pair.warmspare('status')).exit).toBe(6);
    const { exit, stderr } = await pair.warmspare('update');
    expect([exit, stderr]).toEqual([0, '']);
    expect(versions(pair)).toEqual({ 2: FILES });
    expect((await pair.warmspare('verify')).exit).toBe(0);
    expect((await pair.warmspare('undo', '--baseline')).exit).toBe(0);
    expect(existsSync(pair.path('backup', 'd'))).toBe(false);
  });
});

test('a lock of a process that is gone is taken over, also where its number lives again', async () => {
  await withPair(RELATIONSHIP, async pair => {
    writeAll(pair, 1);
    await pair.warmspare('update');
    const lock = join(pair.folder, 'state/lock');
    writeFileSync(lock, `${process.ppid} another-boot/1`);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(existsSync(lock)).toBe(false);
    writeFileSync(lock, String(process.ppid));
    const { exit, stderr } = await pair.warmspare('update');
    expect([exit, stderr]).toEqual([5, expect.stringContaining(`(process ${process.ppid})`)]);
    expect(existsSync(lock)).toBe(true);
  });
});
