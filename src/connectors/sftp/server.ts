import { register } from '../file/remotes.ts';
import { asDisk, SftpDisk } from './disk.ts';
import type { Limits } from './line.ts';
import { type Access, Session } from './session.ts';
import { type Address, serverName } from './url.ts';

/**
 * By server: one connection of this process, whoever asks for it; and one disk for good, which knows what was done through
 * the connections before.
 */
const disks = new Map<string, SftpDisk>();

export interface Opening {
  readonly limits?: Limits;
}

/**
 * The disk of a server; nothing is asked of it yet. Whoever comes with another key, or trusts another host key, than whoever
 * opened it first ends that connection: nobody works through one that others were let into.
 */
export function openServer(address: Address, access: Access, { limits }: Opening = {}): SftpDisk {
  const server = serverName(address);
  const known = disks.get(server);
  if (known !== undefined) {
    known.session.use(access, limits);
    return known;
  }
  const disk = new SftpDisk(new Session(address, access, limits));
  disks.set(server, disk);
  register(server, asDisk(disk));
  return disk;
}
