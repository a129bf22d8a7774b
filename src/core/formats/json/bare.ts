/** What stands in JSON without quotes: numbers, true, false and null. */

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/**
 * The value of a number as it is spelled: a number where String(number) gives the source back, and
 * else its source. So `1.0`, 64-bit and hexadecimal numbers lose nothing on their way through a
 * value, and two spellings are never mistaken for one.
 */
export function numberAsSpelled(source: string): number | string {
  const number = Number(source);
  return Number.isFinite(number) && String(number) === source ? number : source;
}

/** The value of a bare word, or undefined where JSON has no such word. */
export function bareValue(source: string): null | boolean | number | string | undefined {
  if (source === 'null') return null;
  if (source === 'true' || source === 'false') return source === 'true';
  return NUMBER.test(source) ? numberAsSpelled(source) : undefined;
}
