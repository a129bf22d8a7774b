import type { Place } from '../../failure.ts';
import { type Failure, placeAt } from '../../failure.ts';

/** Deeper than any configuration of a person, and far from the end of the stack. */
export const MAX_DEPTH = 200;

/** A block was opened and its end is missing; `at` is where the end would have stood at the latest. */
export function missingEnd(
  text: string,
  end: string,
  label: string,
  opened: number,
  at: number,
  file?: string,
): Failure {
  const from = placeAt(text, opened, file);
  return {
    failure: 'syntax',
    message: `'${end}' is missing for '${label}', opened in line ${from.line}`,
    at: placeAt(text, at, file),
    also: [from],
  };
}

/** An end stands here, and nothing is open that it could close. */
export function strayEnd(text: string, end: string, at: number, file?: string): Failure {
  return {
    failure: 'syntax',
    message: `'${end}' closes nothing`,
    at: { ...placeAt(text, at, file), length: end.length },
  };
}

/** An end stands here that belongs to another block than the one that is open. */
export function wrongEnd(
  text: string,
  found: string,
  expected: string,
  at: number,
  opened: number,
  file?: string,
): Failure {
  const from: Place = placeAt(text, opened, file);
  return {
    failure: 'syntax',
    message: `'${found}' stands where '${expected}' is missing, for the block opened in line ${from.line}`,
    at: { ...placeAt(text, at, file), length: found.length },
    also: [from],
  };
}

export function tooDeep(text: string, at: number, file?: string): Failure {
  return {
    failure: 'too-deep',
    message: `blocks are nested more than ${MAX_DEPTH} deep`,
    at: placeAt(text, at, file),
  };
}
