import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { withPair } from '../support/pair.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What an installed copy has: the packages that are no development dependencies. */
function dependencies(): string[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const all = Object.entries<{ dev?: boolean }>(packages);
  return all.filter(([path, { dev }]) => path !== '' && dev !== true).map(([path]) => path);
}

it('tells the whole story, and leaves nothing behind', async () => {
  await withPair({ include: ['a'], identity: [] }, async pair => {
    const before = readdirSync(tmpdir()).filter(name => name.startsWith('warmspare-demo-'));
    const { exit, stdout, stderr } = await pair.warmspare('demo');
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout.match(/^== /gm)).toHaveLength(9);
    expect(stdout).toContain('NAS1 -> NAS2 (hostname, rule nas1 -> nas2)');
    expect(stdout).toContain('# held, residue: ipv6 fd00:10:0::1 names the primary');
    expect(stdout).toMatch(/8 steps, \d+ identifiers swapped, 1 change held until it was mended/);
    expect(readdirSync(tmpdir()).filter(name => name.startsWith('warmspare-demo-'))).toEqual(before);
  });
});

it('runs as an ordinary user without a terminal or a home', () => {
  const folder = mkdtempSync(join(tmpdir(), 'warmspare-test-'));
  try {
    chmodSync(folder, 0o755);
    for (const part of ['bin', 'dist', 'fixtures', 'package.json', ...dependencies()]) {
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    }
    const isRoot = process.getuid?.() === 0;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(folder, 'bin/warmspare.js'), 'demo'],
      {
        cwd: tmpdir(),
        env: { PATH: process.env.PATH, HOME: '/nonexistent' },
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
        ...(isRoot ? { uid: 65534, gid: 65534 } : {}),
      },
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('in sync');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
