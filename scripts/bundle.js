// Joins what the compiler wrote, and the packages it uses, into a few files: most of the time that a short
// command takes is the loading of modules, which are some six hundred. Packages with native parts, or with
// threads that they start by file name, stay as they are installed.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { ROOT } from './ensure.js';

const OUT = join(ROOT, 'dist/bundle');

/** What starts as a process or a thread; the names are those of src/installation.ts. */
const ENTRIES = {
  main: 'dist/cli/main.js',
  'planner-child': 'dist/daemon/planner/child.js',
  'planner-lifeline': 'dist/daemon/planner/lifeline.js',
  'journal-child': 'dist/daemon/journal/child.js',
  'plan-thread': 'dist/replication/plan-thread.js',
};

const INSTALLED = ['lmdb', 'pino', 'ssh2'];

rmSync(OUT, { recursive: true, force: true });
const bundle = await rolldown({
  cwd: ROOT,
  input: ENTRIES,
  platform: 'node',
  external: id => id.startsWith('node:') || INSTALLED.includes(id),
});
const { output } = await bundle.write({
  dir: OUT,
  format: 'esm',
  sourcemap: true,
  entryFileNames: '[name].js',
});
await bundle.close();
writeFileSync(join(OUT, 'LICENSES.txt'), licences(output.flatMap(({ moduleIds = [] }) => moduleIds)));

/** The licences of the packages whose code is in the bundle: they ask to travel with it. */
function licences(modules) {
  const packages = new Set(
    modules.flatMap(id => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []),
  );
  return [...packages].sort().map(licenceOf).join('\n\n');
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find(each => /^licen[cs]e/i.test(each));
  const text =
    file !== undefined && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : '';
  return `== ${name} ${version} (${license})\n\n${text}`;
}
