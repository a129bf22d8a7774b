import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What git knows and what it would take in, so that a file is judged before it is committed. */
const FILES = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter(path => path !== '');

const CODE = FILES.filter(path => /\.(ts|js)$/.test(path));
const SOURCE = CODE.filter(path => /^(src|bin|scripts)\//.test(path));

const read = (path: string) => readFileSync(`${ROOT}/${path}`, 'utf8');

/** Libraries that are themselves pure functions; the core may use these and no others. */
const PURE_LIBRARIES = ['yaml', 'smol-toml', 'fast-json-patch', 'ipaddr.js', 'picomatch', 'diff'];

/** Each with what to write instead. */
const BANNED: readonly (readonly [RegExp, string, (path: string) => boolean])[] = [
  [/\b(TODO|FIXME|XXX)\b/, 'finish it, or file an issue', () => true],
  [
    /\b(describe|it|test)\.(only|skip|todo)\(/,
    'a test runs or does not exist',
    path => path.startsWith('test/'),
  ],
  // `master key` is a secret's name in the files of others.
  [
    /\b(master|slave)\b(?! key)/i,
    'primary, backup',
    path => path.startsWith('src/') && !path.endsWith('secret-keys.ts'),
  ],
  // In main.ts what libraries print there is silenced.
  [/\bconsole\./, 'the report of the host', path => path.startsWith('src/') && path !== 'src/cli/main.ts'],
  [
    /\bsetTimeout\(|\bsetInterval\(/,
    'an event, or the time as an argument',
    path => path.startsWith('test/'),
  ],
  // Time that is a load's beat or a tool's own pause has a name; no test waits for a result that way.
  [
    /\b(pause|every)\(\d|\bset(Timeout|Interval) as (?!pause\b|every\b)/,
    'a constant that says whose time it is, for `pause` and `every` of node:timers/promises',
    path => path.startsWith('test/'),
  ],
  [/@ts-ignore|@ts-nocheck/, 'a type', () => true],
];

/** Of the core: whatever makes a result depend on more than the arguments. */
const IMPURE =
  /\b(Date\.now|new Date|Math\.random|performance\.|setTimeout|setInterval|process\.|async |await |Promise\b|crypto\.|fetch\()/;

/** Comments may speak of anything. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

describe('tidy', () => {
  it('reads the tree', () => {
    expect(SOURCE.length).toBeGreaterThan(50);
  });

  it('files hold one idea: at most 400 lines, 500 for a test', () => {
    const most = (path: string) => (path.startsWith('test/') ? 500 : 400);
    expect(CODE.filter(path => read(path).split('\n').length > most(path))).toEqual([]);
  });

  it('functions stay under 70 lines', () => {
    expect(SOURCE.flatMap(path => longFunctions(path, read(path)))).toEqual([]);
  });

  it.each(BANNED.map(([pattern, instead, where]) => [String(pattern), instead, pattern, where] as const))(
    'nothing holds %s (instead: %s)',
    (_, __, pattern, where) => {
      const found = CODE.filter(
        path => path !== 'test/tidy.test.ts' && where(path) && pattern.test(withoutStrings(read(path))),
      );
      expect(found).toEqual([]);
    },
  );

  it('the core is pure: it imports itself and pure libraries only, and takes nothing from its surroundings', () => {
    const core = SOURCE.filter(path => path.startsWith('src/core/'));
    expect(core.length).toBeGreaterThan(40);
    const found = core.flatMap(path => {
      const text = withoutComments(read(path));
      const imports = [...text.matchAll(/(?:from|import)\s+'([^']+)'/g)].map(match => match[1]!);
      const foreign = imports.filter(name => !name.startsWith('.') && !PURE_LIBRARIES.includes(name));
      const outside = imports.filter(name => name.startsWith('.') && leavesCore(path, name));
      const impure = IMPURE.exec(text)?.[0];
      return [...foreign, ...outside, ...(impure === undefined ? [] : [impure])].map(
        what => `${path}: ${what}`,
      );
    });
    expect(found).toEqual([]);
  });

  it('no room is called utils, helpers, common or misc', () => {
    expect(FILES.filter(path => /(^|\/)(utils?|helpers?|common|misc)(\/|\.[jt]s$)/.test(path))).toEqual([]);
  });

  it('every dependency is pinned, and used', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json'));
    const versions = Object.entries<string>({ ...dependencies, ...devDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    const imported = CODE.map(read).join('\n');
    const unused = Object.keys(dependencies).filter(name => !imported.includes(`'${name}'`));
    // commander is used through its typings, which re-export it and need it beside them.
    expect(unused.filter(name => name !== 'commander')).toEqual([]);
  });

  it('documents name files and folders that exist', () => {
    const known = new Set([...FILES, ...FILES.flatMap(foldersOf)]);
    const missing = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'].flatMap(document =>
      [...read(document).matchAll(/`((?:src|test|bin|scripts|fixtures|etc)\/[\w./-]*)`/g)]
        .map(match => match[1]!.replace(/\/$/, ''))
        .filter(path => !known.has(path))
        .map(path => `${document}: ${path}`),
    );
    expect(missing).toEqual([]);
  });
});

function leavesCore(path: string, name: string): boolean {
  const depth = path.split('/').length - 3;
  return name.split('/').filter(part => part === '..').length > depth;
}

function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function withoutStrings(text: string): string {
  return withoutComments(text).replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''");
}

/** Functions by their indentation, which the formatter keeps: from the header to the closing brace. */
function longFunctions(path: string, text: string): string[] {
  const lines = text.split('\n');
  const found: string[] = [];
  lines.forEach((line, start) => {
    const header =
      /^( *)(?:export )?(?:default )?(?:async )?function\*? (\w+)|^( *)(?:private |async |static )*(\w+)\([^;]*$/.exec(
        line,
      );
    if (header === null) return;
    const indent = header[1] ?? header[3] ?? '';
    const end = lines.findIndex((other, index) => index > start && other === `${indent}}`);
    if (end - start > 70) found.push(`${path}: ${header[2] ?? header[4]} has ${end - start + 1} lines`);
  });
  return found;
}
