import { expect, test, vi } from 'vitest';
import { type BeforeCall, watched } from './disk-calls.ts';
import { type Change, withBackup } from './world.ts';

vi.mock('../../src/connectors/file/disk.ts', async original => {
  const { seeThrough } = await import('./disk-calls.ts');
  return seeThrough(await original());
});

interface One {
  readonly path: string;
  readonly before?: string;
  readonly after?: string;
  readonly foretold?: true;
}

/** A power cut that kept the effect and lost what tells of it would leave what is in no ledger. */
test.each<[string, One]>([
  ['a change', { path: 'f', before: 'one\n', after: 'two\n' }],
  ['a change that was foretold', { path: 'f', before: 'one\n', after: 'two\n', foretold: true }],
  ['a deletion', { path: 'f', before: 'one\n' }],
  ['a new file', { path: 'f', after: 'two\n' }],
  ['a new file in a new folder', { path: 'd/f', after: 'two\n' }],
])('the draft of the ledger and its name are on disk before %s is made', async (_, one) => {
  const { path, before, after, foretold } = one;
  await withBackup(async backup => {
    await backup.target.reachable();
    await backup.change({ other: 'one\n' });
    for (const text of before === undefined ? [] : [`0${before}`, before])
      await backup.change({ [path]: text });
    const home = backup.own(backup.home(1)).replace(/\/$/, '');
    const calls: string[] = [];
    const look: BeforeCall = ({ name, paths }) => {
      calls.push([name, ...paths].join(' ').replaceAll(home, 'HOME').replaceAll(backup.root, ''));
      return undefined;
    };
    const transaction = backup.transaction({ [path]: after } as Change);
    await watched(look, async () => {
      if (foretold) await backup.target.foresee('pair', { path, bytes: Buffer.from(after!) });
      expect(await backup.commit(transaction)).toBeUndefined();
    });
    const effect = calls.findIndex(call =>
      after === undefined
        ? call.startsWith(`rename /${path} `)
        : call.endsWith(` /${path}`) && call.startsWith('rename '),
    );
    expect(effect, calls.join('\n')).toBeGreaterThan(0);
    const sooner = calls.slice(0, effect);
    expect(sooner.indexOf('sync HOME/next.json'), calls.join('\n')).toBeGreaterThan(
      sooner.lastIndexOf('writeFile HOME/next.json'),
    );
    expect(sooner.lastIndexOf('sync HOME')).toBeGreaterThan(sooner.indexOf('open HOME/next.json'));
    expect(sooner.indexOf('open HOME/next.json')).toBeGreaterThanOrEqual(0);
  });
});
