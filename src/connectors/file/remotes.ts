import type { Disk } from './disk-calls.ts';

/**
 * The disks of other machines, by server. A path on one is what `join` makes of its URL,
 * `sftp:/user@host:22/etc/exports`: it is no absolute path here, so that a call which does not ask the disk of its
 * path finds nothing, instead of touching this machine's files.
 */
const SCHEME = 'sftp:/';

const disks = new Map<string, Disk>();

export function isRemote(path: unknown): path is string {
  return typeof path === 'string' && path.startsWith(SCHEME);
}

/** `sftp:/user@host:22`, of a path there. */
export function serverOf(path: string): string {
  const end = path.indexOf('/', SCHEME.length);
  return end === -1 ? path : path.slice(0, end);
}

/** From now on the paths of that server are looked for on that disk. */
export function register(server: string, disk: Disk): void {
  disks.set(server, disk);
}

export function remoteDisk(path: string): Disk {
  const disk = disks.get(serverOf(path));
  // Not ENOENT: of a server that nobody has opened it is not known that nothing is there.
  if (disk === undefined) throw Object.assign(new Error(`ENOTCONN, ${path}`), { code: 'ENOTCONN', path });
  return disk;
}
