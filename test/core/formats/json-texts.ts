/** JSON as people and programs write it: odd blanks, every way to spell a string, a mark at the start. */
import fc from 'fast-check';

const blank = fc.constantFrom('', '', '', ' ', '\n', '\r\n  ', '\t', ' \n\n');

/** One unit of a string: plain, escaped by a letter, escaped by its number, half of a pair. */
const unit = fc.oneof(
  fc.constantFrom(..."abnas1-./ {}[],:#'é😀\u2028\u007f"),
  fc.constantFrom(
    '\\"',
    '\\\\',
    '\\/',
    '\\b',
    '\\f',
    '\\n',
    '\\r',
    '\\t',
    '\\ud83d\\ude00',
    '\\ud800',
    '\\u0000',
  ),
  fc.nat(0xffff).map(code => `\\u${code.toString(16).padStart(4, '0')}`),
  fc.nat(0xffff).map(code => `\\u${code.toString(16).padStart(4, '0').toUpperCase()}`),
);

export function jsonString(): fc.Arbitrary<string> {
  return fc.array(unit, { maxLength: 8 }).map(units => `"${units.join('')}"`);
}

const number = fc
  .oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(9))
  .filter(n => {
    // What JSON spells in another way than String() is tested by itself.
    return !Object.is(n, -0) && !String(n).includes('e');
  });

/** A JSON text whose keys are distinct and whose numbers are spelled as String() does. */
export function jsonText(): fc.Arbitrary<string> {
  const { value } = fc.letrec<{ value: string }>(tie => {
    const item = fc.tuple(blank, tie('value'), blank).map(parts => parts.join(''));
    const entry = fc.tuple(blank, jsonString(), blank, blank, tie('value'), blank);
    const leaf = fc.oneof(jsonString(), number.map(String), fc.constantFrom('true', 'false', 'null'));
    return {
      value: fc.oneof(
        { maxDepth: 4, depthSize: 'small' },
        leaf,
        fc.array(item, { maxLength: 4 }).map(items => (items.length === 0 ? '[ ]' : `[${items.join(',')}]`)),
        fc
          .uniqueArray(entry, { maxLength: 4, selector: ([, key]) => JSON.parse(key) })
          .map(
            entries => `{${entries.map(([a, key, b, c, v, d]) => `${a}${key}${b}:${c}${v}${d}`).join(',')}}`,
          ),
      ),
    };
  });
  return fc.tuple(fc.constantFrom('', '', '\ufeff'), blank, value, blank).map(parts => parts.join(''));
}
