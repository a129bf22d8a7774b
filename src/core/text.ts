/**
 * A text, or the bytes of one in UTF-8 as they lie on a disk. A large one that this process has only to hand on stays
 * bytes: to make one string of 20 MB keeps everybody else waiting, whatever else is done in turns.
 */
export type Text = string | Uint8Array;

/** The text itself, for whoever has to read it. A byte-order mark is part of it. */
export function stringOf(text: Text): string;
export function stringOf(text: Text | undefined): string | undefined;
export function stringOf(text: Text | undefined): string | undefined {
  return text === undefined || typeof text === 'string'
    ? text
    : new TextDecoder('utf-8', { ignoreBOM: true }).decode(text);
}
