import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attributeTool } from '../../src/connectors/file/attribute-names.ts';
import { heldNow } from '../e2e/held.ts';
import { type NodePair, withPair } from '../support/pair.ts';
import { stagedIn } from '../support/staged.ts';

const RELATIONSHIP = {
  include: ['**'],
  identity: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }],
};

/** A folder whose files can have attributes; some temporary file systems cannot. */
const canHave = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'warmspare-attributes-'));
  try {
    writeFileSync(join(folder, 'a'), '');
    execFileSync('setfattr', ['-n', 'user.a', '-v', 'b', join(folder, 'a')], { stdio: 'ignore' });
    return existsSync('/usr/bin/setfacl');
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
})();

const run = (tool: string, ...argv: string[]) => execFileSync(tool, argv, { encoding: 'utf8' });
const listOf = (path: string) => run('getfacl', '-p', path);
const rightsIn = (list: string) => list.split('\n').filter(line => !line.startsWith('# file:'));
const attributesOf = (path: string) => run('getfattr', '-d', '-m', '-', '--absolute-names', path);

/** A pair after its baseline, whose files a.conf and b.conf changed on the primary since. */
async function changed(work: (pair: NodePair, place: string) => Promise<void>): Promise<void> {
  await withPair(RELATIONSHIP, async pair => {
    for (const file of ['a.conf', 'b.conf']) pair.write('primary', file, 'host nas1\n');
    expect((await pair.warmspare('update')).exit).toBe(0);
    for (const file of ['a.conf', 'b.conf']) pair.write('primary', file, 'host nas1\nmore\n');
    await work(pair, pair.path('backup', 'a.conf'));
  });
}

test.runIf(canHave)('a replaced file keeps its access list and extended attributes, also again', async () => {
  await changed(async (pair, place) => {
    run('setfacl', '-m', 'u:1000:rw,g:1001:r', place);
    run('setfattr', '-n', 'user.note', '-v', 'mine', place);
    const before = [listOf(place), attributesOf(place)];
    expect(before.join()).toMatch(/group:(?:\w+|1001):r--[\s\S]*user\.note="mine"/);
    expect(await pair.warmspare('update')).toMatchObject({ exit: 0, stderr: '' });
    expect(pair.read('backup', 'a.conf')).toBe('host nas2\nmore\n');
    expect([listOf(place), attributesOf(place)]).toEqual(before);
    pair.write('primary', 'a.conf', 'host nas1\nmore\nagain\n');
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect([listOf(place), attributesOf(place)]).toEqual(before);
  });
});

test.runIf(canHave)('one that is set on a file that was seen to have none is kept, too', async () => {
  await changed(async (pair, place) => {
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(attributesOf(place)).toBe('');
    run('setfacl', '-m', 'u:1000:r', place);
    const before = listOf(place);
    pair.write('primary', 'a.conf', 'host nas1\nlater\n');
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect([pair.read('backup', 'a.conf'), listOf(place)]).toEqual(['host nas2\nlater\n', before]);
  });
});

test.runIf(canHave)(
  'a new file has the access list of the primary’s, and no wider rights for the group',
  async () => {
    await withPair(RELATIONSHIP, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      chmodSync(pair.path('primary', 'a.conf'), 0o600);
      run('setfacl', '-m', 'u:1000:rw', pair.path('primary', 'a.conf'));
      run('setfattr', '-n', 'user.note', '-v', 'mine', pair.path('primary', 'a.conf'));
      expect((await pair.warmspare('update')).exit).toBe(0);
      const list = rightsIn(listOf(pair.path('primary', 'a.conf')));
      expect(list).toContain('group::---');
      expect(rightsIn(listOf(pair.path('backup', 'a.conf')))).toEqual(list);
      // Other attributes, and labels, are a node's own.
      expect(attributesOf(pair.path('backup', 'a.conf'))).not.toContain('user.note');
    });
  },
);

test.runIf(canHave)('what is kept for a break has no wider rights for the group', async () => {
  await withPair({ ...RELATIONSHIP, files: { 'a.conf': { apply: 'on-break' } } }, async pair => {
    pair.write('primary', 'a.conf', 'host nas1\n');
    chmodSync(pair.path('primary', 'a.conf'), 0o640);
    run('setfacl', '-m', 'u:1000:rw', pair.path('primary', 'a.conf'));
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect((await pair.warmspare('break')).exit).toBe(0);
    expect((await pair.warmspare('activate')).exit).toBe(0);
    expect(pair.read('backup', 'a.conf')).toBe('host nas2\n');
    expect(statSync(pair.path('backup', 'a.conf')).mode & 0o777).toBe(0o640);
  });
});

