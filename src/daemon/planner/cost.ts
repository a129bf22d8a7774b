import type { FileInput, FileRules } from '../../core/apply/file-input.ts';
import type { FormatName } from '../../core/document.ts';

/**
 * Milliseconds that a whole pass takes for 1,024 bytes: parsing three versions, rewriting, diff, the law
 * and the search for residue. Measured on files of 2 to 100 KB after the first few passes, on one core of
 * 2.x GHz; up to 2 MB the cost grows with the size and no faster.
 */
const MS_PER_KB: Readonly<Record<FormatName, number>> = {
  yaml: 5,
  toml: 4,
  json: 2.5,
  ini: 2,
  block: 1.2,
  lines: 0.8,
};

/** A file of a format that nobody has told yet is taken for the costliest. */
const UNKNOWN_MS_PER_KB = MS_PER_KB.yaml;

/** The daemon’s loop may stand still this long for one file, and about as long again to prove it. */
export const INLINE_MS = 10;

/** More than this many bytes, or milliseconds, is planned apart from the others. */
const LARGE_BYTES = 2 * 1024 * 1024;
const LARGE_MS = 2000;

/** Bytes of the largest version of a file that a pass has to read. */
export function bytesOf({ primary, local, known }: FileInput): number {
  return Math.max(primary?.length ?? 0, local?.length ?? 0, known?.text?.length ?? 0);
}

/** What a whole pass should take, in milliseconds. */
export function costOf(input: FileInput, rules: FileRules): number {
  const format = rules.format ?? input.known?.format;
  const perKb = format === undefined ? UNKNOWN_MS_PER_KB : MS_PER_KB[format];
  return (bytesOf(input) / 1024) * perKb;
}

export function isLarge(input: FileInput, rules: FileRules): boolean {
  return bytesOf(input) > LARGE_BYTES || costOf(input, rules) > LARGE_MS;
}

/**
 * When a large file is given up, in milliseconds: at least twice what the costliest format takes (5 to 8 s
 * for a megabyte), for a slower machine and one that has other things to do.
 */
export function slowLimitMs(bytes: number): number {
  return 30_000 + 15_000 * (bytes / (1024 * 1024));
}
