import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { changed, NAMES, SMB } from '../e2e/fixtures.ts';
import { type NodePair, withPair } from '../support/pair.ts';
import { canTrace, killedAt } from './traced.ts';
import { hashOf } from './world.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };
const onBackup = (text: string) => text.replaceAll('nas1', 'nas2').replaceAll('10.0.0.1/', '10.0.1.1/');
const NEXT = changed(SMB, 'workers = 4', 'workers = 8');
const LATER = changed(NEXT, '/srv/media', '/srv/film');

const base = (pair: NodePair, text: string) =>
  pair.path('backup', `.warmspare/pair/base/smb.conf/${hashOf(onBackup(text))}`);

/** A pair whose last update was killed after the acknowledgement, before the base was written. */
async function killedBeforeBase(work: (pair: NodePair) => Promise<void>): Promise<void> {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'smb.conf', SMB);
    pair.write('primary', 'other.conf', 'host = nas1\n');
    await pair.warmspare('update');
    pair.write('primary', 'smb.conf', NEXT);
    expect(killedAt(pair, ['update'], base(pair, NEXT))).toBe('SIGKILL');
    const ledger = JSON.parse(readFileSync(pair.path('backup', '.warmspare/pair/ledger.json'), 'utf8'));
    expect(ledger.files['smb.conf']).toMatchObject({ base: hashOf(onBackup(NEXT)), sequence: 2 });
    expect([existsSync(base(pair, SMB)), existsSync(base(pair, NEXT))]).toEqual([true, false]);
    expect(pair.read('backup', 'smb.conf')).toBe(onBackup(NEXT));
    await work(pair);
  });
}

test.runIf(canTrace)(
  'killed before the base is written: in sync, and the next update writes it',
  async () => {
    await killedBeforeBase(async pair => {
      expect((await pair.warmspare('status')).exit).toBe(0);
      expect((await pair.warmspare('verify')).exit).toBe(0);
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect(existsSync(base(pair, NEXT))).toBe(true);
      pair.write('backup', 'smb.conf', `# own\n${pair.read('backup', 'smb.conf')}`);
      pair.write('primary', 'smb.conf', LATER);
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect(pair.read('backup', 'smb.conf')).toBe(`# own\n${onBackup(LATER)}`);
    });
  },
);

test.runIf(canTrace)(
  'killed before the base is written: also the update of another file writes it',
  async () => {
    await killedBeforeBase(async pair => {
      pair.write('primary', 'other.conf', 'host = nas1\nmore = 1\n');
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect([existsSync(base(pair, SMB)), existsSync(base(pair, NEXT))]).toEqual([false, true]);
    });
  },
);

test.runIf(canTrace)(
  'killed before the base is written: undo keeps it, as the file stops being it',
  async () => {
    await killedBeforeBase(async pair => {
      expect((await pair.warmspare('undo')).exit).toBe(0);
      expect(pair.read('backup', 'smb.conf')).toBe(onBackup(SMB));
      expect(existsSync(base(pair, NEXT))).toBe(true);
      expect((await pair.warmspare('verify')).exit).toBe(0);
      pair.write('primary', 'smb.conf', LATER);
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect(pair.read('backup', 'smb.conf')).toBe(changed(onBackup(SMB), '/srv/media', '/srv/film'));
    });
  },
);

test.runIf(canTrace)(
  'killed before the base is written: undo --baseline brings back everything',
  async () => {
    await killedBeforeBase(async pair => {
      expect((await pair.warmspare('undo', '--baseline')).exit).toBe(0);
      expect([
        existsSync(pair.path('backup', 'smb.conf')),
        existsSync(pair.path('backup', '.warmspare')),
      ]).toEqual([false, false]);
    });
  },
);

test.runIf(canTrace).each([
  ['take-primary', onBackup(LATER)],
  ['keep-local', `# own\n${onBackup(NEXT)}`],
])('killed before the base is written, then edited: held, and %s is a way out', async (way, wanted) => {
  await killedBeforeBase(async pair => {
    pair.write('backup', 'smb.conf', `# own\n${pair.read('backup', 'smb.conf')}`);
    pair.write('primary', 'smb.conf', LATER);
    const { exit, stderr } = await pair.warmspare('update');
    expect([exit, stderr]).toEqual([4, expect.stringContaining('the text that was replicated last is lost')]);
    expect(pair.read('backup', 'smb.conf')).toBe(`# own\n${onBackup(NEXT)}`);
    const baseline = await pair.warmspare('update', '--baseline', way);
    expect([baseline.stderr, pair.read('backup', 'smb.conf')]).toEqual(['', wanted]);
    expect((await pair.warmspare('status')).exit).toBe(0);
    expect(existsSync(base(pair, LATER))).toBe(true);
  });
});

test.runIf(canTrace)('killed before the base is written: reject keeps what it needs', async () => {
  await killedBeforeBase(async pair => {
    expect((await pair.warmspare('update')).exit).toBe(0);
    pair.write('backup', 'smb.conf', changed(onBackup(NEXT), 'workers = 8', 'workers = 2'));
    pair.write('primary', 'smb.conf', changed(NEXT, 'workers = 8', 'workers = 9'));
    const held = JSON.parse((await pair.warmspare('status', '--json')).stdout).relationships[0].held;
    expect((await pair.warmspare('reject', held[0].id)).exit).toBe(0);
    expect(existsSync(base(pair, changed(NEXT, 'workers = 8', 'workers = 9')))).toBe(true);
    expect((await pair.warmspare('status')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toContain('workers = 2');
  });
});

test('undo refuses an earlier version that somebody who had it open wrote to', async () => {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'smb.conf', SMB);
    await pair.warmspare('update');
    const editor = openSync(pair.path('backup', 'smb.conf'), 'r+');
    pair.write('primary', 'smb.conf', NEXT);
    await pair.warmspare('update');
    writeSync(editor, '# late', 0);
    closeSync(editor);
    const { exit, stderr } = await pair.warmspare('undo');
    expect([exit, stderr]).toEqual([1, expect.stringContaining('before change 2 is no longer kept')]);
    expect(pair.read('backup', 'smb.conf')).toBe(onBackup(NEXT));
  });
});
