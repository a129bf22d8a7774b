import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withPair } from '../support/pair.ts';
import { EXPORTS, NAMES, SMB, TARGETS } from './fixtures.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };

test('a file with apply: on-break is never written, named by diff, status and check, and not ready', async () => {
  const files = { '*.json': { apply: 'on-break' } };
  await withPair({ ...RELATIONSHIP, files }, async pair => {
    pair.write('primary', 'targets.json', TARGETS);
    pair.write('primary', 'exports', EXPORTS);
    const diff = await pair.warmspare('diff');
    expect([diff.exit, diff.stdout]).toEqual([3, expect.stringContaining('# targets.json: waits for break')]);
    expect(diff.stdout).not.toContain('+++ b/targets.json');
    expect((await pair.warmspare('update')).exit).toBe(7);
    expect(existsSync(pair.path('backup', 'targets.json'))).toBe(false);
    expect(existsSync(pair.path('backup', 'exports'))).toBe(true);
    const status = await pair.warmspare('status');
    expect(status.exit).toBe(7);
    expect(status.stdout).toMatch(/READY/);
    expect(status.stdout).toMatch(/in sync +- +no /);
    expect(status.stdout).toContain('not ready: targets.json waits for break');
    const check = await pair.warmspare('check');
    expect([check.exit, check.stdout]).toEqual([7, expect.stringContaining('targets.json waits for break')]);
    const { relationships } = JSON.parse((await pair.warmspare('status', '--json')).stdout);
    expect(relationships[0]).toMatchObject({ state: 'in sync', ready: 'no', waiting: ['targets.json'] });
    expect((await pair.warmspare('explain', 'targets.json')).stderr).toContain('waits for break');
    pair.write('backup', 'targets.json', '{"own": true}\n');
    pair.write('primary', 'targets.json', TARGETS.replace('"b"', '"c"'));
    expect((await pair.warmspare('update')).exit).toBe(7);
    expect(pair.read('backup', 'targets.json')).toBe('{"own": true}\n');
  });
});

test.each(['validate', 'reload'])('a file with %s is in step and not ready', async key => {
  const files = { 'smb.conf': { [key]: ['true', '{file}'] } };
  await withPair({ ...RELATIONSHIP, files }, async pair => {
    pair.write('primary', 'exports', EXPORTS);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect((await pair.warmspare('status')).exit).toBe(0);
    pair.write('primary', 'smb.conf', SMB);
    expect((await pair.warmspare('status')).exit).toBe(6);
    expect((await pair.warmspare('update')).exit).toBe(7);
    expect(pair.read('backup', 'smb.conf')).toContain('nas2');
    const { exit, stdout } = await pair.warmspare('status');
    expect([exit, stdout]).toEqual([
      7,
      expect.stringContaining(`smb.conf: ${key} is not run by this version`),
    ]);
    expect((await pair.warmspare('check')).exit).toBe(7);
    expect((await pair.warmspare('verify')).exit).toBe(0);
  });
});
