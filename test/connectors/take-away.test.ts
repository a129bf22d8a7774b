import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sha256 } from '../../src/connectors/file/digest.ts';
import { takeAway } from '../../src/connectors/file/places.ts';

it('a file that was created is taken away again, and one that somebody saved there since is put back', async () => {
  const root = mkdtempSync(join(tmpdir(), 'warmspare-root-'));
  const removed = join(root, 'removed');
  mkdirSync(removed);
  try {
    const file = join(root, 'a.conf');
    writeFileSync(file, 'placed\n');
    expect(await takeAway(root, 'a.conf', removed, sha256('placed\n'))).toEqual([root]);
    expect([existsSync(file), readdirSync(removed).length]).toEqual([false, 1]);
    writeFileSync(file, 'saved meanwhile\n');
    expect(await takeAway(root, 'a.conf', removed, sha256('placed\n'))).toEqual([root]);
    expect(readFileSync(file, 'utf8')).toBe('saved meanwhile\n');
    expect(readdirSync(removed)).toHaveLength(1);
    expect(await takeAway(root, 'gone.conf', removed, sha256('placed\n'))).toEqual([]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
