/**
 * What the core may use of its surroundings although it is no part of the language. Each is a pure
 * function of its arguments: nothing here reads a clock, draws a number or touches the system.
 */

/** Bytes to text. Deterministic, and many times quicker than decoding in JavaScript. */
declare class TextDecoder {
  constructor(label: 'utf-8', options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}
