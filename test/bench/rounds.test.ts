import { existsSync, readdirSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { Arrivals } from '../../bench/arrival.ts';
import { figuresOf, tableOf } from '../../bench/figures.ts';
import { type Name, obstacleTo, rootOf } from '../../bench/pipelines.ts';
import { measure, type Plan } from '../../bench/rounds.ts';
import { IDENTITY, StorageFile } from '../../bench/storage.ts';
import { withPair } from '../support/pair.ts';

const PLAN: Plan = {
  title: '4 KB',
  bytes: 4096,
  manner: 'rename',
  rounds: 3,
  warmup: 1,
  budgetMs: 60_000,
  lostMs: 60_000,
  quietMs: 100,
};

const NAMES: Name[] = ['warmspare', 'naive Node.js'];
if (obstacleTo('inotifywait + sed') === undefined) NAMES.push('inotifywait + sed');

const leftOver = () => readdirSync(tmpdir()).filter(name => name.startsWith('warmspare-bench-'));

describe('the generated storage configuration', () => {
  it.each([4096, 100_000])('has %i bytes, about, and differs in one line from version to version', bytes => {
    const storage = new StorageFile(bytes);
    const [one, other] = [0, 8999].map(version => storage.text('primary', version).toString().split('\n'));
    expect(Math.abs(storage.text('primary', 0).length - bytes)).toBeLessThan(1000);
    expect(one!.filter((line, at) => line !== other![at])).toHaveLength(1);
    expect(one!.length).toBe(other!.length);
  });

  it('names the primary on one side and the backup on the other, with each of ten pairs', () => {
    const storage = new StorageFile(4096);
    const [primary, backup] = [storage.text('primary', 5).toString(), storage.text('backup', 5).toString()];
    expect(IDENTITY).toHaveLength(10);
    for (const pair of IDENTITY) {
      expect([primary.includes(pair.primary), primary.includes(pair.backup)]).toEqual([true, false]);
      expect([backup.includes(pair.primary), backup.includes(pair.backup)]).toEqual([false, true]);
    }
  });

  it('is as the yaml library prints it, so that every rival can get every byte right', () => {
    const text = new StorageFile(4096).text('backup', 1).toString();
    expect(parseDocument(text).toString({ lineWidth: 0 })).toBe(text);
  });

  it('becomes by `update` what the backup’s side is generated as', async () => {
    await withPair({ include: ['*.yaml'], identity: IDENTITY }, async pair => {
      const storage = new StorageFile(4096);
      pair.write('primary', 'a.yaml', storage.text('primary', 3));
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect(pair.read('backup', 'a.yaml')).toBe(storage.text('backup', 3).toString());
    });
  });
});

describe('a reader of the backup', () => {
  it('counts what is no version of the file, and waits for the right bytes', async () => {
    await withPair({ include: ['a'], identity: [] }, async pair => {
      pair.write('backup', 'a', 'before');
      const arrivals = new Arrivals(join(pair.folder, 'backup'), 'a');
      try {
        const arriving = arrivals.until(Buffer.from('after'), Buffer.from('before'), 60_000);
        const half = watch(join(pair.folder, 'backup'), () => {
          half.close();
          // Both watchers are told in this turn of the loop.
          setImmediate(() => pair.write('backup', 'a', 'after'));
        });
        pair.write('backup', 'a', 'aft');
        const { at, torn } = await arriving;
        expect(at).toBeDefined();
        expect(torn).toBeGreaterThan(0);
        expect(await arrivals.until(Buffer.from('never'), Buffer.from('after'), 1)).toMatchObject({
          at: undefined,
        });
      } finally {
        arrivals.close();
      }
    });
  });
});

describe('a comparison', () => {
  it('brings every save through every pipeline, byte for byte, and leaves nothing behind', async () => {
    const before = leftOver();
    const samples = await measure(PLAN, NAMES);
    expect(samples).toHaveLength(NAMES.length * PLAN.rounds);
    for (const { ms, pipeline, wrong, torn, acknowledgedMs } of samples) {
      expect(ms).toBeGreaterThan(0);
      if (pipeline !== 'warmspare') continue;
      expect({ wrong, torn }).toEqual({ wrong: false, torn: 0 });
      expect(acknowledgedMs).toBeGreaterThan(0);
    }
    // Each round begins with another pipeline.
    const firsts = [0, 1, 2].map(round => samples.find(sample => sample.round === round)!.pipeline);
    expect(new Set(firsts).size).toBe(NAMES.length);
    expect(tableOf([[PLAN, figuresOf(samples)]]).split('\n')).toHaveLength(NAMES.length + 2);
    expect(leftOver()).toEqual(before);
  });

  it('publishes no half-written file of a save in place', async () => {
    const samples = await measure({ ...PLAN, manner: 'in place', bytes: 100_000 }, ['warmspare']);
    expect(samples.map(({ torn, wrong, ms }) => [torn, wrong, ms !== undefined])).toEqual(
      samples.map(() => [0, false, true]),
    );
  });
});

it('finds its own checkout, compiled or not', () => {
  const root = rootOf(import.meta.url.replace('/test/bench/', '/bench/'));
  expect(existsSync(join(root, 'bin/warmspare.js'))).toBe(true);
  expect(rootOf('file:///w/dist/bench/pipelines.js')).toBe('/w/');
});
