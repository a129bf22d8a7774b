import { statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advanceHead, newHead } from '../../../src/daemon/journal/head.ts';
import { bytesTaken, RevisionIndex } from '../../../src/daemon/journal/revisions.ts';
import type { RevisionKey } from '../../../src/daemon/journal/tables.ts';
import { runs } from '../../runs.ts';
import { opened, sha256, withState } from './world.ts';

const DAY = 86_400_000;

test('a head keeps its newest records, lets go a few at a time, and never the last', () => {
  const law = fc.property(
    fc.array(fc.integer({ min: -40 * DAY, max: 40 * DAY }), { maxLength: 200 }),
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 1, max: 30 }),
    (steps, records, days) => {
      let head = newHead('a');
      let at = 1_000 * DAY;
      for (const step of steps) {
        at += step;
        const next = advanceHead(head, at, { records, days });
        expect(next.last).toBe(head.last + 1);
        expect(next.first).toBeGreaterThanOrEqual(head.first);
        expect(next.first - head.first).toBeLessThanOrEqual(4);
        expect(next.first).toBeLessThanOrEqual(next.last);
        expect(next.last - next.first + 1).toBeLessThanOrEqual(records);
        expect(next.days.length).toBeLessThanOrEqual(days);
        head = next;
      }
    },
  );
  fc.assert(law, runs(500));
});

test('records go when their days are over, and a clock that jumps counts for one day', () => {
  const limits = { records: 1000, days: 3 };
  let head = newHead('a');
  for (let day = 1; day <= 10; day++) head = advanceHead(head, day * DAY, limits);
  expect([head.first, head.last]).toEqual([8, 10]);
  for (const at of [11 * DAY, 400 * DAY, 12 * DAY, 400 * DAY, 12 * DAY]) {
    const before = head.first;
    head = advanceHead(head, at, limits);
    expect(head.first - before).toBeLessThanOrEqual(1);
  }
  const noon = head;
  for (let hour = 0; hour < 5; hour++) head = advanceHead(head, 12 * DAY + hour * 1000, limits);
  expect(head.first).toBe(noon.first);
});

test('of a path the newest versions are kept, of all no more than the bytes; the newest stays', () => {
  const one = fc.record({ path: fc.nat(5), content: fc.nat(30), length: fc.nat(20_000) });
  const law = fc.property(
    fc.array(one, { maxLength: 80 }),
    fc.integer({ min: 1, max: 5 }),
    (all, perPath) => {
      const limits = { perPath, bytes: 120_000 };
      const index = new RevisionIndex([]);
      const kept = new Map<string, RevisionKey>();
      for (const { path, content, length } of all) {
        const revision = { relationship: 'a', path: String(path), content: String(content) };
        const isKept = [...kept.values()].some(key => key[1] === String(path) && key[3] === String(content));
        expect(index.has('a', String(path), String(content))).toBe(isKept);
        if (isKept) continue;
        const { key, gone } = index.admit(revision, length, limits)!;
        for (const old of gone) expect(kept.delete(JSON.stringify(old))).toBe(true);
        kept.set(JSON.stringify(key), key);
        const own = [...kept.values()].filter(other => other[1] === String(path));
        expect(own.length).toBeLessThanOrEqual(perPath);
        expect(own.every(other => other[2] <= key[2])).toBe(true);
        const bytes = [...kept.values()].reduce((sum, other) => sum + other[4], 0);
        expect(bytes).toBe(index.bytes);
        expect(bytes).toBeLessThanOrEqual(limits.bytes);
      }
      expect(new RevisionIndex(kept.values()).bytes).toBe(index.bytes);
    },
  );
  fc.assert(law, runs(500));
});

test('a version that does not fit at all is not kept; another path gives way before the last of its own', () => {
  const limits = { perPath: 9, bytes: 3 * bytesTaken(10) };
  const index = new RevisionIndex([]);
  const admit = (path: string, content: string, length = 10) =>
    index.admit({ relationship: 'a', path, content }, length, limits);
  expect(admit('big', '1', 100_000)).toBeUndefined();
  for (const content of ['1', '2']) expect(admit('busy', content)!.gone).toEqual([]);
  expect(admit('quiet', '1')!.gone).toEqual([]);
  expect(admit('busy', '3')!.gone.map(key => key[3])).toEqual(['1']);
  expect(admit('busy', '4')!.gone.map(key => [key[1], key[3]])).toEqual([['busy', '2']]);
});

test('the store itself stays bounded, and what is kept is read without a complaint', async () => {
  await withState(async state => {
    const limits = { records: { records: 100, days: 90 }, revisions: { perPath: 3, bytes: 64 * 1024 } };
    const sizes: number[] = [];
    for (let round = 0; round < 6; round++) {
      const journal = await opened(state, { limits });
      for (let i = 0; i < 500; i++) {
        journal.append({ relationship: 'a', at: i, event: { type: 'stopped', reason: 'x'.repeat(300) } });
        const bytes = Buffer.from(`${round} ${i} ${'y'.repeat(3000)}`);
        journal.keep({ relationship: 'a', path: `p${i % 7}`, hash: sha256(bytes), bytes });
        if (i % 50 === 0) await journal.flushed();
      }
      await journal.flushed();
      const { records, failures } = journal.read();
      expect([failures, records.length, records[0]!.number]).toEqual([[], 100, 500 * (round + 1)]);
      const last = Buffer.from(`${round} 499 ${'y'.repeat(3000)}`);
      expect(journal.revision('a', 'p2', sha256(last))).toEqual(last);
      expect(journal.revision('a', 'p2', sha256(`0 2 ${'y'.repeat(3000)}`))).toBeUndefined();
      await journal.close();
      sizes.push(statSync(join(state, 'journal/store/data.mdb')).size);
    }
    expect(sizes.at(-1)).toBeLessThanOrEqual(2 * sizes[0]!);
  });
});
