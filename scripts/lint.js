// Every static check; all of them run, and any finding of any of them fails.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDependencies, ROOT } from './ensure.js';

ensureDependencies();

/** Path of the program that a package brings. */
function programOf(name, command) {
  const folder = join(ROOT, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}

const checks = [
  ['formatting and lint', '@biomejs/biome', 'biome', ['check', '--error-on-warnings']],
  ['types', 'typescript', 'tsc', ['--build']],
  ['types of the tests', 'typescript', 'tsc', ['--noEmit', '-p', 'test']],
  ['unused files, exports, dependencies', 'knip', 'knip', []],
];

const failed = checks.filter(([, name, command, args]) => {
  const program = programOf(name, command);
  return spawnSync(process.execPath, [program, ...args], { cwd: ROOT, stdio: 'inherit' }).status !== 0;
});
for (const [title] of failed) console.error(`lint: findings in ${title}`);
process.exitCode = failed.length === 0 ? 0 : 1;
