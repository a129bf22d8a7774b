import { type Json, pointerOf, segmentsOf } from '../document.ts';
import { type Failure, FailureError } from '../failure.ts';
import type { Mapping, ValueRewriter } from './identity.ts';
import { compiledOf } from './mapping.ts';
import { ScanContext, scan, wholeOf } from './scanner.ts';

/**
 * Rewrites JSON values with no text around them: the right-hand side of the law. Strings, keys, and
 * what is no string (a number is read as its digits) obey the same rules as an isolated scalar.
 *
 * `value` throws a FailureError 'keys-collide' where two keys of one object would become equal.
 */
export function valueRewriter(mapping: Mapping, file: string): ValueRewriter {
  return new Rewriter(mapping, file);
}

/** With the pointers of the two keys: a value does not know where in the text they stand. */
export class KeysCollide extends FailureError {
  readonly pointers: readonly string[];

  constructor(failure: Failure, pointers: readonly string[]) {
    super(failure);
    this.pointers = pointers;
  }
}

class Rewriter implements ValueRewriter {
  readonly #context: ScanContext;
  readonly #file: string;

  constructor(mapping: Mapping, file: string) {
    this.#context = new ScanContext(compiledOf(mapping), file);
    this.#file = file;
  }

  value(value: Json, pointer: string): Json {
    if (typeof value === 'string') return this.#text(value, pointer);
    if (Array.isArray(value)) return value.map((item, i) => this.value(item as Json, pointerOf(pointer, i)));
    if (typeof value === 'object' && value !== null) {
      return this.#object(value as { readonly [key: string]: Json }, pointer);
    }
    const before = String(value);
    const after = this.#text(before, pointer);
    return after === before ? value : plainValue(after);
  }

  pointer(pointer: string, within?: Json): string {
    let out = '';
    let place = '';
    let container: Json | undefined = within;
    for (const segment of segmentsOf(pointer)) {
      place = pointerOf(place, segment);
      const isIndex = container === undefined ? isLikeIndex(segment) : Array.isArray(container);
      out = pointerOf(out, isIndex ? segment : this.#text(segment, place));
      container = child(container, segment);
    }
    return out;
  }

  #object(value: { readonly [key: string]: Json }, pointer: string): Json {
    const out = new Map<string, Json>();
    const origin = new Map<string, string>();
    for (const [key, item] of Object.entries(value)) {
      const place = pointerOf(pointer, key);
      const renamed = this.#text(key, place);
      const other = origin.get(renamed);
      if (other !== undefined) throw this.#collision(other, key, renamed, pointer);
      origin.set(renamed, key);
      out.set(renamed, this.value(item, place));
    }
    return Object.fromEntries(out);
  }

  #text(text: string, pointer: string): string {
    this.#context.pointerAt = () => pointer;
    const matches = scan(text, wholeOf(text), this.#context);
    if (matches.length === 0) return text;
    let out = '';
    let at = 0;
    for (const { start, end, put } of matches) {
      out += text.slice(at, start) + put;
      at = end;
    }
    return out + text.slice(at);
  }

  #collision(one: string, other: string, renamed: string, pointer: string): KeysCollide {
    const failure: Failure = {
      failure: 'keys-collide',
      message: `${one} and ${other} at ${pointer === '' ? 'the top' : pointer} would both be the key ${renamed}`,
      at: { file: this.#file },
      hint: 'rename one of the two, or limit the pair with `in:`, `not:` or `swap:`',
    };
    return new KeysCollide(
      failure,
      [one, other].map(key => pointerOf(pointer, key)),
    );
  }
}

/** A changed number is a number again where its digits are those that a number would be written with. */
function plainValue(text: string): Json {
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  const number = Number(text);
  return Number.isFinite(number) && String(number) === text ? number : text;
}

/** Without the value that a pointer points into, a segment of digits is taken for the index of a list. */
function isLikeIndex(segment: string): boolean {
  return segment === '-' || /^(?:0|[1-9][0-9]*)$/.test(segment);
}

function child(container: Json | undefined, segment: string): Json | undefined {
  if (container === undefined || container === null || typeof container !== 'object') return undefined;
  if (Array.isArray(container)) return container[Number(segment)] as Json | undefined;
  const object = container as { readonly [key: string]: Json };
  return Object.hasOwn(object, segment) ? object[segment] : undefined;
}
