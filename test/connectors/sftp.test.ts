import { afterAll, vi } from 'vitest';
import { Sshd } from '../support/sshd.ts';
import { connectorContract } from './contract.ts';
import { RemoteBackup } from './sftp-backup.ts';

vi.mock('../../src/connectors/file/disk.ts', async original => {
  const { seeThrough } = await import('./disk-calls.ts');
  return seeThrough(await original());
});

const server = await Sshd.started();
afterAll(() => server.remove());

connectorContract('a backup over SFTP', () => RemoteBackup.on(server), 4);
