import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { locate } from '../../src/connectors/file/place.ts';

/** Told of each name that was found. */
let found: (path: string) => void = () => {};

vi.mock('../../src/connectors/file/disk.ts', async original => {
  const disk = await original<typeof import('../../src/connectors/file/disk.ts')>();
  const realpath = async (path: string) => {
    const real = await disk.realpath(path);
    found(path);
    return real;
  };
  return { ...disk, realpath };
});

it('a root that goes away while a file is looked for makes it neither a stranger nor a missing one', async () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'warmspare-root-')));
  try {
    expect(await locate(root, 'conf/a.conf')).toBeUndefined();
    let looks = 0;
    found = path => {
      if (path === root && ++looks === 2) rmSync(root, { recursive: true });
    };
    expect(await locate(root, 'conf/a.conf')).toMatchObject({
      failure: 'unreadable',
      message: 'conf/a.conf cannot be read (ENOENT)',
    });
    expect(looks).toBe(2);
  } finally {
    found = () => {};
    rmSync(root, { recursive: true, force: true });
  }
});
