import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** In bytes; other forms would have another first byte. */
const FORM = 1;
const NONCE = 12;
const TAG = 16;
const HEAD = 1 + NONCE + TAG;

/** Of a key; in bytes. */
export const KEY_BYTES = 32;

/** The place that something is sealed for: what it is, then where. Each part is told from the next by its length. */
export type SealPlace = readonly string[];

/**
 * Encrypts and authenticates with AES-256-GCM: form, nonce, tag, text. The nonce is random: of 2^32 messages
 * under one key two have the same with a probability of 2^-33. What is sealed for one place opens at no other.
 */
export function seal(key: Uint8Array, place: SealPlace, bytes: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(additional(place));
  const text = cipher.update(bytes);
  cipher.final();
  return new Uint8Array(Buffer.concat([Uint8Array.of(FORM), nonce, cipher.getAuthTag(), text]));
}

/** Undefined: it was sealed with another key, for another place, or not at all. */
export function unseal(key: Uint8Array, place: SealPlace, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < HEAD || sealed[0] !== FORM) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + NONCE))
    .setAAD(additional(place))
    .setAuthTag(sealed.subarray(1 + NONCE, HEAD));
  const text = decipher.update(sealed.subarray(HEAD));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return new Uint8Array(text);
}

/** What no two sealed messages have in common: an answer names that of its question. */
export function nonceOf(sealed: Uint8Array): string {
  return Buffer.from(sealed.subarray(1, 1 + NONCE)).toString('hex');
}

function additional(place: SealPlace): Buffer {
  return Buffer.from(['warmspare', ...place].map(part => `${Buffer.byteLength(part)}:${part}`).join(''));
}
