/**
 * The first look at a file: its bytes alone, before any parser sees them. What would make a parser
 * crash, or would be lost when the bytes become text, is refused here by name.
 *
 * Every check is one pass over the bytes. Nothing here knows the format of the file.
 */

import { type Failure, lineWithoutSecrets, type Place } from '../failure.ts';
import { ALIAS_HINT, TOO_DEEP_HINT } from '../formats/advice.ts';
import { stringOf } from '../text.ts';
import { type DepthFailure, findDepthFailure } from './nesting.ts';

export interface PrescanLimits {
  /** Size of the file in bytes. */
  readonly sizeBytes: number;
  /**
   * Levels of nesting. Hand-written storage configuration stays below 20 and generated Kubernetes
   * schemas below 60, while parsers that recurse for each level start to overflow the stack at some
   * thousands: 200 leaves room to both sides.
   */
  readonly depth: number;
  /** Uses of YAML aliases. A bomb needs few of them; this is only against one anchor used without end. */
  readonly aliases: number;
}

export const DEFAULT_LIMITS: PrescanLimits = { sizeBytes: 64 * 1024 * 1024, depth: 200, aliases: 10_000 };

/**
 * The text of a file's bytes, or why no parser may see it: too-large, binary, nul-byte, not-utf8,
 * too-deep, alias-bomb. A byte-order mark is part of the text. Never throws.
 */
export function prescan(
  bytes: Uint8Array,
  limits: Partial<PrescanLimits> = {},
  file?: string,
): Failure | { readonly text: string } {
  const { sizeBytes, depth, aliases } = { ...DEFAULT_LIMITS, ...limits };
  if (bytes.length > sizeBytes) {
    return {
      failure: 'too-large',
      message: `the file has ${bytes.length} bytes, more than the limit of ${sizeBytes}`,
      ...(file === undefined ? {} : { at: { file } }),
      hint: 'Exclude the file: it is hardly a configuration file',
    };
  }
  const binary = binaryFailure(bytes, file);
  if (binary !== undefined) return binary;
  const zero = bytes.indexOf(0);
  if (zero !== -1) return zeroFailure(bytes, zero, file);
  const bad = firstInvalidByte(bytes);
  if (bad !== -1) return encodingFailure(bytes, bad, file);
  const nested = findDepthFailure(bytes, depth, aliases);
  if (nested !== undefined) return depthFailure(bytes, nested, depth, aliases, file);
  return { text: stringOf(bytes) };
}

interface Magic {
  readonly bytes: readonly number[];
  readonly what: string;
  readonly hint?: string;
}

/** Files that lie among configuration and have a proper means of their own to reach another node. */
const MAGICS: readonly Magic[] = [
  {
    bytes: ascii('TDB file\n'),
    what: 'a Samba database (TDB)',
    hint: 'Exclude it: secrets.tdb is made on the backup by `net ads join` (other databases: `tdbbackup`)',
  },
  {
    bytes: ascii('SQLite format 3\0'),
    what: 'an SQLite database',
    hint: 'Exclude it, and copy it by `sqlite3 FILE .backup`',
  },
  { bytes: [0x7f, ...ascii('ELF')], what: 'a program (ELF)', hint: 'Exclude it, and install its package' },
  {
    bytes: [0x05, 0x02],
    what: 'a Kerberos keytab',
    hint: 'Exclude it, and make one on the backup by `net ads keytab`',
  },
  { bytes: [0x1f, 0x8b], what: 'compressed by gzip' },
  { bytes: [0xfd, ...ascii('7zXZ\0')], what: 'compressed by xz' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], what: 'compressed by zstd' },
  { bytes: ascii('PK\u0003\u0004'), what: 'a ZIP archive' },
  { bytes: [...ascii('LUKS'), 0xba, 0xbe], what: 'a LUKS header' },
];

function ascii(text: string): number[] {
  return [...text].map(char => char.charCodeAt(0));
}

