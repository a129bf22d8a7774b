import { mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Look } from '../../../src/core/capture/look.ts';
import { Arrivals } from '../../../src/daemon/watch/arrivals.ts';
import { Capture, type Hint } from '../../../src/daemon/watch/capture.ts';
import { Folders } from '../../../src/daemon/watch/folders.ts';
import type { Glance } from '../../../src/daemon/watch/glance.ts';
import type { Spot } from '../../../src/daemon/watch/spots.ts';

/** Folders that watch nothing: the test tells what happens, event by event. */
class SilentFolders extends Folders {
  same = true;
  override follow(): undefined {
    return undefined;
  }
  override stands(): boolean {
    return this.same;
  }
}

describe('whether a file arrived whole, told event by event', () => {
  let root: string;
  let folders: SilentFolders;
  let capture: Capture;
  let hints: Hint[];

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'warmspare-arrivals-'));
    mkdirSync(join(root, 'd'));
    writeFileSync(join(root, 'd/conf'), 'old');
    hints = [];
    folders = new SilentFolders();
    capture = new Capture({
      root,
      scope: { include: ['d/*'], exclude: [] },
      folders,
      now: () => 0,
      hint: hint => hints.push(hint),
      rescan: () => undefined,
      blind: () => undefined,
      sighted: () => undefined,
    });
    await capture.scan();
  });

  afterEach(() => {
    capture.close();
    rmSync(root, { recursive: true, force: true });
  });

  const folder = () => join(root, 'd');
  const event = (kind: 'rename' | 'change') => capture.event(folder(), kind, 'conf');
  const replace = (text = 'new') => {
    writeFileSync(join(root, 'aside'), text);
    renameSync(join(root, 'aside'), join(folder(), 'conf'));
  };
  const told = async () => {
    await capture.told();
    return hints.map(({ path, whole, look }) => [path, whole, look?.size]);
  };

  it('one rename, another inode: whole', async () => {
    replace();
    event('rename');
    expect(await told()).toEqual([['d/conf', true, 3]]);
  });

  it('twice, one after the other: whole both times', async () => {
    replace();
    event('rename');
    await told();
    replace('newer');
    event('rename');
    expect(await told()).toEqual([
      ['d/conf', true, 3],
      ['d/conf', true, 5],
    ]);
  });

  it('two renames, as of removed and created: not whole', async () => {
    replace();
    event('rename');
    event('rename');
    expect(await told()).toEqual([['d/conf', false, 3]]);
  });

  it('removed, and the created comes after the first glance: not whole', async () => {
    replace();
    event('rename');
    // The first glance is taken in the turn's check phase; then the late event comes.
    await turn();
    event('rename');
    expect((await told()).map(([, whole]) => whole)).toEqual([false]);
  });

  it('written after the first glance: not whole', async () => {
    replace();
    event('rename');
    await turn();
    writeFileSync(join(folder(), 'conf'), '');
    expect(await told()).toEqual([['d/conf', false, 0]]);
  });

  it('a rename and a write: not whole', async () => {
    replace();
    event('rename');
    event('change');
    expect(await told()).toEqual([['d/conf', false, 3]]);
  });

  it('the same inode: not whole', async () => {
    event('rename');
    expect(await told()).toEqual([['d/conf', false, 3]]);
  });

  it('empty: not whole', async () => {
    replace('');
    event('rename');
    expect(await told()).toEqual([['d/conf', false, 0]]);
  });

  it('nothing was heard for a while before: not whole', async () => {
    capture.opened(folder());
    replace();
    event('rename');
    expect(await told()).toEqual([['d/conf', false, 3]]);
  });

  it('the folder is another than the watched one: not whole', async () => {
    folders.same = false;
    replace();
    event('rename');
    expect(await told()).toEqual([['d/conf', false, 3]]);
  });

  it.each([0, 1])('events may have been dropped, told after %i turns: not whole', async turns => {
    replace();
    event('rename');
    for (let i = 0; i < turns; i++) await turn();
    capture.overflowed();
    expect((await told()).map(([, whole]) => whole)).toEqual([false]);
  });

  it('gone: told without a look', async () => {
    unlinkSync(join(folder(), 'conf'));
    event('rename');
    expect(await told()).toEqual([['d/conf', false, undefined]]);
  });

  it('the root is gone: nothing is told to be missing', async () => {
    renameSync(root, `${root}.away`);
    event('rename');
    expect(await told()).toEqual([]);
    renameSync(`${root}.away`, root);
  });
});

describe('an inode that was seen under another name', () => {
  const look: Look = { inode: '1:7', size: 10, modified: '1000', changed: '1000' };
  const aside: Glance = { look, kind: 'file', born: 900n };
  const here: Glance = { ...aside, look: { ...look, changed: '1001' } };
  const spot: Spot = {
    folder: '/d',
    name: 'conf',
    full: '/d/conf',
    paths: new Set(['conf']),
    passage: false,
    known: undefined,
    renames: 2,
    changes: 1,
    generation: 0,
  };
  const judge = (found: Glance, name = '/d/.conf.tmp', known?: Look) => {
    const arrivals = new Arrivals();
    arrivals.remember(name, aside);
    return arrivals.candidate({ ...spot, known }, found) !== undefined;
  };

  it('was renamed since: may be whole', () => expect(judge(here)).toBe(true));
  it.each<[string, Glance]>([
    ['has another size', { ...here, look: { ...here.look, size: 11 } }],
    ['was written since', { ...here, look: { ...here.look, modified: '1001', changed: '1002' } }],
    ['was not renamed since', aside],
    ['is another file of the same number', { ...here, born: 901n }],
    ['was never seen', { ...here, look: { ...here.look, inode: '1:8' } }],
    ['is no file', { ...here, kind: 'link' }],
  ])('%s: is not', (_, found) => expect(judge(found)).toBe(false));
  it('was seen under this name only: is not', () => expect(judge(here, '/d/conf')).toBe(false));
  it('is the file that is known here: is not', () => expect(judge(here, undefined, look)).toBe(false));
});
