import { createHash } from 'node:crypto';

/** Bytes are never written into once they were read or made: whoever has them may ask again. */
const known = new WeakMap<Uint8Array, string>();

/** SHA-256, in hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  if (typeof bytes === 'string') return digest(bytes);
  const before = known.get(bytes);
  if (before !== undefined) return before;
  const hash = digest(bytes);
  known.set(bytes, hash);
  return hash;
}

function digest(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