function binaryFailure(bytes: Uint8Array, file: string | undefined): Failure | undefined {
  const magic = MAGICS.find(({ bytes: head }) => head.every((byte, i) => bytes[i] === byte));
  if (magic === undefined) return undefined;
  return {
    failure: 'binary',
    message: `the file is ${magic.what}, not a text`,
    ...(file === undefined ? {} : { at: { file } }),
    hint: magic.hint ?? 'Exclude the file: only texts are replicated',
  };
}

function zeroFailure(bytes: Uint8Array, offset: number, file: string | undefined): Failure {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16) return encodingFailure(bytes, 0, file);
  const onlyZeros = bytes.every(byte => byte === 0);
  return {
    failure: 'nul-byte',
    message: onlyZeros
      ? 'the file has NUL bytes only, as after a power cut'
      : `a NUL byte stands at byte ${offset} of the file`,
    // A line of zeros is nothing to set a caret under.
    at: onlyZeros
      ? { ...(file === undefined ? {} : { file }), line: 1, column: 1 }
      : placeOfByte(bytes, offset, file),
    hint: 'Restore the file on the primary, or exclude it if it is no text',
  };
}

function encodingFailure(bytes: Uint8Array, offset: number, file: string | undefined): Failure {
  const byte = bytes[offset] ?? 0;
  const hex = `0x${byte.toString(16).padStart(2, '0')}`;
  const following = bytes[offset + 1];
  let why = '';
  if (offset === 0 && (byte === 0xff || byte === 0xfe)) why = ', perhaps it is UTF-16';
  else if (following === undefined && byte >= 0xc2) why = ', the file ends within a character';
  else if (byte >= 0xa0) why = `, perhaps it is latin-1 ('${String.fromCharCode(byte)}')`;
  return {
    failure: 'not-utf8',
    message: `byte ${hex} at ${offset} is not UTF-8${why}`,
    at: placeOfByte(bytes, offset, file),
    hint: 'Convert the file with `iconv -t UTF-8`, or exclude it',
  };
}

function depthFailure(
  bytes: Uint8Array,
  nested: DepthFailure,
  depth: number,
  aliases: number,
  file: string | undefined,
): Failure {
  const at = placeOfByte(bytes, nested.offset, file);
  if (nested.code === 'alias-bomb') {
    const message = `the file uses more than ${aliases} YAML aliases`;
    return { failure: 'alias-bomb', message, at, hint: ALIAS_HINT };
  }
  return {
    failure: 'too-deep',
    message: `the file nests deeper than ${depth} levels`,
    at,
    hint: TOO_DEEP_HINT,
  };
}

/**
 * Offset of the first byte of the first sequence that is not UTF-8 (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF), or -1.
 */
export function firstInvalidByte(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) {
    const lead = bytes[i] as number;
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return i;
    const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    // Only the second byte has tighter bounds, and only after these four lead bytes.
    let low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    let high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    for (let k = 1; k <= more; k++) {
      const byte = bytes[i + k];
      if (byte === undefined || byte < low || byte > high) return i;
      low = 0x80;
      high = 0xbf;
    }
    i += more;
  }
  return -1;
}

/** How much of a file around a line may tell that it holds a secret. */
const CONTEXT_BYTES = 4096;

/** The place of a byte. What stands before it in its line is valid UTF-8, or is shown as U+FFFD. */
function placeOfByte(bytes: Uint8Array, offset: number, file: string | undefined): Place {
  const before = offset === 0 ? 0 : bytes.lastIndexOf(0x0a, offset - 1) + 1;
  let line = 1;
  for (let i = bytes.indexOf(0x0a); i !== -1 && i < offset; i = bytes.indexOf(0x0a, i + 1)) line++;
  const end = bytes.indexOf(0x0a, offset);
  const from = bytes.lastIndexOf(0x0a, Math.max(0, before - CONTEXT_BYTES)) + 1;
  const stop = end === -1 ? bytes.length : end;
  const source = lineWithoutSecrets(
    stringOf(bytes.subarray(from, before)),
    stringOf(bytes.subarray(before, stop)).replace(/\r$/, ''),
    stringOf(bytes.subarray(stop, stop + CONTEXT_BYTES)),
  );
  const column = stringOf(bytes.subarray(before, offset)).length + 1;
  return { ...(file === undefined ? {} : { file }), line, column, source };
}
