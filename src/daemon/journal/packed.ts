import { createHash } from 'node:crypto';

const HASH_BYTES = 32;

/** A value with a SHA-256 over its bytes before them: what was damaged on the disk is never believed. */
export function pack(value: unknown): Buffer {
  return packBytes(Buffer.from(JSON.stringify(value)));
}

function packBytes(bytes: Uint8Array): Buffer {
  return Buffer.concat([createHash('sha256').update(bytes).digest(), bytes]);
}

/** The bytes, or undefined where they are not those that were packed. */
function unpackBytes(packed: Uint8Array): Buffer | undefined {
  if (packed.length < HASH_BYTES) return undefined;
  const bytes = Buffer.from(packed.subarray(HASH_BYTES));
  const found = createHash('sha256').update(bytes).digest();
  return found.equals(packed.subarray(0, HASH_BYTES)) ? bytes : undefined;
}

/** The value, or undefined where it is not the one that was packed. */
export function unpack(packed: Uint8Array): unknown {
  const bytes = unpackBytes(packed);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Bytes with the key that they lie under, so that a key that was damaged finds nothing. */
export function packUnder(key: readonly unknown[], bytes: Uint8Array): Buffer {
  return packBytes(Buffer.concat([Buffer.from(`${JSON.stringify(key)}\n`), bytes]));
}

export function unpackUnder(key: readonly unknown[], packed: Uint8Array): Buffer | undefined {
  const all = unpackBytes(packed);
  const head = Buffer.from(`${JSON.stringify(key)}\n`);
  return all?.subarray(0, head.length).equals(head) ? all.subarray(head.length) : undefined;
}
