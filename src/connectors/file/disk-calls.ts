import type { BigIntStats } from 'node:fs';
import type * as promises from 'node:fs/promises';

/** What is done with an open file. */
export interface Handle {
  stat(options: { bigint: true }): Promise<BigIntStats>;
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  writeFile(content: Uint8Array | string): Promise<void>;
  chown(uid: number, gid: number): Promise<void>;
  chmod(mode: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * All that a connector asks of a disk, wherever that is: as node:fs/promises has it, with the same `code` in its
 * errors, because the transaction decides by them.
 */
export interface Disk {
  /** Looks what a root lies on, before anything else is asked of it. */
  judge(root: string): Promise<void>;
  /** Opens a folder, and closes it. */
  enter(path: string): Promise<void>;
  lstat: typeof promises.lstat;
  stat: typeof promises.stat;
  realpath: (path: string) => Promise<string>;
  readlink: (path: string) => Promise<string>;
  readdir: typeof promises.readdir;
  rename: (from: string, to: string) => Promise<void>;
  link: (from: string, to: string) => Promise<void>;
  symlink: (text: string, path: string) => Promise<void>;
  unlink: (path: string) => Promise<void>;
  rmdir: (path: string) => Promise<void>;
  rm: (path: string, options?: { recursive?: boolean; force?: boolean }) => Promise<void>;
  mkdir: (path: string, options?: { mode?: number }) => Promise<void>;
  readFile: typeof promises.readFile;
  open(path: string, flags: number, mode?: number): Promise<Handle>;
}
