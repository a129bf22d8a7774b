import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, vi } from 'vitest';
import type { FileTarget } from '../../src/connectors/file/target.ts';
import { SftpTarget } from '../../src/connectors/sftp/target.ts';
import { rootName } from '../../src/connectors/sftp/url.ts';
import { Sshd } from '../support/sshd.ts';
import { connectorContract } from './contract.ts';
import { Backup } from './world.ts';

vi.mock('../../src/connectors/file/disk.ts', async original => {
  const { seeThrough } = await import('./disk-calls.ts');
  return seeThrough(await original());
});

const PARENT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const server = await Sshd.started();
afterAll(() => server.remove());

class RemoteBackup extends Backup {
  private get address() {
    return { ...server.address, path: this.root };
  }

  override open(): FileTarget {
    return new SftpTarget(this.address, server.access);
  }

  override named(...parts: string[]): string {
    return join(rootName(this.address), ...parts);
  }
}

connectorContract('a backup over SFTP', () => new RemoteBackup(PARENT), 4);
