import {
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { expect, test } from 'vitest';
import { withBackup } from './world.ts';

test('what a change replaces is the replaced file itself, with its owner and mode', async () => {
  await withBackup(async backup => {
    await backup.change({ 'samba/smb.conf': 'one\n' });
    const { ino } = statSync(backup.path('samba/smb.conf'));
    await backup.change({ 'samba/smb.conf': 'two\n' });
    const kept = statSync(backup.own('earlier/2.file.samba%2Fsmb.conf'));
    expect([kept.ino, kept.nlink]).toEqual([ino, 1]);
    expect(backup.names('earlier')).toEqual(['0.about.samba%2Fsmb.conf', '2.file.samba%2Fsmb.conf']);
    const earlier = await backup.target.earlier('pair', 2, 'samba/smb.conf');
    expect(earlier).toMatchObject({ path: 'samba/smb.conf', mode: 0o644, uid: kept.uid, gid: kept.gid });
    expect(Buffer.from(earlier!.bytes).toString()).toBe('one\n');
  });
});

test('the first version is a copy: who has the file open still, does not change it', async () => {
  await withBackup(async backup => {
    backup.write('smb.conf', 'own\n', 0o640);
    const editor = openSync(backup.path('smb.conf'), 'r+');
    await backup.change({ 'smb.conf': 'one\n' });
    writeSync(editor, 'OWN!', 0);
    closeSync(editor);
    const read = async (sequence: number) =>
      Buffer.from((await backup.target.earlier('pair', sequence, 'smb.conf'))!.bytes).toString();
    expect(await read(0)).toBe('own\n');
    expect((await backup.target.earlier('pair', 0, 'smb.conf'))!.mode).toBe(0o640);
    // The one of the change is the file itself; its hash in the history tells that it was written to.
    expect(await read(1)).toBe('OWN!');
  });
});

test('a file that has another name, or is reached by a link, is copied', async () => {
  await withBackup(async backup => {
    backup.write('real.conf', 'real\n', 0o604);
    symlinkSync('real.conf', backup.path('linked.conf'));
    backup.write('twice.conf', 'twice\n');
    linkSync(backup.path('twice.conf'), backup.path('other name'));
    await backup.change({ 'linked.conf': 'one\n', 'twice.conf': 'one\n' });
    expect(lstatSync(backup.path('linked.conf')).isSymbolicLink()).toBe(true);
    expect(backup.read('real.conf')).toBe('one\n');
    writeFileSync(backup.path('other name'), 'edited in place\n');
    const twice = await backup.target.earlier('pair', 1, 'twice.conf');
    expect(Buffer.from(twice!.bytes).toString()).toBe('twice\n');
    const linked = await backup.target.earlier('pair', 1, 'linked.conf');
    expect(linked).toMatchObject({ link: 'real.conf', mode: 0o604 });
    expect(Buffer.from(linked!.bytes).toString()).toBe('real\n');
  });
});

test('every path that was ever touched is known, whatever its name', async () => {
  await withBackup(async backup => {
    const long = `${'d'.repeat(200)}/${'f'.repeat(200)}`;
    const names = ['a b%2F.conf', 'd/e/f.conf', 'é~#.conf', long, '.hidden'];
    for (const name of names) await backup.change({ [name]: 'one\n' });
    await backup.change({ 'd/e/f.conf': undefined, [long]: 'two\n' });
    expect(await backup.target.touchedPaths('pair')).toEqual([...names].sort());
    expect(Buffer.from((await backup.target.earlier('pair', 6, long))!.bytes).toString()).toBe('one\n');
    expect(await backup.target.earlier('pair', 0, long)).toBeUndefined();
    expect(await backup.target.forget('pair')).toBeUndefined();
    expect([backup.read(long), backup.names()]).toEqual(['two\n', []]);
    // A folder made for a file goes with it; one that still holds something stays.
    expect(backup.read('d/e')).toBeUndefined();
  });
});

test('what is too old to be undone goes, the first version never', async () => {
  await withBackup(async backup => {
    backup.write('a', 'own\n');
    for (let i = 1; i <= 25; i++) await backup.change({ a: `${i}\n` });
    const kept = Array.from({ length: 20 }, (_, i) => `${i + 6}.file.a`);
    expect(backup.names('earlier')).toEqual(['0.file.a', ...kept].sort());
    expect(readFileSync(backup.own('earlier/0.file.a'), 'utf8')).toBe('own\n');
    expect(readFileSync(backup.own('earlier/6.file.a'), 'utf8')).toBe('5\n');
  });
});

test('an attempt that is refused leaves no trace, and the next one finds the first version anew', async () => {
  await withBackup(async backup => {
    backup.write('a', 'own\n');
    backup.write('b', 'own\n');
    const late = backup.transaction({ a: 'one\n', b: 'one\n', 'new/c': 'one\n' });
    backup.write('b', 'edited after the plan\n');
    expect(await backup.commit(late)).toMatchObject({ failure: 'plan-moved', at: { file: 'b' } });
    expect([backup.read('a'), backup.read('new/c')]).toEqual(['own\n', undefined]);
    expect([backup.names(backup.home(1)), backup.names(backup.home(1, 'new'))]).toEqual([
      ['new', 'removed'],
      [],
    ]);
    expect(backup.names('earlier').filter(name => name.startsWith('0.'))).toEqual([]);
    expect(backup.names()).not.toContain('ledger.json');
    await backup.change({ a: 'one\n', b: 'one\n' });
    expect(backup.names('earlier')).toEqual(['0.file.a', '0.file.b', '1.file.a', '1.file.b']);
    expect(readFileSync(backup.own('earlier/0.file.b'), 'utf8')).toBe('edited after the plan\n');
    expect(statSync(backup.own('earlier/1.file.a')).nlink).toBe(1);
  });
});

test('what an interrupted attempt left is replaced', async () => {
  await withBackup(async backup => {
    await backup.change({ a: 'one\n' });
    mkdirSync(backup.own(backup.home(1, 'new/folder')));
    for (const name of [
      backup.home(1, 'new/draft'),
      'earlier/2.file.a',
      'earlier/2.about.a',
      'earlier/3.file.b',
    ]) {
      writeFileSync(backup.own(name), '{"link": "elsewhere"}');
    }
    backup.reopen();
    await backup.change({ a: 'two\n' });
    expect(backup.names()).toEqual(['base', 'definition', 'earlier', 'epoch-2', 'ledger.json']);
    expect(backup.names(backup.home(2, 'new'))).toEqual([]);
    expect(backup.names('earlier')).toEqual(['0.about.a', '2.file.a']);
    expect(readFileSync(backup.own('earlier/2.file.a'), 'utf8')).toBe('one\n');
  });
});
