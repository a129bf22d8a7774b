import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runHook } from '../../src/replication/hooks.ts';

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'warmspare-hook-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('a hook is no shell: what looks like one is an argument', async () => {
  await withFolder(async folder => {
    const file = join(folder, 'a b; touch planted');
    expect(await runHook(['touch', '{file}'], file)).toBeUndefined();
    expect([existsSync(file), existsSync('planted')]).toEqual([true, false]);
  });
});

test('what fails is told with its exit code and its words', async () => {
  const failure = await runHook(['sh', '-c', 'echo no such service >&2; exit 7'], '');
  expect(failure).toMatchObject({ failure: 'hook-failed' });
  expect(failure?.message).toMatch(/\(exit 7\): no such service$/);
  expect((await runHook(['/no/such/program'], ''))?.message).toContain('cannot be started (ENOENT)');
});

test('what does not end is ended, with all that it started', async () => {
  await withFolder(async folder => {
    const pids = join(folder, 'pids');
    const endless = `sleep 1000 & echo $! $$ > ${pids}; wait`;
    const failure = await runHook(['sh', '-c', endless], '', 300);
    expect(failure?.message).toContain('took longer than 0.3 s and was ended');
    const started = readFileSync(pids, 'utf8').trim().split(' ').map(Number);
    expect(started).toHaveLength(2);
    // Killed, and not gone at once; one that nobody has waited for yet is still listed, as a zombie.
    await expect.poll(() => started.filter(isRunning), { timeout: 10_000 }).toEqual([]);
  });
});

function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
