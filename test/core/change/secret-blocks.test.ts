import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSecretKey, MASK, maskSecrets } from '../../../src/core/change/secrets.ts';
import type { Json } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { block } from '../../../src/core/formats/block/index.ts';
import { runs } from '../../runs.ts';

/** Every text that the parser has below a secret key. */
function secretsIn(value: Json, isBelow = false): string[] {
  if (value === null || typeof value !== 'object') return isBelow ? [String(value)] : [];
  if (Array.isArray(value)) return value.flatMap(item => secretsIn(item, isBelow));
  return Object.entries(value).flatMap(([key, inner]) => secretsIn(inner, isBelow || isSecretKey(key)));
}

/** Where only lines end a statement, its value holds those that somebody wrote behind it with a `;`. */
const statementOf = (value: string) =>
  /^(?:"[^"]*"|'[^']*')(?=\s*;)|^(?:(?<!\S)(?:"[^"]*"|'[^']*')|;(?!\s|$)|[^;])*/.exec(value)![0];

/** What cannot be masked by chance, and can be told from every other: `§` becomes one of its own. */
const CANARY = /Zq[a-z]+x/g;
const numbered = (text: string) => {
  let next = 0;
  return text.replace(
    /§/g,
    () => `Zq${[...String(next++)].map(digit => 'bcdfghjklm'[Number(digit)]).join('')}x`,
  );
};

const SECRET = ['shared-secret', 'auth_pass', 'password', 'psk', 'api_key', '"token"', "'rpc_secret'"];
const PLAIN = ['port', 'cram-hmac-alg', 'address', '"note"', 'a.b', 'tls_cert'];
const key = fc.constantFrom(...SECRET, ...SECRET, ...PLAIN);
const word = fc.constantFrom(
  '§',
  '§',
  '"§"',
  "'§'",
  '"§; §"',
  '"§ } §"',
  '"§ { §"',
  "§'s",
  '§}§',
  '§;§',
  '$§',
);
const value = fc.array(word, { minLength: 1, maxLength: 3 }).map(words => words.join(' '));
const statement = fc
  .tuple(key, fc.constantFrom(' ', ' ', '  ', '\t', ' = ', '=', ': '), value)
  .map(parts => parts.join(''));
const header = fc.constantFrom(' net', ' on nas1', ' secrets', ' user token', ' a', ' "credentials"');

const ended = statement.chain(text => fc.constantFrom(';', ';', ' ;').map(end => text + end));

const { entries } = fc.letrec<{ entries: string; entry: string; block: string }>(tie => ({
  entry: fc.oneof({ weight: 3, arbitrary: ended }, { weight: 1, arbitrary: tie('block') }),
  // The last of a block may have no sign of its own.
  entries: fc
    .tuple(
      fc.array(tie('entry'), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(' ', '', '  '),
      fc.oneof(fc.constant(''), statement),
    )
    .map(([all, blank, last]) => [...all, last].join(blank)),
  block: fc
    .tuple(
      header,
      fc.constantFrom(' {', ' { ', '{'),
      tie('entries'),
      fc.constantFrom(' }', '}', ' } ', ' };'),
    )
    .map(parts => parts.join('')),
}));

/** A line may begin with prose, or a rule of PAM's, on passwords: an English word counts from the second statement on. */
const line = fc
  .tuple(fc.constantFrom('', 'a 1; ', 'psk §; ', 'shared-secret "§"; '), entries)
  .map(([first, rest]) => (first === '' ? `net { ${rest} }` : `${first}${rest}`));

/** By the lines around it the same line is read in one dialect or the other. */
const around = fc.constantFrom('', 'a b;\nc d;\n', 'a b\nc d\ne f\n');

describe('a block on one line', () => {
  it('hides all that the parser of blocks has below a secret key, whatever the dialect', () => {
    let met = 0;
    fc.assert(
      fc.property(around, line, (before, after) => {
        const text = numbered(`${before}${after}\n`);
        const document = block.parse(text, 'r0.res');
        if (isFailure(document)) return;
        const secrets = secretsIn(document.value).flatMap(found => statementOf(found).match(CANARY) ?? []);
        met += secrets.length;
        const masked = maskSecrets(text);
        expect(secrets.filter(secret => masked.text.includes(secret))).toEqual([]);
        expect(masked.text.split('\n').length).toBe(text.split('\n').length);
      }),
      runs(3000),
    );
    expect(met).toBeGreaterThan(1000);
  });

  it.each([
    ['net { shared-secret "S"; }', `net { shared-secret "${MASK}"; }`],
    [
      'net { cram-hmac-alg sha1; shared-secret "S"; }',
      `net { cram-hmac-alg sha1; shared-secret "${MASK}"; }`,
    ],
    ['cram-hmac-alg sha1; shared-secret "S";', `cram-hmac-alg sha1; shared-secret "${MASK}";`],
    ['a { b 1; } psk S; c 2;', `a { b 1; } psk ${MASK}; c 2;`],
    ['shared-secret "S"; password "T";', `shared-secret "${MASK}"; password "${MASK}";`],
    ['+  net { x-key = 1; shared-secret "S"; }', `+  net { x-key = 1; shared-secret "${MASK}"; }`],
    ['authentication { auth_pass S }', `authentication { auth_pass ${MASK} }`],
    [
      'RGW { access = "nas1"; password = a b; x = 1; }',
      `RGW { access = "nas1"; password = ${MASK}; x = 1; }`,
    ],
    ['credentials { joe S; } a 1;', `credentials { ${MASK}; } a 1;`],
    ['net { # shared-secret "S";', `net { # shared-secret "${MASK}";`],
  ])('hides the secret of %s and nothing else', (text, expected) => {
    expect(maskSecrets(text).text).toBe(expected);
    expect(maskSecrets(expected).text).toBe(expected);
  });

  it('hides what stands on the lines below a secret header', () => {
    const text = 'net {\n  credentials {\n    joe S1;\n    on a { ann S2; }\n  }\n  port 1;\n}\n';
    const masked = maskSecrets(text).text;
    expect(masked).not.toMatch(/S1|S2/);
    expect(masked).toContain('\n  port 1;\n}\n');
  });

  it.each([
    '# unset; password must be given',
    'a 1; # the token is optional; see b',
    'cert /a/b.pem; key /a/b.key;',
    'net { shared-secret none; }',
    '; password must be set',
    'Server=x;Port=1',
  ])('leaves %s as it is', text => {
    expect(maskSecrets(text)).toEqual({ text, count: 0 });
  });

  it('takes a long hostile line in linear time', () => {
    const lines = [
      'psk x{',
      'psk{',
      'psk required x{',
      'psk required x;',
      'psk "{',
      'psk a;',
      'password a b}',
      '{;}',
      "psk '",
    ];
    for (const line of lines) {
      const before = performance.now();
      maskSecrets(line.repeat(30_000));
      expect(performance.now() - before).toBeLessThan(3000);
    }
  });
});
