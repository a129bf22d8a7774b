import type { z } from 'zod';
import type { Failure } from '../core/failure.ts';
import { describeShapes, keysAt, pathsOfKey, type Shape, shapesAt, wordsOf } from './shape.ts';
import type { Path, Source } from './source.ts';
import { didYouMean } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/**
 * What the validator found, as failures with places and hints, in the order of the file.
 * `shape` is the JSON Schema of the source's value, which knows the words that may stand there.
 */
export function explainIssues(issues: readonly Issue[], source: Source, shape: Shape): Failure[] {
  return issues
    .flatMap(issue => explain(issue, [], source, shape))
    .sort((a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0));
}

function explain(issue: Issue, above: Path, source: Source, shape: Shape): Failure[] {
  const path = [...above, ...issue.path];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => unknownKey(path, key, source, shape));
    case 'invalid_key':
      return [badName(path, issue.issues, source, shape)];
    case 'invalid_union':
      return union(issue.errors, path, source, shape);
    case 'invalid_type':
    case 'invalid_value':
      return [wrongValue(path, source, shape)];
    default:
      return [invalid(path, `${named(path)} ${bound(issue)}`, source)];
  }
}

function unknownKey(path: Path, key: string, source: Source, shape: Shape): Failure {
  const known = keysAt(shape, path);
  const elsewhere = pathsOfKey(shape, key)[0];
  const hint =
    didYouMean(key, known) ??
    (elsewhere === undefined ? `Known here: ${known.join(', ')}` : `It belongs to ${elsewhere.join('.')}`);
  return {
    failure: 'config-unknown-key',
    message: `unknown key "${key}"`,
    at: source.keyPlace([...path, key]),
    hint,
  };
}

/** A key of a map with free names, such as the name of a relationship. */
function badName(path: Path, issues: readonly Issue[], source: Source, shape: Shape): Failure {
  const key = String(path.at(-1));
  const parent = path.slice(0, -1);
  if (keysAt(shape, parent).length > 0) return unknownKey(parent, key, source, shape);
  return {
    failure: 'config-invalid',
    message: `the name "${key}" ${issues[0]?.message ?? 'is not allowed'}`,
    at: source.keyPlace(path),
  };
}

/** Of the alternatives, the one whose outer type fits is what the administrator meant. */
function union(
  alternatives: readonly (readonly Issue[])[],
  path: Path,
  source: Source,
  shape: Shape,
): Failure[] {
  const meant = alternatives.find(issues => issues.every(issue => issue.path.length > 0 || !isOuter(issue)));
  if (meant === undefined) return [wrongValue(path, source, shape)];
  return meant.flatMap(issue => explain(issue, path, source, shape));
}

function isOuter(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

function wrongValue(path: Path, source: Source, shape: Shape): Failure {
  const value = valueAt(source.value, path);
  const shapes = shapesAt(shape, path);
  if (value === undefined) return missing(path, source, shape);
  const must = describeShapes(shapes);
  const message = value === null ? `${named(path)} has no value` : `${named(path)} must be ${must}`;
  const hint = value === null ? `Give ${must}` : hintFor(value, path, source, shapes);
  return invalid(path, message, source, path.length === 0 ? START : hint);
}

function missing(path: Path, source: Source, shape: Shape): Failure {
  const key = String(path.at(-1));
  const owner = path.slice(0, -1);
  const about = descriptionAt(shape, path);
  const message = owner.length === 0 ? `"${key}" is missing` : `${named(owner)} lacks "${key}"`;
  return invalid(path, message, source, `Add "${key}"${about === undefined ? '' : `: ${about}`}`);
}

const START = 'Start from the example etc/warmspare.yaml';

function hintFor(value: unknown, path: Path, source: Source, shapes: readonly Shape[]): string | undefined {
  const words = wordsOf(shapes);
  if (typeof value === 'string' && words.length > 0) return didYouMean(value, words);
  const wantsText = shapes.some(shape => shape.type === 'string' && words.length === 0);
  if (wantsText && typeof value !== 'object') {
    const { source: line = '', column = 1, length = 1 } = source.place(path);
    return `Put it in double quotes: "${line.slice(column - 1, column - 1 + length)}"`;
  }
  if (typeof value !== 'string') return undefined;
  const key = path.at(-1);
  if (key === 'primary' || key === 'backup') return `Write {path: ${value}}`;
  if (!shapes.some(shape => shape.type === 'array')) return undefined;
  const isCommand = key === 'validate' || key === 'reload' || key === 'read' || key === 'write';
  return isCommand
    ? `Write a list of its words: [${value.split(/\s+/).join(', ')}]`
    : `Write a list: [${value}]`;
}

/** What a value must be, from the bounds of the schema where it has no words of its own for them. */
function bound(issue: Issue): string {
  if (issue.message.startsWith('must ')) return issue.message;
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  return `is not valid (${issue.message})`;
}

function invalid(path: Path, message: string, source: Source, hint?: string): Failure {
  return {
    failure: 'config-invalid',
    message,
    at: source.place(path),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** `"mode"`, `an entry of "include"`, `the file`. */
function named(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'the file';
  if (typeof last !== 'number') return `"${String(last)}"`;
  const list = path.findLast(segment => typeof segment !== 'number');
  return list === undefined ? 'an entry' : `an entry of "${String(list)}"`;
}

function descriptionAt(shape: Shape, path: Path): string | undefined {
  const parents = shapesAt(shape, path.slice(0, -1));
  const about = parents.map(parent => parent.properties?.[String(path.at(-1))]?.description).find(Boolean);
  return about === undefined ? undefined : about.charAt(0).toLowerCase() + about.slice(1);
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const segment of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, segment)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[segment];
  }
  return at;
}
