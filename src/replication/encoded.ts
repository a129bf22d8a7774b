import { setImmediate as nextTurn } from 'node:timers/promises';
import { PIECE, sha256InTurns } from '../connectors/file/digest.ts';
import type { Text } from '../core/text.ts';

const encoder = new TextEncoder();

/** A text's bytes in UTF-8, and hashed; both in turns of the event loop where it is large. */
export async function encoded(text: Text): Promise<Uint8Array> {
  const bytes = await bytesInTurns(text);
  await sha256InTurns(bytes);
  return bytes;
}

/** A text's bytes in UTF-8; of a large one a piece in each turn of the event loop. */
export async function bytesInTurns(text: Text): Promise<Uint8Array> {
  if (typeof text !== 'string') return text;
  if (text.length <= PIECE) return encoder.encode(text);
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  let length = 0;
  for (let at = 0; at < text.length; ) {
    const end = at + PIECE;
    // The two halves of one character are encoded together.
    const piece = text.slice(at, isHighSurrogate(text, end - 1) ? end + 1 : end);
    length += encoder.encodeInto(piece, bytes.subarray(length)).written;
    at += piece.length;
    await nextTurn();
  }
  return bytes;
}

function isHighSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit < 0xdc00;
}
