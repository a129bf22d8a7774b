import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { vi } from 'vitest';
import { connectorContract } from './contract.ts';
import { Backup } from './world.ts';

vi.mock('../../src/connectors/file/disk.ts', async original => {
  const { seeThrough } = await import('./disk-calls.ts');
  return seeThrough(await original());
});

/** Thousands of commits whose durability is not what is looked at: where a sync costs nothing, if there is such a place. */
const PARENT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

connectorContract('a backup below a local path', () => new Backup(PARENT));
