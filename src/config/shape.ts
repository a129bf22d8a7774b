import type { Path } from './source.ts';

/** What is read of a JSON Schema to explain a mistake. */
export interface Shape {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly const?: string | number;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly propertyNames?: Shape;
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
}

/** Every shape that a value at the path may have. */
export function shapesAt(shape: Shape, path: Path): Shape[] {
  const alternatives = shape.anyOf === undefined ? [shape] : shape.anyOf;
  if (path.length === 0) return [...alternatives];
  const [segment, ...rest] = path;
  return alternatives.flatMap(alternative => {
    if (typeof segment === 'number') return alternative.items ? shapesAt(alternative.items, rest) : [];
    const property = alternative.properties?.[String(segment)];
    if (property !== undefined) return shapesAt(property, rest);
    const other = alternative.additionalProperties;
    return typeof other === 'object' ? shapesAt(other, rest) : [];
  });
}

/** The keys that may stand in the map at the path; none where the names are free. */
export function keysAt(shape: Shape, path: Path): string[] {
  return shapesAt(shape, path).flatMap(found => [
    ...Object.keys(found.properties ?? {}),
    ...(found.propertyNames?.enum ?? []),
  ]);
}

export function wordsOf(shapes: readonly Shape[]): string[] {
  return shapes.flatMap(shape => [
    ...(shape.enum ?? []),
    ...(typeof shape.const === 'string' ? [shape.const] : []),
  ]);
}

/** `a text`, `a list`, `one of warn, hold` ..., joined by `or`. */
export function describeShapes(shapes: readonly Shape[]): string {
  const words = wordsOf(shapes);
  const spelt = words.length > 1 ? `one of ${words.join(', ')}` : words.length === 1 ? `"${words[0]}"` : '';
  const others = shapes.filter(shape => wordsOf([shape]).length === 0).map(describe);
  return [...new Set([...(spelt === '' ? [] : [spelt]), ...others])].join(' or ');
}

function describe(shape: Shape): string {
  if (shape.const !== undefined) return String(shape.const);
  switch (shape.type) {
    case 'array':
      return 'a list';
    case 'object':
      return 'a map';
    case 'number':
      return 'a number';
    case 'integer':
      return 'a whole number';
    case 'boolean':
      return 'true or false';
    default:
      return 'a text';
  }
}

/** Where else a key is known: the words of the path to it, `relationships`, `*`, `mode`. */
export function pathsOfKey(shape: Shape, key: string, prefix: readonly string[] = []): string[][] {
  const here = shape.properties?.[key] === undefined ? [] : [[...prefix, key]];
  const below = Object.entries(shape.properties ?? {}).flatMap(([name, inner]) =>
    pathsOfKey(inner, key, [...prefix, name]),
  );
  const free = typeof shape.additionalProperties === 'object' ? [shape.additionalProperties] : [];
  const others = [...free, ...(shape.items ? [shape.items] : [])].flatMap(inner =>
    pathsOfKey(inner, key, [...prefix, '*']),
  );
  const either = (shape.anyOf ?? []).flatMap(inner => pathsOfKey(inner, key, prefix));
  return [...here, ...below, ...others, ...either];
}
