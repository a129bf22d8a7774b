import type { Document, FormatName, Scalar, TextEdit } from '../document.ts';
import type { Failure } from '../failure.ts';

/**
 * The contract of a format. Implementations are pure and total: any text gives a Document whose tree
 * tiles the text (see document.ts), or a Failure with line and column; nothing throws.
 *
 * `parse` gets text that has passed the pre-scan (valid UTF-8, no NUL, bounded size and nesting).
 * It is a whole pass. Work on a changed region alone belongs behind a further, optional method.
 */
export interface Format {
  readonly name: FormatName;

  /** `file` is only for the place of a failure. */
  parse(text: string, file?: string): Document | Failure;

  /**
   * Source edits that carry edits of a scalar's decoded text (`edits` in units of `scalar.text`,
   * sorted, not overlapping). Written in the scalar's own quoting: only the touched units change.
   * Where the result would be read as another value or another type than the edited text (a plain
   * YAML scalar that becomes a number, a bare TOML key with a dot), the whole scalar is quoted.
   * A scalar that was no string (a number) stays plain where the result still is one of the format's
   * plain values, and is quoted otherwise.
   */
  respell(scalar: Scalar, edits: readonly TextEdit[], source: string): TextEdit[];
}
