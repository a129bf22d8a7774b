import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256 } from '../../connectors/file/digest.ts';
import { makeFolders } from '../../connectors/file/folders.ts';
import { fullRevision, type Manifest } from '../../core/cluster/revision.ts';
import type { Texts } from '../engine.ts';
import { decodeRevision, encodeRevision } from '../message.ts';
import { replaceFile } from '../texts.ts';

const FILE = 'manifest.json';

const schema = z.object({ sequence: z.int().nonnegative(), body: z.string(), seal: z.string() });

/** The body is never too large for a file. */
const nowhere: Texts = {
  put: async () => {},
  get: async () => undefined,
  stored: async () => undefined,
};

/** The state that this member had of a relationship when it was written; undefined where none is there, or a damaged one. */
export async function readManifest(folder: string, relationship: string): Promise<Manifest | undefined> {
  try {
    const { sequence, body, seal } = schema.parse(JSON.parse(await readFile(join(folder, FILE), 'utf8')));
    if (seal !== sealOf(sequence, body)) return undefined;
    const told = await decodeRevision(relationship, new TextEncoder().encode(body), nowhere);
    if (typeof told === 'string') return undefined;
    const { capturer, number, files, refused, leading, configuration, asOf } = told.revision;
    return { capturer, number, sequence, files, refused, leading, configuration, asOf };
  } catch {
    return undefined;
  }
}

/** Rejects with the error of the medium. */
export async function writeManifest(folder: string, relationship: string, manifest: Manifest): Promise<void> {
  const revision = fullRevision(relationship, manifest, manifest);
  const texts = new Map<string, Uint8Array>();
  const body = new TextDecoder().decode(
    await encodeRevision({ revision, texts }, nowhere, Number.POSITIVE_INFINITY),
  );
  const { sequence } = manifest;
  await makeFolders(folder);
  await replaceFile(join(folder, FILE), JSON.stringify({ sequence, body, seal: sealOf(sequence, body) }));
}

function sealOf(sequence: number, body: string): string {
  return sha256(`${sequence} ${body}`);
}
