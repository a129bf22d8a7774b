import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clone, type Ensure, ensureModule } from './clone.ts';

let clone: Clone;
let ensure: Ensure;
beforeEach(async () => {
  clone = new Clone();
  ensure = await ensureModule();
});
afterEach(() => clone.remove());

const INSTALLS = 'warmspare: installing dependencies (npm ci); missing: typescript\n';
const BUILDS = 'warmspare: building (tsc --build)\n';

describe('a fresh clone', () => {
  it('installs, builds, and then neither again', () => {
    const first = clone.run('start.js', ['check']);
    expect(first.stderr).toBe(
      `${INSTALLS}npm ci --include=dev --no-audit --no-fund --loglevel=error\n${BUILDS}tsc --build --force\n`,
    );
    expect(clone.run('start.js', ['check']).stderr).toBe('');
  });

  it('builds again when a source or a setting changes, and when dist is gone', () => {
    clone.run('start.js');
    clone.write('src/a.ts', 'export const a = 1;');
    expect(clone.run('start.js').stderr).toBe(`${BUILDS}tsc --build\n`);
    clone.write('src/b/c.ts', 'export {};');
    expect(clone.run('start.js').stderr).toBe(`${BUILDS}tsc --build\n`);
    clone.write('tsconfig.base.json', '{}');
    expect(clone.run('start.js').stderr).toBe(`${BUILDS}tsc --build\n`);
    rmSync(join(clone.root, 'src/a.ts'));
    expect(clone.run('start.js').stderr).toBe(`${BUILDS}tsc --build\n`);
    rmSync(join(clone.root, 'dist/cli'), { recursive: true });
    expect(clone.run('start.js').stderr).toBe(`${BUILDS}tsc --build --force\n`);
  });

  it('installs again when the lock file names another version', () => {
    clone.run('start.js');
    clone.lock({ 'node_modules/typescript': { version: '1.0.1' } });
    expect(clone.run('start.js').stderr).toContain(INSTALLS);
  });

  it('says that npm failed, and starts nothing', () => {
    const { exit, stdout, stderr } = clone.run('start.js', [], { NPM_FAILS: '1' });
    expect([exit, stdout]).toEqual([1, '']);
    expect(stderr).toContain(
      'warmspare: npm ci failed (exit code 7); it needs npm and a registry it can reach\n',
    );
  });

  it('says that npm is not there', () => {
    const { exit, stderr } = clone.run('start.js', [], { npm_execpath: '', PATH: '/nowhere' });
    expect([exit, stderr]).toEqual([1, expect.stringContaining('npm ci failed (npm was not found)')]);
  });

  it('says that the build failed, starts nothing, and tries again the next time', () => {
    const { exit, stdout, stderr } = clone.run('start.js', [], { TSC_FAILS: '1' });
    expect([exit, stdout]).toEqual([1, '']);
    expect(stderr).toContain('warmspare: the build failed (exit code 2)\n');
    expect(clone.run('start.js').exit).toBe(5);
  });

  it('says so too where the modules could not be joined, and starts nothing that is half built', () => {
    const { exit, stdout, stderr } = clone.run('start.js', [], { BUNDLE_FAILS: '1' });
    expect([exit, stdout]).toEqual([1, '']);
    expect(stderr).toContain('warmspare: the build failed (exit code 3)\n');
    expect(clone.run('start.js').exit).toBe(5);
    rmSync(join(clone.root, 'dist/bundle'), { recursive: true });
    expect(clone.run('start.js').stderr).toContain(BUILDS);
  });
});

describe('missingPackages', () => {
  it('compares versions, sees a package that was removed, and leaves optional ones to npm', () => {
    clone.lock({
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '2.0.0' },
      'node_modules/c': { version: '1.0.0', optional: true },
      'node_modules/here': { link: true },
    });
    expect(ensure.missingPackages(clone.root)).toEqual(['a', 'b', 'c']);
    const installed = { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0' } };
    clone.write('node_modules/.package-lock.json', JSON.stringify({ packages: installed }));
    clone.write('node_modules/a/package.json', '{}');
    clone.write('node_modules/b/package.json', '{}');
    expect(ensure.missingPackages(clone.root)).toEqual(['b']);
    rmSync(join(clone.root, 'node_modules/a'), { recursive: true });
    expect(ensure.missingPackages(clone.root)).toEqual(['a', 'b']);
  });
});

describe('isTooOld', () => {
  it.each([
    ['18.20.8', true],
    ['20.18.3', true],
    ['20.19.0', false],
    ['20.20.2', false],
    ['22.0.0', false],
    ['100.0.0', false],
  ])('%s: %s', (version, old) => expect(ensure.isTooOld(version)).toBe(old));
});

describe('sourceStamp', () => {
  it('tells contents, names and their borders apart, and nothing else', () => {
    const before = ensure.sourceStamp(clone.root);
    expect(ensure.sourceStamp(clone.root)).toBe(before);
    clone.write('src/a.ts', 'export { };');
    const changed = ensure.sourceStamp(clone.root);
    expect(changed).not.toBe(before);
    expect(ensure.isBuilt(clone.root, changed)).toBe(false);
  });
});
