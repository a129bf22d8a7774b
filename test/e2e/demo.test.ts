import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DemoStep } from '../../src/cli/commands/demo-steps.ts';
import { nodeHost } from '../../src/cli/host.ts';
import { run } from '../../src/cli/run.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Another day than the shipped one, for one test. */
const day = vi.hoisted(() => ({ change: (steps: readonly DemoStep[]) => steps }));
vi.mock(import('../../src/cli/commands/demo-steps.ts'), async original => {
  const { DEMO_STEPS } = await original();
  return {
    get DEMO_STEPS() {
      return day.change(DEMO_STEPS);
    },
  };
});

/** Where temporary folders lie during a test, so that what is left behind is nobody else's. */
let room: string;
beforeEach(() => {
  day.change = steps => steps;
  room = mkdtempSync(join(tmpdir(), 'warmspare-test-'));
  chmodSync(room, 0o777);
  vi.stubEnv('TMPDIR', room);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(room, { recursive: true, force: true });
});

/** What an installed copy has: the packages that are no development dependencies. */
function dependencies(): string[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const all = Object.entries<{ dev?: boolean }>(packages);
  const needed = all.filter(([path, { dev }]) => path !== '' && dev !== true).map(([path]) => path);
  // Of the packages with compiled parts only this platform's is installed.
  return needed.filter(path => existsSync(join(ROOT, path)));
}

/** Runs the demo here, and looks whether it left anything behind. */
async function demo(...args: string[]) {
  let [stdout, stderr] = ['', ''];
  const exit = await run(['demo', ...args], {
    ...nodeHost(new AbortController().signal),
    stdout: { isTTY: false, columns: 80, write: text => (stdout += text) },
    stderr: { isTTY: false, columns: 80, write: text => (stderr += text) },
  });
  expect(readdirSync(room)).toEqual([]);
  return { exit, stdout, stderr };
}

it('tells the whole story, and leaves nothing behind', async () => {
  const { exit, stdout, stderr } = await demo();
  expect([exit, stderr]).toEqual([0, '']);
  expect(stdout.match(/^== /gm)).toHaveLength(9);
  expect(stdout).toContain('NAS1 -> NAS2 (hostname, rule nas1 -> nas2)');
  expect(stdout).toContain('# held, residue: ipv6 fd00:10:0::1 names the primary');
  expect(stdout.match(/^(on nas2’s disk|held) \d+\.\d ms after the save$/gm)).toHaveLength(7);
  expect(stdout).toContain('on the backup "1"\n');
  expect(stdout).toMatch(/^nas1-to-nas2 +nas1 -> nas2 +in sync +- +yes/m);
  expect(stdout).toMatch(/8 steps, \d+ identifiers swapped, 1 change held until it was mended/);
});

it('tells the same as data', async () => {
  const { exit, stdout } = await demo('--json');
  const { steps } = JSON.parse(stdout);
  expect(exit).toBe(0);
  expect(steps.map((step: { saved: string; exit: number }) => [step.saved, step.exit])).toEqual([
    ['the daemon starts', 0],
    ['vim', 0],
    ['renamed over', 0],
    ['in place', 0],
    ['sed -i', 0],
    ['twice in 2 ms', 0],
    ['renamed over', 4],
    ['renamed over', 0],
  ]);
  for (const { ms, swapped, exit: held } of steps) {
    expect(ms).toBeGreaterThan(0);
    expect(swapped > 0).toBe(held === 0);
  }
});

it.each<[string, (step: DemoStep) => DemoStep]>([
  ['is held and should not be', ({ held: _, ...step }) => step],
  ['is not held and should be', step => ({ ...step, versions: [text => `# nas1\n${text}`] })],
])('fails where a step %s, and cleans up', async (_, other) => {
  day.change = steps => steps.filter(({ held }) => held === true).map(other);
  const { exit, stdout, stderr } = await demo();
  expect(exit).toBe(1);
  expect(stderr).toMatch(/the step "an address in a spelling .*" was (not )?held/);
  expect(stdout).not.toContain('in the end');
});

it('fails where the backup is not what it should be', async () => {
  day.change = ([first]) => [{ ...first!, held: true, isRight: () => false, versions: [() => ''] }];
  const { exit, stderr } = await demo();
  expect(exit).toBe(1);
  expect(stderr).toContain('did not come out right');
});

it('ends by a signal, and cleans up', async () => {
  const child = spawn(process.execPath, [join(ROOT, 'bin/warmspare.js'), 'demo'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>(done => child.once('exit', done));
  for await (const text of child.stdout) if (String(text).includes('== a new share')) child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(readdirSync(room)).toEqual([]);
});

it('runs as an ordinary user without a terminal or a home', () => {
  const folder = mkdtempSync(`${room}-copy-`);
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
        env: { PATH: process.env.PATH, TMPDIR: room, HOME: '/nonexistent' },
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
        ...(isRoot ? { uid: 65534, gid: 65534 } : {}),
      },
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('in sync');
    expect(readdirSync(room)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
