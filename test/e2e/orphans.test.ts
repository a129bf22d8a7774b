import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { NodePair } from '../support/pair.ts';
import { type Machines, withMachines } from './failover.ts';
import { EXPORTS, NAMES } from './fixtures.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };
const ON_BREAK = { ...RELATIONSHIP, files: { 'k.conf': { apply: 'on-break' } } };

/** A pair that was broken after its baseline of these files. */
function broken(
  files: Readonly<Record<string, string>>,
  work: (machines: Machines, pair: NodePair) => Promise<void>,
  relationship: Record<string, unknown> = RELATIONSHIP,
): Promise<void> {
  return withMachines(relationship, async (machines, pair) => {
    for (const [file, text] of Object.entries(files)) pair.write('primary', file, text);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect((await pair.warmspare('break')).exit).toBe(0);
    await work(machines, pair);
  });
}

test.each(['keep', 'drop'])(
  '--forward: what was changed in a file that waited for the break, %s',
  async fate => {
    const files = { exports: EXPORTS, 'k.conf': 'host nas1\npriority 100\n' };
    const work = async (machines: Machines, pair: NodePair) => {
      await pair.warmspare('activate');
      const installed = pair.read('backup', 'k.conf');
      const edited = installed.replace('100', '99');
      pair.write('backup', 'k.conf', edited);
      const ledger = machines.ledger('backup');
      const { exit, stdout } = await pair.warmspare('resync', '--forward', '--orphans', fate);
      expect([exit, stdout]).toEqual([
        0,
        expect.stringContaining(fate === 'keep' ? '1 orphan kept' : '1 orphan dropped'),
      ]);
      expect(pair.read('backup', 'k.conf')).toBe(fate === 'keep' ? edited : installed);
      expect(machines.ledger('backup')).toMatchObject({ onBreak: ledger.onBreak, files: ledger.files });
      expect((await pair.warmspare('status')).exit).toBe(0);
    };
    await broken(files, work, ON_BREAK);
  },
);

test.each(['keep', 'drop'])(
  '--reverse: what the old primary changed in a file that waits, %s',
  async fate => {
    const files = { exports: EXPORTS, 'k.conf': 'host nas1\npriority 100\n' };
    const work = async (_: Machines, pair: NodePair) => {
      await pair.warmspare('activate');
      pair.write('primary', 'k.conf', 'host nas1\npriority 99\n');
      const { exit, stdout } = await pair.warmspare('resync', '--reverse', '--orphans', fate);
      expect([exit, stdout]).toEqual([0, expect.stringContaining('+priority 99')]);
      expect(pair.read('primary', 'k.conf')).toBe(`host nas1\npriority ${fate === 'keep' ? 99 : 100}\n`);
    };
    await broken(files, work, ON_BREAK);
  },
);

test.each(['--forward', '--reverse'])(
  '%s: an orphan that does not parse is kept as it is beside the patch',
  async way => {
    await broken({ exports: EXPORTS, 'x.json': '{"a": "nas1"}\n' }, async (machines, pair) => {
      const side = way === '--forward' ? 'backup' : 'primary';
      const before = pair.read(side, 'x.json');
      const own = '{"a": "password: geheim99\n';
      pair.write(side, 'x.json', own);
      if (side === 'primary') pair.write('primary', 'new.json', '{"b": \n');
      const shown = await pair.warmspare('resync', way);
      expect(shown.exit).toBe(4);
      expect(shown.stdout + shown.stderr).not.toContain('geheim');
      const { patch } = await machines.json('resync', way, '--orphans', 'drop');
      const kept = [...readFileSync(patch, 'utf8').matchAll(/^# .*: kept as it is in (\S+)$/gm)].map(
        ([, name]) => join(dirname(patch), name!),
      );
      expect(kept.map(name => readFileSync(name, 'utf8'))).toEqual(
        side === 'primary' ? ['{"b": \n', own] : [own],
      );
      expect(kept.map(name => statSync(name).mode & 0o777)).toEqual(kept.map(() => 0o600));
      expect(pair.read(side, 'x.json')).toBe(before);
      // What is kept there is dropped here, also where nothing was before.
      expect(machines.files(side)['new.json']).toBeUndefined();
    });
  },
);

test('what is no file is left where it is, and not called dropped', async () => {
  await broken({ exports: EXPORTS }, async (_, pair) => {
    mkdirSync(join(pair.folder, 'outside'));
    writeFileSync(join(pair.folder, 'outside/f'), 'x\n');
    symlinkSync('../outside/f', pair.path('primary', 'odd.conf'));
    pair.write('primary', 'lost.conf', 'host nas1\n');
    const { stdout } = await pair.warmspare('resync', '--reverse', '--orphans', 'drop');
    expect(stdout).toContain('1 orphan dropped, 1 left');
  });
});

test('a patch is never written over by another one', async () => {
  await broken({ exports: EXPORTS, 'x.json': '{"a": "nas1"}\n' }, async (machines, pair) => {
    pair.write('backup', 'exports', `${pair.read('backup', 'exports')}/srv/one *(rw)\n`);
    pair.write('backup', 'x.json', '{"a": "nas2", "b": 1}\n');
    const first = (await machines.json('resync', '--forward')).patch;
    const text = readFileSync(first, 'utf8');
    // The same again needs no other name.
    expect((await machines.json('resync', '--forward')).patch).toBe(first);
    // As after an attempt that was killed when one of two files was in its place.
    pair.write('backup', 'exports', EXPORTS.replaceAll('nas1', 'nas2').replaceAll('10.0.0.1/', '10.0.1.1/'));
    const second = (await machines.json('resync', '--forward')).patch;
    expect(readFileSync(first, 'utf8')).toBe(text);
    expect(text).toContain('+/srv/one');
    expect(readFileSync(second, 'utf8')).not.toContain('/srv/one');
    expect(readdirSync(dirname(first)).length).toBe(2);
  });
});

test('where the patch cannot be kept, nothing is decided, in words', async () => {
  await broken({ exports: EXPORTS }, async (machines, pair) => {
    pair.write('backup', 'exports', `${pair.read('backup', 'exports')}/srv/one *(rw)\n`);
    const state = join(pair.folder, 'state/orphans');
    rmSync(state, { recursive: true, force: true });
    writeFileSync(state, '');
    const before = machines.everything('backup');
    const { exit, stderr } = await pair.warmspare('resync', '--forward', '--orphans', 'drop');
    expect([exit, stderr]).toEqual([1, expect.stringMatching(/orphans: error unwritable.*EEXIST/)]);
    expect(machines.everything('backup')).toEqual(before);
  });
});

test.each(['--forward', '--reverse'])(
  '%s: a deletion that is kept holds: a later change of that file is a conflict',
  async way => {
    await broken({ exports: EXPORTS, 'k.conf': 'host nas1\npriority 100\n' }, async (_, pair) => {
      const [leads, follows] = way === '--forward' ? ['primary', 'backup'] : ['backup', 'primary'];
      rmSync(pair.path(follows as 'backup', 'k.conf'));
      expect((await pair.warmspare('resync', way, '--orphans', 'keep')).exit).toBe(0);
      const text = pair.read(leads as 'primary', 'k.conf');
      pair.write(leads as 'primary', 'k.conf', text.replace('100', '101'));
      const { exit, stderr } = await pair.warmspare('update');
      expect([exit, stderr]).toEqual([4, expect.stringContaining('k.conf')]);
      expect(existsSync(pair.path(follows as 'backup', 'k.conf'))).toBe(false);
    });
  },
);
