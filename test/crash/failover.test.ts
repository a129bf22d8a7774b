import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Machines, withMachines } from '../e2e/failover.ts';
import { changed, NAMES } from '../e2e/fixtures.ts';
import type { NodePair } from '../support/pair.ts';
import { WARMSPARE } from './points.ts';

const TEXT = 'host = nas1\nport = 1\nmode = a\n';
const OVER = TEXT.replace('nas1', 'nas2');
const PATHS = ['a.conf', 'b.conf'];

const PRELOADED = fileURLToPath(new URL('./kill-at-rename.js', import.meta.url));

/** Where a command of two files is killed: between its renames, and after both, before the acknowledgement. */
const RENAMES = ['b.conf', '.warmspare/pair/ledger.json'];

function kill(pair: NodePair, path: string, argv: readonly string[]): void {
  const { status, signal, stderr } = spawnSync(
    process.execPath,
    ['--import', PRELOADED, WARMSPARE, ...argv],
    { cwd: pair.folder, env: { ...process.env, KILL_AT: pair.path('backup', path) }, encoding: 'utf8' },
  );
  if (signal !== 'SIGKILL') throw new Error(`ended with ${status}, never having come to ${path}: ${stderr}`);
}

const texts = (pair: NodePair) => PATHS.map(path => pair.read('backup', path));

function lastOf(machines: Machines) {
  const { what, files } = machines.ledger('backup').history.at(-1);
  return [what, files.map(({ path }: { path: string }) => path)];
}

describe.each(RENAMES)('killed before the rename to %s', path => {
  test('activate: the next one ends it, runs the hooks, and the history has all of it', async () => {
    await withMachines({ include: ['**'], identity: NAMES }, async (machines, pair) => {
      const hooks = join(pair.folder, 'hooks');
      const reload = ['sh', '-c', `echo "$0" >> ${hooks}`, '{file}'];
      const files = { '*.conf': { apply: 'on-break', reload } };
      pair.configure({ include: ['**'], identity: NAMES, files });
      for (const each of PATHS) pair.write('primary', each, TEXT);
      await pair.warmspare('update');
      await pair.warmspare('break', '--at', 'backup');
      kill(pair, path, ['activate', '--at', 'backup']);
      const { exit, stdout, stderr } = await pair.warmspare('activate', '--at', 'backup');
      expect([exit, stderr, stdout]).toEqual([0, '', expect.stringContaining('a.conf, b.conf')]);
      expect(texts(pair)).toEqual([OVER, OVER]);
      expect(lastOf(machines)).toEqual(['activate', PATHS]);
      expect(readFileSync(hooks, 'utf8').trim().split('\n')).toHaveLength(2);
      expect((await pair.warmspare('resync', '--reverse')).exit).toBe(0);
    });
  });

  test('activate, and the roles are exchanged next: what was begun is ended before', async () => {
    const files = { '*.conf': { apply: 'on-break' } };
    await withMachines({ include: ['**'], identity: NAMES, files }, async (machines, pair) => {
      for (const each of PATHS) pair.write('primary', each, TEXT);
      await pair.warmspare('update');
      await pair.warmspare('break');
      kill(pair, path, ['activate']);
      expect((await pair.warmspare('resync', '--reverse')).exit).toBe(0);
      expect(texts(pair)).toEqual([OVER, OVER]);
      expect(lastOf(machines)).toEqual(['activate', PATHS]);
      expect((await pair.warmspare('status')).exit).toBe(0);
    });
  });

  test('resync --forward: the next one ends it, and replicates what the primary has', async () => {
    await withMachines({ include: ['**'], identity: NAMES }, async (machines, pair) => {
      for (const each of PATHS) pair.write('primary', each, TEXT);
      await pair.warmspare('update');
      await pair.warmspare('break');
      for (const each of PATHS) pair.write('backup', each, changed(OVER, 'mode = a', 'mode = b'));
      const line = ['resync', '--forward', '--orphans', 'drop'];
      kill(pair, path, line);
      pair.write('primary', 'a.conf', changed(TEXT, 'port = 1', 'port = 2'));
      const { exit, stdout, stderr } = await pair.warmspare(...line);
      expect([exit, stderr, stdout]).toEqual([0, '', expect.stringContaining('follows again')]);
      expect(texts(pair)).toEqual([changed(OVER, 'port = 1', 'port = 2'), OVER]);
      const { broken, history } = machines.ledger('backup');
      expect(broken).toBe(false);
      const resync = history.filter(({ what }: { what: string }) => what === 'resync');
      expect(resync).toMatchObject([{ files: [{ path: 'a.conf' }, { path: 'b.conf' }] }]);
      expect((await pair.warmspare('status')).exit).toBe(0);
      // Nothing is left of the break.
      expect((await pair.warmspare(...line)).exit).toBe(5);
    });
  });

  test('resync --forward, and a change of mind: --reverse needs a break again', async () => {
    await withMachines({ include: ['**'], identity: NAMES }, async (_, pair) => {
      for (const each of PATHS) pair.write('primary', each, TEXT);
      await pair.warmspare('update');
      await pair.warmspare('break');
      for (const each of PATHS) pair.write('backup', each, changed(OVER, 'mode = a', 'mode = b'));
      kill(pair, path, ['resync', '--forward', '--orphans', 'drop']);
      const { exit, stderr } = await pair.warmspare('resync', '--reverse');
      expect([exit, stderr]).toEqual([5, expect.stringContaining('not-broken')]);
    });
  });
});
