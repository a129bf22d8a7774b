// Runs every test. `--long` runs the full counts that the README's table quotes; any further argument
// is handed to vitest (a file, -t NAME).
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ensure } from './ensure.js';

const root = fileURLToPath(new URL('..', import.meta.url));
ensure(root);

const args = process.argv.slice(2).filter(arg => arg !== '--long');
const long = process.argv.includes('--long');
const seed = process.env.WARMSPARE_SEED ?? (long ? String(Date.now() % 0x7fffffff) : seedOfCommit());
console.log(`seed ${seed} (repeat this run with WARMSPARE_SEED=${seed})${long ? ', full counts' : ''}`);

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
if (!existsSync(vitest)) {
  console.error('vitest is not installed; run `npm ci`');
  process.exit(1);
}
const { status } = spawnSync(process.execPath, [vitest, 'run', ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, WARMSPARE_SEED: seed, ...(long ? { WARMSPARE_LONG: '1' } : {}) },
});
process.exit(status ?? 1);

/**
 * The sample decides over a change, so it is the same wherever a commit is tested, and another one with each
 * commit: who submits has seen the very cases that are tried afterwards. `--long` draws new ones each time.
 */
function seedOfCommit() {
  const { stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
  const hash = /^[0-9a-f]{7}/.exec(stdout ?? '')?.[0];
  return String(hash === undefined ? Date.now() % 0x7fffffff : Number.parseInt(hash, 16));
}
