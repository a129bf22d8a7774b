import type { Boundary } from './boundary.ts';

/** One way in which an identifier may be written, with what the counterpart then is. */
export interface Spelling {
  readonly found: string;
  readonly put: string;
  /** Follows from the pair (capitals); gives way where the mapping names it in its own right. */
  readonly derived?: boolean;
}

/** What is known of one kind of identifier. */
export interface KindRules {
  /** What is wrong with an identifier of this kind, as the end of "nas1.x ..."; undefined if nothing. */
  readonly problem: (written: string) => string | undefined;
  /** What is wrong with two valid identifiers as a pair; undefined if nothing. */
  readonly mismatch?: (primary: string, backup: string) => string | undefined;
  /** Equal for two spellings of one identifier. */
  readonly canonical: (written: string) => string;
  /** Every spelling that is followed, in order of preference; `found` may repeat, the first counts. */
  readonly spellings: (from: string, to: string) => Spelling[];
  readonly boundary: Boundary;
}

/** An identifier of hexadecimal digits with one source for each layout (separators, compression). */
export interface Layouts {
  readonly written: string;
  /** Lower case, one per layout, the same number and order on both sides of a pair. */
  readonly layouts: readonly string[];
}

/**
 * Every layout in lower and upper case. Where the spelling found does not tell its layout (no zeros
 * to compress) or its case (digits only), the counterpart's is as the mapping writes it.
 */
export function spellLayouts(from: Layouts, to: Layouts): Spelling[] {
  const spellings: Spelling[] = [];
  from.layouts.forEach((found, index) => {
    if (from.layouts.indexOf(found) !== index) return;
    const puts = new Set(to.layouts.filter((_, i) => from.layouts[i] === found));
    const put = puts.size === 1 ? to.layouts[index]! : to.written;
    if (found === found.toUpperCase()) {
      spellings.push({ found, put: puts.size === 1 ? casedLike(to.written, put) : put });
    } else {
      spellings.push({ found, put: put.toLowerCase() });
      spellings.push({ found: found.toUpperCase(), put: put.toUpperCase() });
    }
  });
  if (!spellings.some(({ found }) => found === from.written)) {
    // Mixed capitals, or zeros compressed halfway, are a spelling only where the mapping writes them.
    const index = from.layouts.indexOf(from.written.toLowerCase());
    const put = index === -1 ? to.written : casedLike(to.written, to.layouts[index]!);
    spellings.push({ found: from.written, put });
  }
  return spellings;
}

/** The letters of `text` in the case in which `written` has them, digit for digit where that can be told. */
function casedLike(written: string, text: string): string {
  if (written === written.toLowerCase()) return text;
  if (written === written.toUpperCase()) return text.toUpperCase();
  const digits = [...written].filter(digit => /[0-9a-f]/i.test(digit));
  if (digits.length !== text.replaceAll(/[^0-9a-f]/gi, '').length) return text;
  let next = 0;
  return text.replaceAll(/[0-9a-f]/g, () => digits[next++]!);
}