test.runIf(canHave)(
  'an undo brings back the access list and attributes of what was deleted, or replaced',
  async () => {
    await withPair(RELATIONSHIP, async pair => {
      for (const [side, host] of [
        ['primary', 'nas1'],
        ['backup', 'nas2'],
      ] as const)
        for (const file of ['a.conf', 'b.conf']) pair.write(side, file, `host ${host}\n`);
      const places = ['a.conf', 'b.conf'].map(file => pair.path('backup', file));
      for (const place of places) {
        chmodSync(place, 0o600);
        run('setfacl', '-m', 'u:1000:rw', place);
        run('setfattr', '-n', 'user.note', '-v', 'mine', place);
      }
      const now = () => places.map(place => [listOf(place), attributesOf(place)]);
      const before = now();
      expect((await pair.warmspare('update')).exit).toBe(0);
      rmSync(pair.path('primary', 'a.conf'));
      pair.write('primary', 'b.conf', 'host nas1\nmore\n');
      await pair.warmspare('update');
      for (const { id } of await heldNow(pair)) await pair.warmspare('approve', id);
      expect(existsSync(places[0]!)).toBe(false);
      expect(pair.read('backup', 'b.conf')).toBe('host nas2\nmore\n');
      // Whatever was done to the list since goes with what it was done to.
      run('setfacl', '-b', places[1]!);
      while ((await pair.warmspare('undo')).exit === 0);
      expect(now()).toEqual(before);
    });
  },
);

test.runIf(canHave)('so does an undo of the baseline', async () => {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'a.conf', 'host nas1\nmore\n');
    pair.write('primary', 'b.conf', 'host nas1\n');
    pair.write('backup', 'a.conf', 'host nas2\n');
    const place = pair.path('backup', 'a.conf');
    chmodSync(place, 0o600);
    run('setfacl', '-m', 'u:1000:rw', place);
    const before = listOf(place);
    expect((await pair.warmspare('update', '--baseline', 'take-primary')).exit).toBe(0);
    rmSync(pair.path('primary', 'a.conf'));
    await pair.warmspare('update');
    for (const { id } of await heldNow(pair)) await pair.warmspare('approve', id);
    expect(existsSync(place)).toBe(false);
    expect((await pair.warmspare('undo', '--baseline')).exit).toBe(0);
    expect([pair.read('backup', 'a.conf'), listOf(place)]).toEqual(['host nas2\n', before]);
  });
});

test.runIf(canHave)('where they cannot be kept, the file is left as it is, in words', async () => {
  await changed(async (pair, place) => {
    run('setfattr', '-n', 'user.note', '-v', 'mine', place);
    const path = process.env.PATH;
    const tools = mkdtempSync(join(pair.folder, 'tools-'));
    writeFileSync(
      join(tools, 'cp'),
      '#!/bin/sh\necho "cp: setting attributes: Operation not permitted" >&2\nexit 1\n',
      {
        mode: 0o755,
      },
    );
    try {
      process.env.PATH = `${tools}:${path}`;
      const { exit, stderr } = await pair.warmspare('update');
      expect([exit, stderr]).toEqual([1, expect.stringMatching(/a\.conf: its access list.*not permitted/)]);
    } finally {
      process.env.PATH = path;
    }
    expect(pair.read('backup', 'a.conf')).toBe('host nas2\n');
    expect(attributesOf(place)).toContain('user.note="mine"');
    expect(stagedIn(pair.path('backup', ''), 'pair')).toEqual([]);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(attributesOf(place)).toContain('user.note="mine"');
  });
});

test.runIf(canHave)('without any, one look a file and process is all that it costs', async () => {
  await changed(async pair => {
    const path = process.env.PATH;
    const tools = mkdtempSync(join(pair.folder, 'tools-'));
    const looks = join(tools, 'looks');
    writeFileSync(
      join(tools, 'getfattr'),
      `#!/bin/sh\necho look >> ${looks}\nexec /usr/bin/getfattr "$@"\n`,
      {
        mode: 0o755,
      },
    );
    try {
      process.env.PATH = `${tools}:${path}`;
      for (let edit = 0; edit < 4; edit++) {
        for (const file of ['a.conf', 'b.conf'])
          pair.write('primary', file, `host nas1\nmore\n${'again\n'.repeat(edit)}`);
        expect((await pair.warmspare('update')).exit).toBe(0);
      }
    } finally {
      process.env.PATH = path;
    }
    expect(readFileSync(looks, 'utf8')).toBe('look\n'.repeat(2));
  });
});

test.runIf(canHave)(
  'each file is told its own, whatever is asked at once and however it is called',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'warmspare-attributes-'));
    try {
      const names = Array.from({ length: 24 }, (_, i) =>
        join(folder, i % 3 === 0 ? `odd\n${i}` : `f "$HOME" ${i}`),
      );
      mkdirSync(join(folder, 'odd'));
      for (const [i, name] of names.entries()) {
        writeFileSync(name, '');
        run('setfattr', '-n', `user.is${i}`, '-v', 'x', name);
      }
      const gone = join(folder, 'gone');
      const said = await Promise.all([...names, gone].map(attributeTool.ask));
      const own = names.map(
        (_, i) => said[i]!.text.includes(`user.is${i}\n`) || said[i]!.text.endsWith(`user.is${i}`),
      );
      expect(own).toEqual(names.map(() => true));
      expect(said.at(-1)).toMatchObject({ exit: 1, text: expect.stringMatching(/No such file/) });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
