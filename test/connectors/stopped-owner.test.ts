import { lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { LONG } from '../runs.ts';
import { type NodePair, withPair } from '../support/pair.ts';
import { type BeforeCall, watched } from './disk-calls.ts';
import { type Point, pointsOf, StoppedOwner } from './stopped-owner.ts';
import { canTrace } from './traced.ts';

// Of the second owner, which runs in this process: the first is a real one, as it is built.
vi.mock('../../src/connectors/file/disk.ts', async original => {
  const { seeThrough } = await import('./disk-calls.ts');
  return seeThrough(await original());
});

const RELATIONSHIP = {
  include: ['**'],
  identity: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }],
  guard: 'off',
};

const FIRST = ['update', '-c', 'warmspare.yaml'];
const SECOND = ['update', '-c', 'second.yaml'];

/** One file that is new, one that changes, one that is deleted. */
function edit(pair: NodePair, version: string): void {
  pair.write('primary', `new-${version}.conf`, `host nas1\nversion ${version}\n`);
  pair.write('primary', 'd/changed.conf', `host nas1\nversion ${version}\n`);
  for (const name of readdirSync(pair.path('primary', '')))
    if (/^gone/.test(name)) {
      rmSync(pair.path('primary', name));
      break;
    }
}

/** A pair with a first version on both sides, and a second member's configuration on the same two folders. */
async function withTwo(work: (pair: NodePair) => Promise<void>): Promise<void> {
  await withPair(RELATIONSHIP, async pair => {
    const config = parse(readFileSync(join(pair.folder, 'warmspare.yaml'), 'utf8'));
    writeFileSync(join(pair.folder, 'second.yaml'), stringify({ ...config, state: './second' }));
    for (const name of ['d/changed.conf', 'gone-1.conf', 'gone-2.conf', 'stays.conf'])
      pair.write('primary', name, 'host nas1\nversion one\n');
    expect((await pair.warmspare('update')).exit).toBe(0);
    await work(pair);
  });
}

/** Everything of the backup but the owners' own directories: each name with its inode, mode and bytes. */
function effects(pair: NodePair): string[] {
  const root = pair.path('backup', '');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(name => !/^\.warmspare\/pair\/(epoch|asking)-/.test(name))
    .sort()
    .map(name => {
      const found = lstatSync(join(root, name));
      const text = found.isFile() ? readFileSync(join(root, name), 'latin1') : '';
      return `${name} ${found.isFile() ? found.ino : ''} ${found.mode} ${text}`;
    });
}

const FENCED: BeforeCall = () => undefined;

interface Round {
  readonly exit: number | null;
  readonly said: string;
  /** What the stale owner did to the backup after it had been taken over. */
  readonly stale: string[];
}

/** The owner is stopped at that call, another one takes the task and replicates, the first one wakes. */
async function round(pair: NodePair, point: Point, fence: BeforeCall): Promise<Round | undefined> {
  edit(pair, 'two');
  const owner = new StoppedOwner(pair, FIRST, point);
  try {
    const isOwner = () => readdirSync(pair.path('backup', '.warmspare/pair')).includes('epoch-2');
    if (!(await owner.isStopped(isOwner))) return undefined;
    edit(pair, 'three');
    const second = await watched(fence, () => pair.warmspare(...SECOND));
    // Without the fence nothing is settled either: it meets a change that is in halves.
    if (fence === FENCED) expect([second.exit, second.stderr]).toEqual([0, '']);
    const before = effects(pair);
    const { exit, said } = await owner.wake();
    const after = effects(pair);
    return { exit, said, stale: after.filter(line => !before.includes(line)) };
  } finally {
    owner.kill();
  }
}

/** So many of them, evenly over all. */
function sample(points: readonly Point[], count: number): Point[] {
  const step = Math.max(1, points.length / count);
  return Array.from({ length: Math.min(count, points.length) }, (_, i) => points[Math.floor(i * step)]!);
}

async function allPoints(): Promise<Point[]> {
  let points: Point[] = [];
  await withTwo(async pair => {
    edit(pair, 'two');
    points = pointsOf(pair, FIRST);
  });
  return points;
}

test.runIf(canTrace)(
  'a real owner that is stopped at any system call, and taken over: no effect of it',
  async () => {
    const points = await allPoints();
    expect(points.length).toBeGreaterThan(50);
    const chosen = LONG ? sample(points, Math.max(100, points.length)) : sample(points, 8);
    let [rounds, fenced, acknowledged] = [0, 0, 0];
    for (const point of chosen) {
      await withTwo(async pair => {
        const result = await round(pair, point, FENCED);
        if (result === undefined) return;
        const { exit, said, stale } = result;
        rounds++;
        expect(stale, point.text).toEqual([]);
        expect([0, 5], `${point.text}\n${said}`).toContain(exit);
        if (exit === 5) fenced++;
        else acknowledged++;
        expect(pair.read('backup', 'd/changed.conf')).toBe('host nas2\nversion three\n');
        expect((await pair.warmspare('verify', '-c', 'second.yaml')).exit).toBe(0);
      });
    }
    console.info(
      `stopped at ${rounds} of ${points.length} system calls: 0 effects of the stale owner; ${fenced} fenced, ${acknowledged} had ended before`,
    );
    expect(rounds).toBeGreaterThan(chosen.length / 2);
    expect(fenced).toBeGreaterThan(0);
  },
);

test.runIf(canTrace)('with the fence switched off a stopped owner does have effects', async () => {
  const points = await allPoints();
  const off: BeforeCall = ({ name, paths }) =>
    name === 'rename' && /taken-\d+$/.test(paths[1] ?? '') ? Promise.resolve('leave out') : undefined;
  // Between its first effect and its last it looks no more whether anybody else was there.
  const first = points.findIndex(({ name, text }) => name === 'rename' && text.includes('new-two.conf'));
  const last = points.findLastIndex(({ name, text }) => name === 'rename' && text.includes('ledger.json'));
  expect([first >= 0, last > first]).toEqual([true, true]);
  const chosen = sample(points.slice(first, last), LONG ? 100 : 8);
  let [rounds, stale] = [0, 0];
  for (const point of chosen) {
    await withTwo(async pair => {
      const result = await round(pair, point, off);
      if (result === undefined) return;
      rounds++;
      if (result.stale.length > 0) stale++;
    });
  }
  console.info(`the fence switched off: effects of the stale owner in ${stale} of ${rounds} rounds`);
  expect(stale).toBeGreaterThan(0);
});
