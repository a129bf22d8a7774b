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
// A new seed each time, so that every run looks at cases that none has seen.
const seed = process.env.WARMSPARE_SEED ?? String(Date.now() % 0x7fffffff);
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
