import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folders } from '../../../src/daemon/watch/folders.ts';
import { Writers } from '../../../src/daemon/watch/writers.ts';
import { CaptureObserver } from './observer.ts';

const ROOT = process.getuid?.() === 0;
const LIMIT_MS = 30_000;

let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'warmspare-faults-'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

interface World {
  readonly root: string;
  readonly folders: Folders;
  readonly observer: CaptureObserver;
}

async function world(
  name: string,
  include: readonly string[],
  rescanMs: number,
  root = join(base, name),
): Promise<World> {
  mkdirSync(root, { recursive: true });
  const folders = new Folders();
  const observer = new CaptureObserver({
    root,
    scope: { include, exclude: [] },
    folders,
    writers: new Writers(),
    manner: 'parsed',
    rescanMs,
  });
  await observer.start();
  return { root, folders, observer };
}

async function end({ observer, folders }: World): Promise<void> {
  await observer.stop();
  folders.close();
}

describe('what a watcher can miss, a scan finds', () => {
  it('a folder that is exchanged, and changes in the new one', async () => {
    const root = join(base, 'swapped');
    mkdirSync(join(root, 'd'), { recursive: true });
    writeFileSync(join(root, 'd/conf'), 'one');
    // No periodic scan: the exchange itself has to be noticed.
    const here = await world('swapped', ['d/*'], 3_600_000);
    mkdirSync(join(root, 'd2'));
    writeFileSync(join(root, 'd2/conf'), 'two!');
    renameSync(join(root, 'd'), join(root, 'd.old'));
    renameSync(join(root, 'd2'), join(root, 'd'));
    await here.observer.until('d/conf', 'two!', LIMIT_MS);
    writeFileSync(join(root, 'd/conf'), 'three');
    await here.observer.until('d/conf', 'three', LIMIT_MS);
    expect(here.observer.published.map(({ content }) => content)).toEqual(['two!', 'three']);
    await end(here);
  });

  it('the root itself exchanged', async () => {
    const root = join(base, 'whole-root');
    mkdirSync(root);
    writeFileSync(join(root, 'conf'), 'one');
    const here = await world('whole-root', ['conf'], 3_600_000);
    mkdirSync(`${root}.2`);
    writeFileSync(join(`${root}.2`, 'conf'), 'two!');
    renameSync(root, `${root}.old`);
    renameSync(`${root}.2`, root);
    await here.observer.until('conf', 'two!', LIMIT_MS);
    await end(here);
  });

  it('a new folder, and a file in it', async () => {
    const here = await world('new', ['**/*.conf'], 3_600_000);
    mkdirSync(join(here.root, 'a/b'), { recursive: true });
    writeFileSync(join(here.root, 'a/b/x.conf'), 'one');
    await here.observer.until('a/b/x.conf', 'one', LIMIT_MS);
    await end(here);
  });

  it('two relationships that share a folder hear of it both, and one that ends leaves the other going', async () => {
    const here = await world('shared', ['conf'], 3_600_000);
    const other = new CaptureObserver({
      root: here.root,
      scope: { include: ['*'], exclude: [] },
      folders: here.folders,
      writers: new Writers(),
      manner: 'parsed',
      rescanMs: 3_600_000,
    });
    await other.start();
    writeFileSync(join(here.root, 'conf'), 'one');
    await Promise.all([here.observer.until('conf', 'one', LIMIT_MS), other.until('conf', 'one', LIMIT_MS)]);
    await here.observer.stop();
    writeFileSync(join(here.root, 'conf'), 'two!');
    await other.until('conf', 'two!', LIMIT_MS);
    await other.stop();
    await end(here);
  });

  it.runIf(ROOT)('a root that is unmounted is a failure, and no deletion', async () => {
    const root = join(base, 'tmpfs');
    mkdirSync(root);
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', root]);
    let mounted = true;
    try {
      writeFileSync(join(root, 'conf'), 'one');
      const here = await world('tmpfs', ['conf'], 3_600_000);
      execFileSync('umount', ['-l', root]);
      mounted = false;
      expect((await here.observer.capture.scan()).failure?.failure).toBe('root-missing');
      expect(here.observer.capture.look('conf')).toBeDefined();
      expect(here.observer.published).toEqual([]);
      await end(here);
    } finally {
      if (mounted) execFileSync('umount', ['-l', root]);
    }
  });
});
