// Makes a fresh clone fit to run: the right Node.js, dependencies as the lock file has them, and dist
// built from the present sources. Does nothing, within some milliseconds, when all that is so.
// Uses Node.js alone, because it runs before anything is installed, and writes to stderr alone, because
// stdout belongs to the command that is started.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OLDEST_NODE = [20, 19];

/** Installs and builds what is missing or stale. Ends the process with 1 where that fails. */
export function ensure(root = ROOT) {
  ensureDependencies(root);
  const stamp = sourceStamp(root);
  if (isBuilt(root, stamp)) return;
  say('building (tsc --build)');
  // Without its entry dist is damaged, which the compiler's own records do not tell.
  const force = existsSync(join(root, ENTRY)) ? [] : ['--force'];
  const result = run(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '--build', ...force],
    root,
  );
  if (result !== undefined) fail(`the build failed (${result})`);
  const joined = run(process.execPath, [join(root, 'scripts/bundle.js')], root);
  if (joined !== undefined) fail(`the build failed (${joined})`);
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(join(root, STAMP), stamp);
}

/** Installs what the lock file names and node_modules lacks. */
export function ensureDependencies(root = ROOT) {
  if (isTooOld(process.versions.node)) {
    fail(`Node.js ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.versions.node}`);
  }
  const missing = missingPackages(root);
  if (missing.length === 0) return;
  say(`installing dependencies (npm ci); missing: ${summary(missing)}`);
  // The level is named because `npm start -s` would silence even the reason of a failure.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath?.endsWith('.js')
    ? [process.execPath, process.env.npm_execpath]
    : ['npm'];
  const result = run(npm[0], [...npm.slice(1), ...args], root);
  if (result !== undefined) fail(`npm ci failed (${result}); it needs npm and a registry it can reach`);
}

/** @param {string} version such as 20.19.4 */
export function isTooOld(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
}

/**
 * Names of the packages that the lock file has and node_modules has not in that version. Versions are
 * compared, not times: a checkout touches files, and `npm ci` for nothing takes away what works.
 */
export function missingPackages(root) {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(join(root, 'node_modules/.package-lock.json'));
  return Object.entries(wanted)
    .filter(([path, { version, optional, link }]) => {
      if (path === '' || link) return false;
      const present = installed[path]?.version === version && existsSync(join(root, path, 'package.json'));
      // Optional packages are for other platforms, mostly; npm has decided about them.
      return (
        !present && !(optional && installed[path] === undefined && existsSync(join(root, 'node_modules')))
      );
    })
    .map(([path]) => path.replace(/^node_modules\//, ''));
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

const STAMP = 'dist/.stamp';
const ENTRY = 'dist/cli/main.js';
/** What bin/warmspare.js starts; the last that a build writes. */
const BUNDLE = 'dist/bundle/main.js';

/** Whether dist was built from the sources of this stamp. */
export function isBuilt(root, stamp) {
  if (![ENTRY, BUNDLE].every(file => existsSync(join(root, file))) || !existsSync(join(root, STAMP)))
    return false;
  return readFileSync(join(root, STAMP), 'utf8') === stamp;
}

/** Hash over all that decides what the compiler writes: sources, its settings, its version. */
export function sourceStamp(root) {
  const hash = createHash('sha256');
  const settings = ['tsconfig.json', 'tsconfig.base.json', 'package-lock.json', 'scripts/bundle.js'];
  for (const file of [...settings, ...filesBelow(root, 'src')]) {
    if (existsSync(join(root, file)))
      hash
        .update(`${file}\0`)
        .update(readFileSync(join(root, file)))
        .update('\0');
  }
  return hash.digest('hex');
}

function filesBelow(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(root, path) : [path];
    });
}

/** Runs a program with all its output on stderr. Undefined when it went well, else what happened. */
function run(program, args, cwd) {
  const { status, signal, error } = spawnSync(program, args, { cwd, stdio: ['ignore', 2, 2] });
  if (error !== undefined) return error.code === 'ENOENT' ? `${program} was not found` : error.message;
  if (signal !== null) return `ended by ${signal}`;
  return status === 0 ? undefined : `exit code ${status}`;
}

function summary(names) {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

function say(text) {
  process.stderr.write(`warmspare: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
