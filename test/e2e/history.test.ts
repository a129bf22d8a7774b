import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isFailure } from '../../src/core/failure.ts';
import { openJournal } from '../../src/daemon/journal/journal.ts';
import type { JournalEvent } from '../../src/daemon/journal/record.ts';
import { type NodePair, withPair } from '../support/pair.ts';
import { changed, EXPORTS, NAMES, SMB } from './fixtures.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };

/** Three changes: a baseline, an update with a reason, and the update taken back. */
async function threeChanges(pair: NodePair): Promise<void> {
  pair.write('primary', 'smb.conf', SMB);
  pair.write('primary', 'exports', EXPORTS);
  await pair.warmspare('update');
  pair.now += 60_000;
  pair.write('primary', 'smb.conf', changed(SMB, 'workers = 4', 'workers = 8'));
  await pair.warmspare('update', '--reason', 'more\nworkers, password=geheim99 \u001b[31m');
  pair.now += 60_000;
  await pair.warmspare('undo');
}

const json = async (pair: NodePair, ...args: string[]) =>
  JSON.parse((await pair.warmspare('history', '--json', ...args)).stdout);

/** Writes what the daemon would have written. */
async function journalled(pair: NodePair, events: readonly JournalEvent[]): Promise<void> {
  const journal = await openJournal(join(pair.folder, 'state'));
  if (isFailure(journal)) throw new Error(journal.message);
  for (const event of events) journal.append({ relationship: 'pair', at: pair.now, event });
  await journal.close();
}

test('without a daemon the ledger tells: newest first, who, when, why, which files', async () => {
  await withPair(RELATIONSHIP, async pair => {
    expect(await pair.warmspare('history')).toMatchObject({ exit: 0, stdout: 'nothing was applied yet\n' });
    await threeChanges(pair);
    const { exit, stdout, stderr } = await pair.warmspare('history');
    expect([exit, stderr]).toEqual([0, '']);
    const [third, , second, , first, ...files] = stdout.split('\n');
    expect(third).toMatch(/^pair\/3 {2}2026-01-01 00:02:00Z {2}undo of 2 by \S+ at \S+$/);
    expect(second).toMatch(
      /^pair\/2 {2}2026-01-01 00:01:00Z {2}update by \S+ at \S+: more workers, password=••••••/,
    );
    expect(first).toMatch(/^pair\/1 {2}2026-01-01 00:00:00Z {2}baseline by \S+ at \S+$/);
    expect(files.slice(0, 2)).toEqual(['    + exports', '    + smb.conf']);
    expect(stdout).not.toMatch(/geheim99|\u001b/);

    const { changes } = await json(pair, '--limit', '2');
    expect(changes.map((one: { change: string }) => one.change)).toEqual(['pair/3', 'pair/2']);
    expect(JSON.stringify(changes)).not.toContain('geheim99');
    for (const limit of ['0', 'x', '-1', '1.5'])
      expect((await pair.warmspare('history', `--limit=${limit}`)).exit).toBe(2);
    expect((await pair.warmspare('history', 'nobody')).exit).toBe(2);
    expect((await pair.warmspare('undo', 'pair/1')).exit).not.toBe(2);
  });
});

test('the journal tells more: operations, identifiers, latency, and with --all what else happened', async () => {
  await withPair(RELATIONSHIP, async pair => {
    await threeChanges(pair);
    const [, second] = (await json(pair)).changes;
    const patch = [
      { op: 'replace' as const, path: '/global/workers', value: '8' },
      { op: 'add' as const, path: '/global/secret', value: 'geheim11' },
    ];
    const [file] = second.files;
    const { sequence, plan, who } = second;
    const files = [{ ...file, operations: 2, swaps: 3, patch }];
    await journalled(pair, [
      { type: 'started', version: '1', node: 'nas1' },
      { type: 'applied', sequence, plan, what: 'update', who, files, latency: 4.25 },
      {
        type: 'held',
        path: 'exports',
        id: 'abc',
        since: 1,
        failures: [{ failure: 'syntax', message: 'not read: password=geheim22' }],
      },
      { type: 'paused', who: 'root', reason: 'password=geheim33' },
      { type: 'applied', sequence: 9, plan: 'none', what: 'update', who, files },
    ]);
    const { stdout } = await pair.warmspare('history');
    expect(stdout).toMatch(/^pair\/2 .*update by \S+ at \S+, 4\.\d ms: more/m);
    expect(stdout).toContain('    ~ smb.conf  (+1 ~1, 3 identifiers swapped)\n');
    expect(stdout).toMatch(/^pair\/9 .*\(the backup’s ledger does not tell of it\)$/m);
    expect(stdout).not.toContain('held');

    const all = await pair.warmspare('history', '--all');
    expect(all.stdout).toMatch(/^pair {2}\S+ \S+ {2}held \(abc\): exports: not read: password=••••••$/m);
    expect(all.stdout).toMatch(/^pair {2}\S+ \S+ {2}paused by root: password=••••••$/m);
    const { changes, events } = await json(pair, '--all');
    expect(changes[0].files[0].patch).toEqual([
      { op: 'replace', path: '/global/workers' },
      { op: 'add', path: '/global/secret' },
    ]);
    expect(events.map((one: { type: string }) => one.type)).toEqual(['paused', 'held', 'started']);
    expect(JSON.stringify([all.stdout, stdout, changes, events])).not.toMatch(/geheim/);
  });
});

test('a damaged journal is a warning, and the ledger still tells', async () => {
  await withPair(RELATIONSHIP, async pair => {
    await threeChanges(pair);
    await journalled(pair, [{ type: 'sighted' }]);
    writeFileSync(join(pair.folder, 'state/journal/store/data.mdb'), 'no journal');
    const { exit, stdout, stderr } = await pair.warmspare('history');
    expect([exit, stdout.split('\n')[0]]).toEqual([0, expect.stringMatching(/^pair\/3 /)]);
    expect(stderr).toContain('warning unreadable: the journal cannot be read');
  });
});

test('a backup that cannot be reached is said, and the journal tells what it can', async () => {
  await withPair(RELATIONSHIP, async pair => {
    await threeChanges(pair);
    const [third] = (await json(pair)).changes;
    const { sequence, plan, who, files, undoes } = third;
    const told = files.map((file: object) => ({ ...file, operations: 1, swaps: 0 }));
    await journalled(pair, [{ type: 'undone', sequence, plan, what: 'undo', who, files: told, undoes }]);
    renameSync(join(pair.folder, 'backup'), join(pair.folder, 'away'));
    const { exit, stdout, stderr } = await pair.warmspare('history');
    expect([exit, stderr]).toEqual([1, expect.stringContaining('root-missing')]);
    expect(stdout).toMatch(/^pair\/3 .*undo of 2 by \S+ \(the backup’s ledger does not tell of it\)$/m);
  });
});
