import { pathTest } from '../capture/scope.ts';
import { escapeSegment } from '../document.ts';
import type { PairSpec } from './identity.ts';
import { isAtPlace, type PlacePattern, parsePlace } from './place.ts';

interface Pattern {
  readonly matches: (file: string) => boolean;
  readonly place: PlacePattern | undefined;
}

/** Where a pair applies: `in`, `not` and `at` of one pair, seen from one of the two sides. */
export interface Scope {
  readonly in: readonly Pattern[];
  readonly not: readonly Pattern[];
  readonly at: PlacePattern | undefined;
}

/** For one file: everywhere, nowhere, or as the place decides (undefined: in a comment, at no place). */
export type Verdict = boolean | ((pointer: string | undefined) => boolean);

/** How an identifier that stands in a pattern or a place is called on the other side. */
export type Renaming = (text: string) => string;

/** undefined for a pair that applies everywhere. */
export function scopeOf(pair: PairSpec, rename: Renaming = same): Scope | undefined {
  const within = pair.in ?? [];
  const not = pair.not ?? [];
  if (within.length === 0 && not.length === 0 && pair.at === undefined) return undefined;
  return {
    in: within.map(one => pattern(one, rename)),
    not: not.map(one => pattern(one, rename)),
    at: pair.at === undefined ? undefined : place(pair.at, rename),
  };
}

/** What makes two pairs for one identifier bearable: they are limited, and differently. */
export function limitOf(pair: PairSpec): string {
  const within = [...(pair.in ?? [])].sort();
  return within.length === 0 && pair.at === undefined ? '' : JSON.stringify([within, pair.at ?? '']);
}

export function verdictOf(scope: Scope, file: string): Verdict {
  const within = scope.in.filter(one => one.matches(file));
  if (scope.in.length > 0 && within.length === 0) return false;
  const not = scope.not.filter(one => one.matches(file));
  if (not.some(one => one.place === undefined)) return false;
  const anywhere = within.length === 0 || within.some(one => one.place === undefined);
  const { at } = scope;
  if (anywhere && not.length === 0 && at === undefined) return true;
  return pointer => {
    const isAt = (one: PlacePattern | undefined) =>
      one !== undefined && pointer !== undefined && isAtPlace(one, pointer);
    if (at !== undefined && !isAt(at)) return false;
    if (!anywhere && !within.some(one => isAt(one.place))) return false;
    return !not.some(one => isAt(one.place));
  };
}

const same: Renaming = text => text;

function pattern(written: string, rename: Renaming): Pattern {
  const hash = written.indexOf('#');
  const glob = hash === -1 ? written : written.slice(0, hash);
  const own = glob === '' ? () => true : pathTest(glob);
  // Whether files are renamed with the nodes is not decided here, so both names are known.
  const renamed = rename(glob);
  const other = renamed === glob ? own : pathTest(renamed);
  return {
    matches: file => own(file) || other(file),
    place: hash === -1 || hash === written.length - 1 ? undefined : place(written.slice(hash + 1), rename),
  };
}

function place(written: string, rename: Renaming): PlacePattern {
  const parsed = parsePlace(written);
  return parsePlace(
    (parsed.isAbsolute ? '/' : '') + parsed.segments.map(one => escapeSegment(rename(one))).join('/'),
  );
}
