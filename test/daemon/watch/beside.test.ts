import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { Capture, type Hint } from '../../../src/daemon/watch/capture.ts';
import { Folders } from '../../../src/daemon/watch/folders.ts';

const looked = vi.hoisted(() => ({ at: [] as string[] }));
vi.mock('../../../src/daemon/watch/glance.ts', async original => {
  const real = await original<typeof import('../../../src/daemon/watch/glance.ts')>();
  return {
    ...real,
    glance: (full: string) => {
      looked.at.push(full);
      return real.glance(full);
    },
  };
});

describe('what is written beside the root', () => {
  it('costs no look, however often', async () => {
    const above = mkdtempSync(join(tmpdir(), 'warmspare-beside-'));
    const root = join(above, 'root');
    mkdirSync(root);
    writeFileSync(join(root, 'conf'), 'one');
    const hints: Hint[] = [];
    const folders = new Folders();
    const nothing = () => undefined;
    const capture = new Capture({
      root,
      scope: { include: ['*'], exclude: [] },
      folders,
      now: () => 0,
      hint: hint => hints.push(hint),
      rescan: nothing,
      blind: nothing,
      sighted: nothing,
    });
    try {
      await capture.scan();
      looked.at = [];
      for (let line = 0; line < 50; line++) writeFileSync(join(above, 'log'), 'a line\n', { flag: 'a' });
      writeFileSync(join(root, 'conf'), 'two');
      // Both folders tell through one queue, in order.
      await capture.told();
      expect(hints.map(({ path }) => path)).toContain('conf');
      expect(looked.at).toContain(join(root, 'conf'));
      expect(looked.at).not.toContain(join(above, 'log'));
    } finally {
      capture.close();
      folders.close();
      rmSync(above, { recursive: true });
    }
  });
});
