import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Bytes are never written into once they were read or made: whoever has them may ask again. */
const known = new WeakMap<Uint8Array, string>();

/**
 * Of bytes or characters: nobody waits long while so many are hashed, encoded or copied, about a millisecond. A small
 * change takes a dozen turns of the event loop, and in each it may meet a piece of a large one.
 */
export const PIECE = 256 * 1024;

/** SHA-256, in hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  if (typeof bytes === 'string') return digest(bytes);
  const before = known.get(bytes);
  if (before !== undefined) return before;
  const hash = digest(bytes);
  known.set(bytes, hash);
  return hash;
}

/** The same, of large bytes a piece in each turn of the event loop. */
export async function sha256InTurns(bytes: Uint8Array): Promise<string> {
  if (bytes.length <= PIECE || known.has(bytes)) return sha256(bytes);
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length; at += PIECE) {
    hash.update(bytes.subarray(at, at + PIECE));
    await nextTurn();
  }
  const digest = hash.digest('hex');
  known.set(bytes, digest);
  return digest;
}

function digest(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
