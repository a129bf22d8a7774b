import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withPair } from '../support/pair.ts';
import { EXPORTS, NAMES, SMB, TARGETS } from './fixtures.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };

test('a file with apply: on-break is kept ready beside the ledger and never put; kept ready, it is in step', async () => {
  const files = { '*.json': { apply: 'on-break' } };
  await withPair({ ...RELATIONSHIP, files }, async pair => {
    pair.write('primary', 'targets.json', TARGETS);
    pair.write('primary', 'exports', EXPORTS);
    const diff = await pair.warmspare('diff');
    expect([diff.exit, diff.stdout]).toEqual([3, expect.stringContaining('# targets.json: waits for break')]);
    // What patch(1) would take is only what an update puts.
    expect(diff.stdout).not.toMatch(/^\+\+\+ b\/targets\.json/m);
    expect(diff.stdout).toMatch(/^# \+\+\+ b\/targets\.json/m);
    expect((await pair.warmspare('status')).exit).toBe(6);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(existsSync(pair.path('backup', 'targets.json'))).toBe(false);
    expect(existsSync(pair.path('backup', 'exports'))).toBe(true);
    const status = await pair.warmspare('status');
    expect([status.exit, status.stdout]).toEqual([0, expect.stringMatching(/in sync +- +yes /)]);
    expect((await pair.warmspare('check')).exit).toBe(0);
    expect((await pair.warmspare('verify')).exit).toBe(0);
    const { relationships } = JSON.parse((await pair.warmspare('status', '--json')).stdout);
    expect(relationships[0]).toMatchObject({ state: 'in sync', ready: 'yes', waiting: ['targets.json'] });
    expect((await pair.warmspare('explain', 'targets.json')).stderr).toContain('waits for break');
    pair.write('backup', 'targets.json', '{"own": true}\n');
    pair.write('primary', 'targets.json', TARGETS.replace('"b"', '"c"'));
    expect((await pair.warmspare('status')).exit).toBe(6);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect((await pair.warmspare('status')).exit).toBe(0);
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
