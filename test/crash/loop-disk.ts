import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** How often it is tried while it is busy, and how long those that use it are given to end between. */
const TRIES = 3_000;
const BUSY_MS = 10;

/**
 * A small ext4 file system in a file, whose power can be cut: everything that was not flushed by then is
 * gone, and the next mount replays the journal. Nothing is flushed by itself.
 */
export class LoopDisk {
  private readonly image: string;
  readonly root: string;
  private isMounted = false;
  private readonly release = () => {
    if (this.isMounted) spawnSync('umount', ['-l', this.root]);
  };

  constructor(folder: string) {
    this.image = join(folder, 'disk.image');
    this.root = join(folder, 'disk');
    mkdirSync(this.root);
    execFileSync('truncate', ['-s', '64M', this.image]);
    execFileSync('mkfs.ext4', ['-qF', '-m', '0', this.image]);
    process.once('exit', this.release);
    this.mount();
  }

  private mount(): void {
    execFileSync('mount', ['-o', 'loop,commit=60,noauto_da_alloc', this.image, this.root]);
    this.isMounted = true;
  }

  /** From now on nothing reaches the disk any more; what has it open gets errors. */
  cut(): void {
    execFileSync('xfs_io', ['-x', '-c', 'shutdown', this.root]);
  }

  /** Mounts it again, as the next boot does. Whoever used it is to be gone by then. */
  async boot(): Promise<void> {
    await this.unmount();
    this.mount();
  }

  /** `ro` or `rw`; while somebody writes it cannot become read-only. */
  remount(how: 'ro' | 'rw'): Promise<void> {
    return patiently('mount', ['-o', `remount,${how}`, this.root]);
  }

  private async unmount(): Promise<void> {
    await patiently('umount', [this.root]);
    // Whoever was started with mounts of its own meanwhile has this one too: mounted now, it would be the one that was cut.
    await patiently('sh', ['-c', 'test -z "$(losetup -j "$1")"', 'sh', this.image]);
    this.isMounted = false;
  }

  async remove(): Promise<void> {
    await this.unmount().catch(this.release);
    this.isMounted = false;
    process.removeListener('exit', this.release);
  }
}

/** Runs a command again while what it works on is busy. */
async function patiently(command: string, argv: readonly string[]): Promise<void> {
  for (let left = TRIES; ; left--) {
    const { status, stderr } = spawnSync(command, argv, { encoding: 'utf8' });
    if (status === 0) return;
    if (left === 0) throw new Error(stderr);
    await pause(BUSY_MS);
  }
}
