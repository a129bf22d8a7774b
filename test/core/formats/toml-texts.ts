/** TOML as people write it: comments everywhere, every way to spell a string, dotted keys, arrays over lines. */
import fc from 'fast-check';

const unit = fc.constantFrom(...'abnas1-./ {}[],:#=é😀', '\t');
const escaped = fc.oneof(
  unit,
  fc.constantFrom("'", '\\"', '\\\\', '\\b', '\\t', '\\n', '\\f', '\\r', '\\u006e', '\\U0001F600', '\\u0000'),
);
const many = (units: fc.Arbitrary<string>) => fc.array(units, { maxLength: 8 }).map(list => list.join(''));

export const tomlBasic = many(escaped).map(text => `"${text}"`);
const literal = many(fc.oneof(unit, fc.constantFrom('"', '\\'))).map(text => `'${text}'`);
/** In a multi-line string one or two quotes may stand, also before the closing ones. */
const multiBasic = fc
  .tuple(
    fc.constantFrom('', '\n', '\r\n'),
    many(fc.oneof(escaped, fc.constantFrom('\n', '\r\n', '"a', '""a', '\\\n  ', '\\ \r\n\n\t'))),
    fc.constantFrom('', '"', '""'),
  )
  .map(([first, text, quotes]) => `"""${first}${text}${quotes}"""`);
const multiLiteral = fc
  .tuple(
    fc.constantFrom('', '\n', '\r\n'),
    many(fc.oneof(unit, fc.constantFrom('\n', '\r\n', "'a", "''a", '\\'))),
    fc.constantFrom('', "'", "''"),
  )
  .map(([first, text, quotes]) => `'''${first}${text}${quotes}'''`);

const bare = fc.constantFrom(
  ...[
    '0',
    '-1',
    '3260',
    '+7',
    '1_000',
    '0xC0ffee',
    '0o755',
    '0b1',
    '12345678901234567890',
    '9007199254740993',
  ],
  ...['1.5', '1.0', '6e23', '-0.0', '1e1_0', 'inf', '-inf', 'nan', 'true', 'false'],
  ...[
    '1979-05-27',
    '1979-05-27T07:32:00Z',
    '1979-05-27 07:32:00.999',
    '1979-05-27t00:32:00-07:00',
    '07:32:00',
  ],
);

const blank = fc.constantFrom('', '', ' ', '\t', '  ');
const lineEnd = fc.constantFrom('\n', '\n', '\r\n', ' # note [x] = "y"\n', '#\r\n', '\t\n');
/** White space, line ends and comments within brackets. */
const inside = fc.constantFrom('', '', ' ', '\n', ' # one, ]\n  ', '\r\n\t');
const between = fc.constantFrom('', '', '\n', '  \n', '# a comment\n', '  # [old]\r\n');

const segment = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[A-Za-z0-9_-]{1,5}$/) },
  { weight: 1, arbitrary: tomlBasic },
  { weight: 1, arbitrary: literal },
);
const key = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), blank)
  .map(([segments, space]) => segments.join(`${space}.${space}`));

export const tomlValue = fc.letrec<{ value: string }>(tie => {
  const item = fc.tuple(inside, tie('value'), inside).map(parts => parts.join(''));
  const entry = fc.tuple(blank, key, blank, blank, tie('value'), blank);
  return {
    value: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.oneof(tomlBasic, literal, multiBasic, multiLiteral, bare),
      fc
        .tuple(fc.array(item, { maxLength: 3 }), inside, fc.boolean())
        .map(([items, end, comma]) => `[${items.join(',')}${comma && items.length > 0 ? ',' : ''}${end}]`),
      fc
        .array(entry, { maxLength: 3 })
        .map(entries => `{${entries.map(([a, k, b, c, v, d]) => `${a}${k}${b}=${c}${v}${d}`).join(',')}}`),
    ),
  };
}).value;

const statement = fc
  .tuple(between, blank, key, blank, blank, tomlValue, lineEnd)
  .map(([before, indent, k, a, b, value, end]) => `${before}${indent}${k}${a}=${b}${value}${end}`);
const header = fc
  .tuple(between, blank, fc.boolean(), blank, key, blank, lineEnd)
  .map(
    ([before, indent, list, a, k, b, end]) =>
      `${before}${indent}${list ? '[[' : '['}${a}${k}${b}${list ? ']]' : ']'}${end}`,
  );

/** Mostly valid: keys may clash now and then, which the library tells. */
export const tomlText = fc
  .tuple(
    fc.constantFrom('', '', '\ufeff'),
    fc.array(statement, { maxLength: 3 }),
    fc.array(fc.tuple(header, fc.array(statement, { maxLength: 3 })), { maxLength: 3 }),
    fc.constantFrom('', '# the end', '\n# the end\n', 'last = 1'),
  )
  .map(([mark, top, tables, end]) => [mark, ...top, ...tables.flat(2), end].join(''));
