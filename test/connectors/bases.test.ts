import { chmodSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isFailure } from '../../src/core/failure.ts';
import { hashOf, withBackup } from './world.ts';

test('the base of a file that is its own comes after the acknowledgement, as a copy', async () => {
  await withBackup(async backup => {
    await backup.change({ a: 'one\n' });
    expect(await backup.commit(backup.transaction({ a: 'two\n' }))).toBeUndefined();
    // Whether or not it is written by now: it is answered for.
    expect(Buffer.from((await backup.target.base('pair', 'a', hashOf('two\n')))!).toString()).toBe('two\n');
    await backup.target.settled();
    expect(backup.names('base/a')).toEqual([hashOf('two\n')]);
    writeFileSync(backup.path('a'), 'edited in place\n');
    backup.reopen();
    expect(Buffer.from((await backup.target.base('pair', 'a', hashOf('two\n')))!).toString()).toBe('two\n');
  });
});

test('the base of a merged file is there before the acknowledgement', async () => {
  await withBackup(async backup => {
    await backup.change({ a: 'one\n' });
    // Nothing can be written there later, so what is there was written before.
    const merged = backup.transaction({ a: { text: 'two\nown\n', base: 'two\n' } });
    const acknowledged = backup.commit(merged).then(failure => [failure, backup.names('base/a')]);
    expect(await acknowledged).toEqual([undefined, expect.arrayContaining([hashOf('two\n')])]);
    await backup.target.settled();
    expect(backup.names('base/a')).toEqual([hashOf('two\n')]);
  });
});

test('a base that could not be written is written by the next commit, which fails where it cannot be', async () => {
  await withBackup(async backup => {
    await backup.change({ a: 'one\n', b: 'one\n' });
    rmSync(backup.own('base/a'), { recursive: true });
    writeFileSync(backup.own('base/a'), 'in the way');
    await backup.change({ a: 'two\n' });
    expect(await backup.commit(backup.transaction({ b: 'two\n' }))).toMatchObject({ failure: 'unwritable' });
    expect(backup.read('b')).toBe('one\n');
    rmSync(backup.own('base/a'));
    await backup.change({ b: 'two\n' });
    expect([backup.names('base/a'), backup.names('base/b')]).toEqual([[hashOf('two\n')], [hashOf('two\n')]]);
  });
});

test('commits that are asked for at once take turns, each with all that it leaves', async () => {
  await withBackup(async backup => {
    const first = backup.transaction({ a: 'one\n' });
    backup.sequence++;
    const second = backup.transaction({ b: 'one\n' });
    expect(isFailure(await backup.target.takeOver('pair'))).toBe(false);
    expect(await Promise.all([backup.target.commit(first), backup.target.commit(second)])).toEqual([
      undefined,
      undefined,
    ]);
    // Before the second was acknowledged, the first had ended.
    expect(backup.names('base/a')).toEqual([hashOf('one\n')]);
    await backup.target.settled();
    expect(backup.names('base/b')).toEqual([hashOf('one\n')]);
  });
});

test('definition and staging folder are written once', async () => {
  await withBackup(async backup => {
    await backup.change({ a: 'one\n' });
    const inodes = () =>
      ['definition', backup.home(backup.target.epoch('pair')!, 'new')].map(
        name => statSync(backup.own(name)).ino,
      );
    const before = inodes();
    await backup.change({ a: 'two\n' });
    expect(inodes()).toEqual(before);
    backup.reopen();
    await backup.change({ a: 'three\n' });
    expect(inodes()[0]).toBe(before[0]);
    before[1] = inodes()[1]!;
    backup.definition = '{"relationship": "pair", "mode": "auto"}\n';
    await backup.change({ a: 'four\n' });
    const after = inodes();
    expect([after[0] === before[0], after[1] === before[1]]).toEqual([false, true]);
  });
});

test('a staging folder that is gone ends the epoch, and is not made again by it', async () => {
  await withBackup(async backup => {
    await backup.change({ a: 'one\n' });
    const { target } = backup;
    const home = backup.home(1, 'new');
    rmSync(backup.own('epoch-1'), { recursive: true });
    const late = backup.transaction({ a: 'two\n' });
    expect(await target.commit(late)).toMatchObject({ failure: 'ledger-gone' });
    expect([backup.read('a'), backup.names('epoch-1')]).toEqual(['one\n', []]);
    mkdirSync(backup.own(home), { recursive: true });
    expect(await target.commit(late)).toMatchObject({ failure: 'fenced' });
    expect(backup.read('a')).toBe('one\n');
    await backup.change({ a: 'two\n' });
    expect([backup.read('a'), target.epoch('pair')]).toEqual(['two\n', 2]);
  });
});

test('the same bytes in another file, or with another owner or mode, have moved too', async () => {
  await withBackup(async backup => {
    await backup.change({ a: 'one\n' });
    const [put] = backup.transaction({ a: 'two\n' }).puts;
    for (const meddle of [
      () => chmodSync(backup.path('a'), 0o600),
      () => {
        writeFileSync(backup.path('draft'), 'one\n');
        renameSync(backup.path('draft'), backup.path('a'));
      },
    ]) {
      const transaction = backup.transaction({ a: 'two\n' });
      // While the new version is staged: after the first look at the target, before the last.
      const bytes = Object.defineProperty({ ...put! }, 'bytes', {
        get: () => {
          meddle();
          return put!.bytes;
        },
      });
      expect(await backup.commit({ ...transaction, puts: [bytes] })).toMatchObject({ failure: 'plan-moved' });
      expect(backup.read('a')).toBe('one\n');
    }
  });
});
