import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Profile } from '../../../src/core/cluster/member.ts';
import type { Failure } from '../../../src/core/failure.ts';
import { ClusterMemory } from '../../../src/daemon/membership/memory.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'warmspare-memory-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const profile = (configuration: string, edition: number): Profile => ({
  member: 'nas1',
  incarnation: 'i',
  weight: 1,
  labels: [],
  tasks: { pair: { configuration, edition, fields: {}, mayOwn: true, kind: 'fenced' } },
});
const never = (failure: Failure) => {
  throw new Error(failure.message);
};

describe('what a member remembers of its cluster', () => {
  it('is there at the next start, and a configuration that was edited meanwhile is a later edition', async () => {
    const memory = ClusterMemory.read(join(folder, 'state'), never);
    expect(memory.edition('pair', 'c1')).toBe(1);
    for (let epoch = 1; epoch <= 50; epoch++)
      memory.remember(new Map([['pair', { epoch, edition: 4 }]]), profile('c1', 4));
    await memory.settled();
    const next = ClusterMemory.read(join(folder, 'state'), never);
    expect(next.floors).toEqual(new Map([['pair', { epoch: 50, edition: 4 }]]));
    expect([next.edition('pair', 'c1'), next.edition('pair', 'c2'), next.edition('new', 'c2')]).toEqual([
      4, 5, 1,
    ]);
  });

  it('is told to be lost where it is damaged, and where it cannot be written', async () => {
    writeFileSync(join(folder, 'cluster.json'), '{"version": 1');
    const memory = ClusterMemory.read(folder, never);
    expect(memory.damage).toMatchObject({
      failure: 'unreadable',
      at: { file: join(folder, 'cluster.json') },
    });
    expect(memory.floors.size).toBe(0);
    const told: Failure[] = [];
    writeFileSync(join(folder, 'file'), '');
    const nowhere = ClusterMemory.read(join(folder, 'file'), failure => told.push(failure));
    nowhere.remember(new Map(), profile('c1', 1));
    await nowhere.settled();
    expect(told).toMatchObject([{ failure: 'unwritable' }]);
    memory.remember(new Map(), profile('c1', 1));
    await memory.settled();
    expect(JSON.parse(readFileSync(join(folder, 'cluster.json'), 'utf8')).version).toBe(1);
  });
});
