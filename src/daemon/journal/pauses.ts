import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { syncFolder, writeDurably } from '../../connectors/file/durable.ts';
import { makeFolders } from '../../connectors/file/folders.ts';
import { code } from '../../connectors/file/place.ts';
import type { Failure } from '../../core/failure.ts';
import type { Pause } from './facts.ts';
import { pack, unpack } from './packed.ts';

const schema = z.object({
  relationship: z.string(),
  since: z.number(),
  until: z.number().exactOptional(),
  who: z.string(),
  reason: z.string().exactOptional(),
});

/**
 * Pauses lie in plain files beside the store, one per relationship: a person has set them, and they
 * outlive whatever happens to the store. A damaged one still means: paused.
 */
export function readPause(
  folder: string,
  relationship: string,
): { readonly paused?: Pause; readonly failure?: Failure } {
  const file = join(folder, relationship);
  let packed: Uint8Array;
  try {
    packed = readFileSync(file);
  } catch (error) {
    if (code(error) === 'ENOENT') return {};
    return damaged(relationship, file, `cannot be read (${code(error)})`);
  }
  const parsed = schema.safeParse(unpack(packed));
  if (!parsed.success || parsed.data.relationship !== relationship)
    return damaged(relationship, file, 'is damaged');
  const { relationship: _, ...paused } = parsed.data;
  return { paused };
}

function damaged(relationship: string, file: string, why: string) {
  const failure: Failure = {
    failure: 'unreadable',
    message: `${relationship}: the note of its pause ${why}: it stays paused`,
    at: { file },
    hint: `run \`warmspare resume ${relationship}\` when it may go on`,
  };
  return { paused: { since: 0, who: 'unknown', reason: `the note of the pause ${why}` }, failure };
}

/** Durable when it returns. Throws what the file system says. */
export async function writePause(
  folder: string,
  relationship: string,
  pause: Pause | undefined,
): Promise<void> {
  await makeFolders(folder);
  const file = join(folder, relationship);
  if (pause !== undefined) {
    const packed = pack({ relationship, ...pause });
    const isSame = await readFile(file).then(
      old => old.equals(packed),
      () => false,
    );
    if (!isSame) await writeDurably(folder, file, packed);
    return;
  }
  await rm(file, { force: true });
  await syncFolder(folder);
}
