import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withPair } from '../support/pair.ts';
import { changed, EXPORTS, NAMES, SMB } from './fixtures.ts';
import { refusesEntries, tree, whileReadOnly } from './tree.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };

test.each(['without a state folder', 'after a baseline'])('diff writes nothing anywhere: %s', async which => {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'samba/smb.conf', SMB);
    pair.write('primary', 'exports', EXPORTS);
    mkdirSync(join(pair.folder, 'backup/samba'));
    if (which === 'after a baseline') {
      expect((await pair.warmspare('update')).exit).toBe(0);
      pair.write('primary', 'samba/smb.conf', changed(SMB, 'workers = 4', 'workers = 8'));
      pair.write('primary', 'new file', 'nas1\n');
    }
    const before = tree(pair.folder, { times: true });
    await whileReadOnly(
      ['primary', 'backup'].map(side => join(pair.folder, side)),
      async () => {
        for (const side of ['primary', 'backup']) expect(refusesEntries(join(pair.folder, side))).toBe(true);
        for (const command of [
          ['diff'],
          ['diff', '--json'],
          ['update', '--dry-run'],
          ['status'],
          ['check'],
          ['verify'],
        ]) {
          const { exit, stdout, stderr } = await pair.warmspare(...command);
          expect([command[0], stderr]).toEqual([command[0], '']);
          if (command[0] === 'diff') expect(exit).toBe(3);
          if (command[0] === 'check')
            expect([exit, stdout]).toEqual([7, expect.stringContaining('cannot be written')]);
        }
        const { exit } = await pair.warmspare('update');
        expect(exit).toBe(1);
      },
    );
    // The update that failed made the state folder and released its lock; nothing else is anywhere.
    expect(tree(join(pair.folder, 'primary'), { times: true })).toEqual(sideOf(before, 'primary'));
    expect(tree(join(pair.folder, 'backup'), { times: true })).toEqual(sideOf(before, 'backup'));
  });
});

test('diff makes no state folder, and touches none', async () => {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'exports', EXPORTS);
    const before = tree(pair.folder, { times: true });
    for (const command of ['diff', 'status', 'check', 'verify']) await pair.warmspare(command);
    expect(existsSync(join(pair.folder, 'state'))).toBe(false);
    expect(tree(pair.folder, { times: true })).toEqual(before);
    await pair.warmspare('update');
    const after = tree(pair.folder, { times: true });
    for (const command of ['diff', 'status', 'check', 'verify']) await pair.warmspare(command);
    expect(tree(pair.folder, { times: true })).toEqual(after);
  });
});

function sideOf(all: Record<string, string>, side: string): Record<string, string> {
  const own = Object.entries(all).filter(([path]) => path === side || path.startsWith(`${side}/`));
  return Object.fromEntries(own.map(([path, about]) => [path.slice(side.length + 1) || '.', about]));
}
