import { totalmem } from 'node:os';

/**
 * Megabytes of heap for one large file: half of the machine, or of what this process may have of it. A file
 * of 20 MB may need 4 GB and more.
 */
export function heapForLarge(): number {
  const limit = process.constrainedMemory() ?? 0;
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return Math.max(512, Math.min(8192, Math.floor(memory / 2 / 1024 / 1024)));
}

/**
 * Megabytes of it for what is young: half of a large file's time goes into collecting garbage where its
 * trees outgrow that.
 */
export function youngOf(heapMb: number): number {
  return Math.max(16, Math.floor(heapMb / 32));
}
