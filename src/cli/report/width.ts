/** What a text shows as on a terminal, so that a caret stands under the right character. */

const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

/** Columns that a text takes, tabs not counted. */
export function widthOf(text: string): number {
  let width = 0;
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (char !== '\t' && !ZERO.test(char))
      width += WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
  }
  return width;
}

/** Blanks as wide as the text. Tabs stay tabs: what they are worth is the terminal's to say. */
export function blanksFor(text: string): string {
  return text
    .split('\t')
    .map(part => ' '.repeat(widthOf(part)))
    .join('\t');
}

/** Escape sequences and characters that turn the direction of writing would let a file forge a report. */
export function harmless(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}
