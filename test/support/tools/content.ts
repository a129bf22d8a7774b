const LINES = 200;

/**
 * Content that tells by itself whether it is whole: each line names its version and its place. All
 * versions have one size, 48 KB, so that a size tells nothing. Each line names the primary too, so that a
 * backup's text is another one.
 */
export function content(version: number): string {
  const v = String(version).padStart(6, '0');
  const lines = Array.from(
    { length: LINES },
    (_, i) => `line ${String(i).padStart(4, '0')} of version ${v} on nas1 ${'.'.repeat(200)}`,
  );
  return [`first of ${v}`, ...lines, `last of ${v}`, ''].join('\n');
}

/** The version that a text is, with nothing missing, doubled or from another; undefined: it is torn. */
export function versionOf(text: string): number | undefined {
  const version = /^first of (\d{6})\n/.exec(text)?.[1];
  if (version === undefined || text !== content(Number(version))) return undefined;
  return Number(version);
}
