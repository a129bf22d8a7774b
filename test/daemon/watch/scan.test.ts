import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { FileSource } from '../../../src/connectors/file/source.ts';
import type { Scope } from '../../../src/core/capture/scope.ts';
import { Capture } from '../../../src/daemon/watch/capture.ts';
import { Folders } from '../../../src/daemon/watch/folders.ts';
import { LONG, SEED } from '../../runs.ts';

const base = mkdtempSync(join(tmpdir(), 'warmspare-scan-'));
const folders = new Folders();
afterAll(() => {
  folders.close();
  rmSync(base, { recursive: true, force: true });
});

function captureOf(root: string, scope: Scope): Capture {
  const nothing = () => undefined;
  return new Capture({
    root,
    scope,
    folders,
    now: () => 0,
    hint: nothing,
    rescan: nothing,
    blind: nothing,
    sighted: nothing,
  });
}

const name = fc.constantFrom('a', 'b', 'x.conf', 'y.conf', 'fstab', '..data', '.warmspare', 'odd\nname');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map(parts => parts.join('/'));
const entry = fc.oneof(
  { weight: 4, arbitrary: fc.record({ path, link: fc.constant(undefined) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      path,
      link: fc.constantFrom('a', 'b', '../a', 'x.conf', '/etc/hosts', '..data/x.conf', 'loop'),
    }),
  },
);
const pattern = fc.constantFrom(
  '**',
  '*',
  '*.conf',
  'a/*',
  'a/**/*.conf',
  '*/x.conf',
  '{a,b}/*.conf',
  '{a/b,b}/*',
  'x.conf',
  'a/b/x.conf',
  'fstab',
  'a',
);

describe('a scan', () => {
  it('finds what FileSource.list finds, in any tree', async () => {
    let count = 0;
    const property = fc.asyncProperty(
      fc.array(entry, { maxLength: 14 }),
      fc.array(pattern, { minLength: 1, maxLength: 3 }),
      fc.subarray(['a/*', '**/y.conf']),
      async (entries, include, exclude) => {
        const root = join(base, String(count++));
        mkdirSync(root);
        for (const { path, link } of entries) {
          try {
            mkdirSync(dirname(join(root, path)), { recursive: true });
            if (link === undefined) writeFileSync(join(root, path), 'x', { flag: 'wx' });
            else symlinkSync(link, join(root, path));
          } catch {
            // The name is taken, or lies below a file.
          }
        }
        const capture = captureOf(root, { include, exclude });
        const scan = await capture.scan();
        const list = await new FileSource(root).list({ include, exclude });
        capture.close();
        rmSync(root, { recursive: true });
        const refused = (all: typeof scan.refused) =>
          all.map(({ path, failure }) => `${path}: ${failure.failure}`).sort();
        expect(scan.failure).toBeUndefined();
        expect([...scan.looks.keys()].sort()).toEqual([...list.paths]);
        expect(refused(scan.refused)).toEqual(refused(list.refused));
        expect(scan.nodeOwn).toEqual([...list.nodeOwn]);
      },
    );
    await fc.assert(property, { numRuns: LONG ? 3_000 : 150, seed: SEED });
  });

  it('tells a root that is away, and one that comes back', async () => {
    const root = join(base, 'away');
    mkdirSync(root);
    writeFileSync(join(root, 'conf'), 'x');
    const capture = captureOf(root, { include: ['*'], exclude: [] });
    expect((await capture.scan()).looks.size).toBe(1);
    renameSync(root, `${root}.gone`);
    expect((await capture.scan()).failure?.failure).toBe('root-missing');
    // Not known to be missing.
    expect(capture.look('conf')).toBeDefined();
    renameSync(`${root}.gone`, root);
    expect((await capture.scan()).looks.size).toBe(1);
    expect(capture.look('nothing')).toBeUndefined();
    capture.close();
  });

  it('watches only folders that a pattern reaches', async () => {
    const root = join(base, 'reach');
    for (const folder of ['conf.d/deep', 'other/deep']) mkdirSync(join(root, folder), { recursive: true });
    const own = new Folders();
    const capture = new Capture({
      root,
      scope: { include: ['conf.d/*.conf'], exclude: [] },
      folders: own,
      now: () => 0,
      hint: () => undefined,
      rescan: () => undefined,
      blind: () => undefined,
      sighted: () => undefined,
    });
    await capture.scan();
    // The folder that the root is in, the root, and conf.d.
    expect(own.counts).toEqual({ watched: 3, blind: 0 });
    capture.close();
    expect(own.counts).toEqual({ watched: 0, blind: 0 });
    own.close();
  });
});
