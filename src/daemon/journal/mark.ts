import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { absent } from '../../connectors/file/durable.ts';
import { pack, unpack } from './packed.ts';

const MARK = 'mark';
const schema = z.object({ written: z.int().nonnegative() });

/**
 * How many records were ever written and flushed, beside the store: where one of its first pages is
 * damaged, lmdb goes back to an older state without a word, and only this tells.
 */
export async function readMark(folder: string): Promise<number> {
  const packed = await readFile(join(folder, MARK)).catch(absent);
  const parsed = schema.safeParse(packed === undefined ? undefined : unpack(packed));
  return parsed.success ? parsed.data.written : 0;
}

/** Only after the records themselves are on the disk. Not durable, for it may lag behind. */
export async function writeMark(folder: string, written: number): Promise<void> {
  const from = join(folder, `${MARK}.new`);
  await writeFile(from, pack({ written }), { mode: 0o600 });
  await rename(from, join(folder, MARK));
}
