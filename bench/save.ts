import { closeSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** How a tool saves: aside and renamed over, or in place. */
export type Manner = 'rename' | 'in place';

/** Saves; the answer is when it was done, in monotonic milliseconds: just before rename(2) or close(2). */
export function save(manner: Manner, folder: string, file: string, text: Buffer): number {
  const path = join(folder, file);
  if (manner === 'rename') {
    const draft = join(folder, `.${file}.draft`);
    writeFileSync(draft, text);
    const at = performance.now();
    renameSync(draft, path);
    return at;
  }
  // Truncated, then written in blocks, as libc's stdio would.
  const opened = openSync(path, 'w');
  for (let from = 0; from < text.length; from += BLOCK) {
    writeSync(opened, text, from, Math.min(BLOCK, text.length - from));
  }
  const at = performance.now();
  closeSync(opened);
  return at;
}

const BLOCK = 4096;
