import { describe, expect, test } from 'vitest';
import { withPair } from '../support/pair.ts';
import { trapIdentity, trapSets } from './fixtures.ts';

describe.each(trapSets().map(set => [set.name, set] as const))('%s', (_, set) => {
  const relationship = { include: ['*'], identity: trapIdentity(set.mapping) };

  test('update makes the backup that was worked out by hand', async () => {
    await withPair(relationship, async pair => {
      pair.write('primary', set.file, set.text);
      const { exit, stderr } = await pair.warmspare('update');
      expect([exit, stderr]).toEqual([0, '']);
      expect(pair.read('backup', set.file)).toBe(set.backup);
      expect((await pair.warmspare('verify')).exit).toBe(0);
      expect((await pair.warmspare('status')).exit).toBe(0);
    });
  });

  test('a second update has nothing to do', async () => {
    await withPair(relationship, async pair => {
      pair.write('primary', set.file, set.text);
      await pair.warmspare('update');
      const { exit, stdout } = await pair.warmspare('update');
      expect([exit, stdout]).toEqual([0, expect.stringContaining('nothing to do')]);
    });
  });
});
