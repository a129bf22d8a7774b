import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PIECE } from '../../connectors/file/digest.ts';

const HASH_BYTES = 32;

/** A value with a SHA-256 over its bytes before them: what was damaged on the disk is never believed. */
export function pack(value: unknown): Buffer {
  return packBytes(Buffer.from(JSON.stringify(value)));
}

function packBytes(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return Buffer.concat([hash.digest(), ...parts]);
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
  return packBytes(Buffer.from(`${JSON.stringify(key)}\n`), bytes);
}

/** The same of large bytes, a piece in each turn of the event loop. */
export async function packUnderInTurns(key: readonly unknown[], bytes: Uint8Array): Promise<Buffer> {
  const head = Buffer.from(`${JSON.stringify(key)}\n`);
  const packed = Buffer.allocUnsafeSlow(HASH_BYTES + head.length + bytes.length);
  const hash = createHash('sha256').update(head);
  head.copy(packed, HASH_BYTES);
  for (let at = 0; at < bytes.length; at += PIECE) {
    const piece = bytes.subarray(at, at + PIECE);
    hash.update(piece);
    packed.set(piece, HASH_BYTES + head.length + at);
    await nextTurn();
  }
  hash.digest().copy(packed);
  return packed;
}

export function unpackUnder(key: readonly unknown[], packed: Uint8Array): Buffer | undefined {
  const all = unpackBytes(packed);
  const head = Buffer.from(`${JSON.stringify(key)}\n`);
  return all?.subarray(0, head.length).equals(head) ? all.subarray(head.length) : undefined;
}
