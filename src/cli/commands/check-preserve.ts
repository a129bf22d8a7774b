import { nearest } from '../../config/suggest.ts';
import type { FilePlan } from '../../core/apply/plan.ts';
import { prescan } from '../../core/capture/prescan.ts';
import { pathTest } from '../../core/capture/scope.ts';
import { type Json, pointerOf, segmentsOf } from '../../core/document.ts';
import { isFailure } from '../../core/failure.ts';
import { formatNamed } from '../../core/formats/registry.ts';
import { stringOf } from '../../core/text.ts';
import type { Prepared } from '../../replication/prepare.ts';

/** A place to be preserved that no file has: misspelt, mostly, and then nothing is preserved. */
export interface Nowhere {
  /** The pattern of the files that it was said of. */
  readonly files: string;
  readonly place: string;
  /** A place that there is, and is called much like it. */
  readonly meant?: string;
}

/**
 * The places of `preserve` that occur neither on the backup nor in what the primary has for it. Of files
 * that cannot be read nothing is said: they may have the place.
 */
export function placesNowhere({ opened, plan, local, unreachable }: Prepared): Nowhere[] {
  if (unreachable !== undefined || plan.held.length > 0) return [];
  return opened.relationship.files.flatMap(({ pattern, preserve }) => {
    if (preserve.length === 0) return [];
    const isMeant = pathTest(pattern);
    const sides = plan.files
      .filter(file => isMeant(file.path))
      .map(file => valuesOf(file, local.get(file.path)?.bytes));
    // A pattern that no file matches is told of by itself.
    if (sides.length === 0 || sides.includes(undefined)) return [];
    const values = sides.flatMap(side => side ?? []);
    return preserve
      .filter(place => !values.some(value => hasPlace(value, segmentsOf(place))))
      .map(place => ({ files: pattern, place, ...meantBy(place, values) }));
  });
}

/** What a person is told of it. */
export function describeNowhere({ files, place, meant }: Nowhere): string {
  const said = `${place}, to be preserved in ${files}, occurs nowhere`;
  const star = place.includes('*') ? ', and * stands for itself' : '';
  if (meant === undefined) {
    return `${said}${star}: \`warmspare explain FILE LINE\` tells what a setting is called`;
  }
  const all = ALL_BELOW.test(place) ? ', with all that is below it' : '';
  return `${said}${star}: did you mean ${meant}${all}?`;
}

/** Whoever ends a place so means all that is below what is before. */
const ALL_BELOW = /\/\*+$/;

/** The file's values on both sides, in the backup's terms; undefined where one cannot be read. */
function valuesOf(file: FilePlan, local: Uint8Array | undefined): Json[] | undefined {
  const scanned = local === undefined ? undefined : prescan(local);
  if (isFailure(scanned) || (file.primary !== undefined && file.base === undefined)) return undefined;
  const texts = [stringOf(file.base), scanned?.text].filter(text => text !== undefined);
  const { format } = file;
  if (texts.length === 0 || format === undefined) return undefined;
  const documents = texts.map(text => formatNamed(format).parse(text, file.path));
  return documents.some(isFailure) ? undefined : documents.flatMap(one => (isFailure(one) ? [] : one.value));
}

function below(value: Json, segment: string): Json | undefined {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, segment)) return undefined;
  if (Array.isArray(value) && segment === 'length') return undefined;
  return (value as { readonly [key: string]: Json })[segment];
}

function hasPlace(value: Json, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true;
  const inner = below(value, first);
  return inner !== undefined && hasPlace(inner, rest);
}

function meantBy(place: string, values: readonly Json[]): Pick<Nowhere, 'meant'> {
  for (const value of values) {
    const meant = nearestPlace(value, segmentsOf(place.replace(ALL_BELOW, '')));
    if (meant !== undefined && meant !== '') return { meant };
  }
  return {};
}

/** Follows the segments from above, each where there is none to one that is called much like it. */
function nearestPlace(value: Json, segments: readonly string[], above = ''): string | undefined {
  const [first, ...rest] = segments;
  if (first === undefined) return above;
  const segment = below(value, first) === undefined ? nearestKey(value, first) : first;
  if (segment === undefined) return undefined;
  return nearestPlace(below(value, segment)!, rest, pointerOf(above, segment));
}

function nearestKey(value: Json, word: string): string | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  const keys = Object.keys(value);
  // Of a header like "vrrp_instance VI_1" its own name is what comes to mind.
  return keys.find(key => key.split(' ').includes(word)) ?? nearest(word, keys);
}
