import { isAbsolute, relative } from 'node:path';
import { createColors } from 'picocolors';
import type { Failure, Place } from '../../core/failure.ts';
import { maskFailure } from './secrets.ts';
import { blanksFor, harmless, widthOf } from './width.ts';

export interface RenderOptions {
  readonly colour: boolean;
  /** Paths below it are shown relative to it. */
  readonly cwd: string;
  readonly severity?: 'error' | 'warning' | 'held';
  /** Further keys whose values are secret. */
  readonly secrets?: readonly RegExp[];
}

/** A source line longer than this is cut around its caret. */
const LONGEST_LINE = 160;

/**
 * A failure as people read it; the only place that writes one:
 *
 *     warmspare.yaml:12:5: error config-unknown-key: unknown key "inclde"
 *         inclde: [exports]
 *         ^^^^^^
 *       hint: did you mean "include"?
 *
 * Ends with a line end. Secrets are masked, control characters of the source are made visible.
 */
export function renderFailure(failure: Failure, options: RenderOptions): string {
  const paint = createColors(options.colour);
  const { at, also = [], hint, message, failure: code } = maskFailure(failure, options.secrets);
  const severity = options.severity ?? 'error';
  const strong = severity === 'error' ? paint.red : paint.yellow;
  const where = nameOf(at, options.cwd);
  const lines = [`${paint.bold(where)}: ${strong(`${severity} ${code}`)}: ${oneLine(message)}`];
  lines.push(...excerpt(at, strong));
  for (const place of also) {
    lines.push(`  also ${nameOf(place, options.cwd)}:`, ...excerpt(place, paint.dim));
  }
  if (hint !== undefined) lines.push(`  ${paint.cyan('hint')}: ${lowerFirst(oneLine(hint))}`);
  return `${lines.join('\n')}\n`;
}

/** `file:line:column`, as far as known; the program's own name where no file is at fault. */
function nameOf(place: Place | undefined, cwd: string): string {
  if (place?.file === undefined) return 'warmspare';
  const inside = isAbsolute(place.file) ? relative(cwd, place.file) : place.file;
  const file = inside === '' || inside.startsWith('..') ? place.file : inside;
  return [harmless(file), place.line, place.line === undefined ? undefined : place.column]
    .filter(part => part !== undefined)
    .join(':');
}

function excerpt(place: Place | undefined, paint: (text: string) => string): string[] {
  if (place?.source === undefined || place.column === undefined) return [];
  const { source, column, length } = window(harmless(place.source), place.column, place.length ?? 1);
  const marked = source.slice(column - 1, column - 1 + length);
  const carets = '^'.repeat(Math.max(1, widthOf(marked)));
  return [`    ${source}`, `    ${blanksFor(source.slice(0, column - 1))}${paint(carets)}`];
}

/** The part of a very long line that surrounds the caret. */
function window(source: string, column: number, length: number) {
  if (source.length <= LONGEST_LINE) return { source, column, length };
  const from = Math.max(0, Math.min(column - 1 - LONGEST_LINE / 4, source.length - LONGEST_LINE));
  const cut = source.slice(from, from + LONGEST_LINE);
  const head = from > 0 ? '…' : '';
  const tail = from + LONGEST_LINE < source.length ? '…' : '';
  const at = column - from + head.length;
  return {
    source: head + cut + tail,
    column: at,
    length: Math.min(length, cut.length - (column - 1 - from)),
  };
}

function oneLine(text: string): string {
  return harmless(text).replace(/\s*\n\s*/g, ' ');
}

/** Hints are sentences by themselves and follow a colon here; names in capitals stay. */
export function lowerFirst(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
