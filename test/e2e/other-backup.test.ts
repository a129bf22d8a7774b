import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { NodePair } from '../support/pair.ts';
import { type Machines, withMachines } from './failover.ts';
import { changed, EXPORTS, NAMES, SMB } from './fixtures.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };

/** The backup is an older copy of itself, with all that replication keeps there. */
async function restored(pair: NodePair): Promise<void> {
  pair.write('primary', 'smb.conf', SMB);
  await pair.warmspare('update');
  cpSync(pair.path('backup', ''), join(pair.folder, 'copy'), { recursive: true, preserveTimestamps: true });
  for (const workers of [8, 9]) {
    pair.write('primary', 'smb.conf', changed(SMB, 'workers = 4', `workers = ${workers}`));
    await pair.warmspare('update');
  }
  rmSync(pair.path('backup', ''), { recursive: true });
  renameSync(join(pair.folder, 'copy'), pair.path('backup', ''));
}

/** In the backup's place is another unit's, with a relationship of the same name. */
async function exchanged(pair: NodePair): Promise<void> {
  pair.write('primary', 'exports', EXPORTS);
  await pair.warmspare('update');
  renameSync(pair.path('backup', ''), join(pair.folder, 'own'));
  mkdirSync(pair.path('backup', ''));
  renameSync(join(pair.folder, 'state'), join(pair.folder, 'state of own'));
  await pair.warmspare('update');
  rmSync(join(pair.folder, 'state'), { recursive: true });
  renameSync(join(pair.folder, 'state of own'), join(pair.folder, 'state'));
}

const memory = ({ folder }: NodePair) => readFileSync(join(folder, 'state/relationships/pair.json'), 'utf8');
const RIGHT = ['a backup that was restored', 'another backup'] as const;
const made = { 'a backup that was restored': restored, 'another backup': exchanged };
const SAYS = { 'a backup that was restored': 'is older', 'another backup': 'belongs to another backup' };

describe.each(RIGHT)('%s is no more the one that is remembered', which => {
  const withIt = (work: (machines: Machines, pair: NodePair) => Promise<void>) =>
    withMachines(RELATIONSHIP, async (machines, pair) => {
      await made[which](pair);
      await work(machines, pair);
    });

  test('nothing of it is undone, and it is not released', async () => {
    await withIt(async (machines, pair) => {
      const before = [machines.everything('backup'), memory(pair)];
      for (const line of [['undo'], ['undo', '--baseline'], ['release']]) {
        const { exit, stderr } = await pair.warmspare(...line);
        expect([line, exit, stderr]).toEqual([line, 4, expect.stringContaining(SAYS[which])]);
      }
      expect([machines.everything('backup'), memory(pair)]).toEqual(before);
      expect((await pair.warmspare('release', '--at', 'backup')).exit).toBe(0);
      expect(existsSync(pair.path('backup', '.warmspare'))).toBe(false);
    });
  });

  test('it can be broken and activated, and is held all the same when it is to follow or to lead', async () => {
    await withIt(async (machines, pair) => {
      const remembered = memory(pair);
      for (const command of ['break', 'activate']) expect((await pair.warmspare(command)).exit).toBe(0);
      expect(machines.ledger('backup').broken).toBe(true);
      expect(memory(pair)).toBe(remembered);
      const before = [machines.everything('primary'), machines.everything('backup')];
      for (const way of ['--forward', '--reverse']) {
        const { exit, stderr } = await pair.warmspare('resync', way, '--orphans', 'keep');
        expect([way, exit, stderr]).toEqual([way, 4, expect.stringContaining(SAYS[which])]);
      }
      expect([machines.everything('primary'), machines.everything('backup')]).toEqual(before);
    });
  });
});

test('an exchanged primary is none of ours: a release after an exchange of roles leaves its ledger', async () => {
  await withMachines(RELATIONSHIP, async (_, pair) => {
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    await pair.warmspare('break');
    await pair.warmspare('resync', '--reverse');
    const own = join(pair.folder, 'backup/.warmspare/pair/ledger.json');
    const text = readFileSync(own, 'utf8');
    const witness = join(pair.folder, 'state/relationships/pair.json');
    expect(JSON.parse(readFileSync(witness, 'utf8')).backup).toBe(JSON.parse(text).backup);
    await exchangeBackup(pair);
    const theirs = readFileSync(own, 'utf8');
    expect((await pair.warmspare('release')).exit).toBe(0);
    expect(existsSync(pair.path('primary', '.warmspare'))).toBe(false);
    expect(readFileSync(own, 'utf8')).toBe(theirs);
  });
});

/** Another unit's ledger lies where the backup's lay. */
async function exchangeBackup(pair: NodePair): Promise<void> {
  const away = (name: string) => join(pair.folder, `away-${name}`);
  for (const name of ['primary', 'backup', 'state']) renameSync(join(pair.folder, name), away(name));
  for (const name of ['primary', 'backup']) mkdirSync(join(pair.folder, name));
  pair.write('primary', 'exports', EXPORTS);
  await pair.warmspare('update');
  for (const name of ['primary', 'state']) {
    rmSync(join(pair.folder, name), { recursive: true });
    renameSync(away(name), join(pair.folder, name));
  }
}

test('a primary that is away stops no undo; a backup that is away is said so', async () => {
  await withMachines(RELATIONSHIP, async (_, pair) => {
    pair.write('primary', 'smb.conf', SMB);
    await pair.warmspare('update');
    const before = pair.read('backup', 'smb.conf');
    pair.write('primary', 'smb.conf', changed(SMB, 'workers = 4', 'workers = 8'));
    await pair.warmspare('update');
    renameSync(pair.path('primary', ''), join(pair.folder, 'away'));
    expect((await pair.warmspare('undo')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(before);
    renameSync(join(pair.folder, 'away'), pair.path('primary', ''));
    renameSync(pair.path('backup', ''), join(pair.folder, 'away'));
    for (const line of [['undo'], ['undo', '--baseline']]) {
      const { exit, stderr } = await pair.warmspare(...line);
      expect([line, exit, stderr]).toEqual([line, 6, expect.stringContaining('does not exist')]);
    }
  });
});

test('a release that was interrupted after its note is ended by the next one', async () => {
  await withMachines(RELATIONSHIP, async (_, pair) => {
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    cpSync(join(pair.folder, 'backup'), join(pair.folder, 'copy'), { recursive: true });
    await pair.warmspare('release');
    rmSync(join(pair.folder, 'backup'), { recursive: true });
    renameSync(join(pair.folder, 'copy'), join(pair.folder, 'backup'));
    expect((await pair.warmspare('release')).exit).toBe(0);
    expect(existsSync(pair.path('backup', '.warmspare'))).toBe(false);
    await exchangeBackup(pair);
    const { exit, stderr } = await pair.warmspare('release');
    expect([exit, stderr]).toEqual([4, expect.stringContaining('belongs to another backup')]);
  });
});
