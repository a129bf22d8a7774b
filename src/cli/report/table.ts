import { widthOf } from './width.ts';

/** Columns as wide as their widest cell, two blanks apart; for terminals and for `column`-like reading. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map(row => widthOf(row[column] ?? ''))));
  return all
    .map(row =>
      row
        .map((cell, column) =>
          column === row.length - 1 ? cell : cell + ' '.repeat(widths[column]! - widthOf(cell) + 2),
        )
        .join(''),
    )
    .map(line => `${line.trimEnd()}\n`)
    .join('');
}
