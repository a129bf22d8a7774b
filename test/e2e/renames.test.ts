import { existsSync, renameSync, unlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type NodePair, withPair } from '../support/pair.ts';

const RULES = {
  include: ['*.json'],
  identity: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }],
};

const begun = async (pair: NodePair) => {
  pair.write('primary', 'a.json', '{"host": "nas1", "a": 1}');
  pair.write('primary', 'other.json', '{"host": "nas1"}');
  expect((await pair.warmspare('update')).exit).toBe(0);
};
const isThere = (pair: NodePair, file: string) => existsSync(pair.path('backup', file));

describe('a file that is renamed on the primary', () => {
  it('is renamed on the backup, without anybody being asked', async () => {
    await withPair(RULES, async pair => {
      await begun(pair);
      renameSync(pair.path('primary', 'a.json'), pair.path('primary', 'b.json'));
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect(pair.read('backup', 'b.json')).toBe('{"host": "nas2", "a": 1}');
      expect(isThere(pair, 'a.json')).toBe(false);
      expect((await pair.warmspare('status')).exit).toBe(0);
    });
  });

  it('is asked about where the new name was replicated before the old one went: it may be a copy', async () => {
    await withPair(RULES, async pair => {
      await begun(pair);
      pair.write('primary', 'b.json', '{"host": "nas1", "a": 1}');
      expect((await pair.warmspare('update')).exit).toBe(0);
      unlinkSync(pair.path('primary', 'a.json'));
      expect((await pair.warmspare('update')).exit).toBe(4);
      expect(isThere(pair, 'a.json')).toBe(true);
    });
  });

  it('is held under its old name while the new one is', async () => {
    await withPair(RULES, async pair => {
      await begun(pair);
      pair.write('backup', 'b.json', '{"own": true}');
      renameSync(pair.path('primary', 'a.json'), pair.path('primary', 'b.json'));
      expect((await pair.warmspare('update')).exit).toBe(4);
      expect(isThere(pair, 'a.json')).toBe(true);
      expect(pair.read('backup', 'b.json')).toBe('{"own": true}');
    });
  });

  it('is a deleted one where it is changed as well, or where only a file that was there before says the same', async () => {
    await withPair(RULES, async pair => {
      pair.write('primary', 'same.json', '{"host": "nas1", "a": 1}');
      await begun(pair);
      unlinkSync(pair.path('primary', 'a.json'));
      pair.write('primary', 'b.json', '{"host": "nas1", "a": 2}');
      expect((await pair.warmspare('update')).exit).toBe(4);
      expect(isThere(pair, 'a.json')).toBe(true);
      expect(isThere(pair, 'b.json')).toBe(true);
    });
  });

  it('is asked about where every change is (mode: approve)', async () => {
    await withPair({ ...RULES, mode: 'approve' }, async pair => {
      pair.write('primary', 'a.json', '{"host": "nas1", "a": 1}');
      await pair.warmspare('update');
      const { held } = JSON.parse((await pair.warmspare('status', '--json')).stdout).relationships[0];
      expect((await pair.warmspare('approve', held[0].id)).exit).toBe(0);
      renameSync(pair.path('primary', 'a.json'), pair.path('primary', 'b.json'));
      expect((await pair.warmspare('update')).exit).toBe(4);
      expect(isThere(pair, 'a.json')).toBe(true);
    });
  });
});
