import { chmodSync, chownSync, cpSync, lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LONG, SEED } from '../runs.ts';
import type { NodePair } from '../support/pair.ts';
import { listening, real } from './each-call.ts';

const isRoot = process.getuid?.() === 0;
/** Somebody else's user id, whose folder the backup is. */
const STRANGER = 1000;

const RELATIONSHIP = {
  include: ['**'],
  identity: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }],
  guard: 'off',
};

const FIRST = { 'd/e/changed.conf': 'host nas1\n', 'd/e/gone.conf': 'old nas1\n', 'top.conf': 'on nas1\n' };
const NEXT = {
  'd/e/changed.conf': 'host nas1\nmore\n',
  'd/e/new.conf': 'new nas1\n',
  'd/f/g/deep.conf': 'nas1\n',
  'top.conf': 'on nas1\n2\n',
};

/** The pair after a baseline; the backup's folders are another user's; `aside/victim` mirrors its tree. */
async function replicated(): Promise<NodePair> {
  const { NodePair } = await import('../support/pair.ts');
  const pair = new NodePair(RELATIONSHIP);
  chownSync(pair.path('backup', ''), STRANGER, STRANGER);
  for (const [file, text] of Object.entries(FIRST)) pair.write('primary', file, text);
  expect((await pair.warmspare('update')).exit).toBe(0);
  for (const [file, text] of Object.entries(NEXT)) pair.write('primary', file, text);
  rmSync(pair.path('primary', 'd/e/gone.conf'));
  return pair;
}

/** Takes everything back to how it stood before the update that is watched. */
function restore(pair: NodePair, whole: string): void {
  for (const name of ['backup', 'state', 'aside'])
    rmSync(join(pair.folder, name), { recursive: true, force: true });
  for (const name of ['backup', 'state'])
    cpSync(join(whole, name), join(pair.folder, name), { recursive: true, preserveTimestamps: true });
  const victim = join(pair.folder, 'aside/victim');
  cpSync(join(whole, 'backup'), victim, { recursive: true, preserveTimestamps: true });
  for (const folder of ['', 'd', 'd/e']) chownSync(pair.path('backup', folder), STRANGER, STRANGER);
  chmodSync(pair.path('backup', '.warmspare'), 0o700);
}

/** Names, contents, inodes and modes below a folder. */
function snapshot(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map(name => {
      const { ino, mode, nlink, uid } = lstatSync(join(folder, name));
      const isFile = lstatSync(join(folder, name)).isFile();
      const text = isFile ? readFileSync(join(folder, name), 'latin1') : '';
      return `${name} ${ino} ${mode.toString(8)} ${isFile ? nlink : ''} ${uid} ${text}`;
    });
}

interface Swap {
  readonly name: string;
  /** Relative to the backup: exchanged for a link to the same place below the victim's folder. */
  readonly path: string;
}

const SWAPS: readonly Swap[] = [
  { name: 'the folder of a target', path: 'd/e' },
  { name: 'a folder above it', path: 'd' },
  { name: 'the replication’s own folder', path: '.warmspare' },
  { name: 'a target', path: 'd/e/changed.conf' },
  { name: 'a target that is deleted', path: 'd/e/gone.conf' },
];

/**
 * Updates while, before the n-th call, the path is exchanged for a link; after that call it is put back, or
 * never. Returns the calls that there were.
 */
async function swappedAt(pair: NodePair, { path }: Swap, nth: number, isForGood: boolean): Promise<string[]> {
  const [place, away] = [pair.path('backup', path), `${pair.path('backup', path)}.away`];
  const victim = join(pair.folder, 'aside/victim', path);
  const calls: string[] = [];
  let isSwapped = false;
  await listening(
    (name, when) => {
      if (when === 'before') {
        calls.push(name);
        if (calls.length !== nth) return;
        try {
          real.rename(place, away);
        } catch {
          return;
        }
        real.symlink(victim, place);
        isSwapped = true;
      } else if (calls.length === nth && isSwapped && !isForGood) {
        isSwapped = false;
        try {
          if (!lstatSync(place).isSymbolicLink()) return;
          real.unlink(place);
          real.rename(away, place);
        } catch {
          // What stood there is gone by right.
        }
      }
    },
    () => pair.warmspare('update'),
  );
  return calls;
}

test.runIf(isRoot).each(SWAPS)(
  '$name exchanged for a link at each call: nothing outside is touched',
  async swap => {
    const pair = await replicated();
    const whole = join(pair.folder, 'whole');
    const counted = { calls: 0, swaps: 0, touched: [] as string[] };
    try {
      for (const name of ['backup', 'state'])
        cpSync(join(pair.folder, name), join(whole, name), { recursive: true, preserveTimestamps: true });
      restore(pair, whole);
      const names = await swappedAt(pair, swap, -1, false);
      counted.calls = names.length;
      expect(pair.read('backup', 'd/e/new.conf')).toBe('new nas2\n');
      // In a sample: the calls that change something, one in a few of them.
      const isChange = (nth: number) =>
        /^(?:mkdir|rename|link|symlink|unlink|rmdir|rm)$/.test(names[nth - 1]!);
      const all = names.map((_, index) => index + 1);
      const changes = all.filter(isChange);
      // Where a name is asked for a third time: a folder that was right twice once led to a victim's file.
      const thirds = all.filter(
        nth => nth > 2 && names.slice(nth - 3, nth).every(name => name === 'realpath'),
      );
      for (const isForGood of [false, true]) {
        const sample = changes.filter((_, index) => (index + SEED) % 12 === (isForGood ? 6 : 0));
        const chosen = LONG ? all : isForGood ? sample : [...new Set([...sample, ...thirds])];
        for (const nth of chosen) {
          restore(pair, whole);
          const before = snapshot(join(pair.folder, 'aside'));
          await swappedAt(pair, swap, nth, isForGood);
          counted.swaps++;
          const after = snapshot(join(pair.folder, 'aside'));
          if (after.join('\n') !== before.join('\n'))
            counted.touched.push(
              `${nth}${isForGood ? ' for good' : ''}: ${after.filter(line => !before.includes(line))} instead of ${before.filter(line => !after.includes(line))}`,
            );
        }
      }
    } finally {
      pair.remove();
    }
    console.log(
      `${swap.name}: ${counted.calls} calls, ${counted.swaps} exchanges, ${counted.touched.length} touched`,
    );
    expect(counted.calls).toBeGreaterThan(100);
    expect(counted.touched).toEqual([]);
  },
);
