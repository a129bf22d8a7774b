/**
 * File systems by the numbers of statfs(2), and what depends on them: whether an answer comes from this
 * machine's own kernel, and whether inotify tells of every change.
 */
const LOCAL: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0x2fc12fc1, // zfs
  0xf2f52010, // f2fs
  0xca451a4e, // bcachefs
  0x01021994, // tmpfs
  0x858458f6, // ramfs
  0x794c7630, // overlay
]);

/** Those that people know by a name. Their files are changed by others than this machine's kernel, too. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x6969, 'an NFS'],
  [0xff534d42, 'an SMB'], // cifs
  [0xfe534d42, 'an SMB'], // smb2 and later
  [0x65735546, 'a FUSE'],
  [0x00c36400, 'a CephFS'],
  [0x01021997, 'a 9p'],
  [0x7461636f, 'an OCFS2'],
  [0x01161970, 'a GFS2'],
  [0x0bd00bd0, 'a Lustre'],
  [0x5346414f, 'an AFS'],
]);

/** Its answers come from this machine's kernel, which sees each change: nothing hangs, and nothing is missed. */
export function isLocalKind(type: number): boolean {
  return LOCAL.has(type);
}

/** As in "on a FUSE file system". */
export function kindTitle(type: number): string {
  return `${NAMES.get(type) ?? `an unknown (0x${type.toString(16)})`} file system`;
}
