// Compares warmspare with its peers on this machine; `--quick` in two minutes. `--placement` measures the plans
// of a large cluster instead.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensure, ROOT } from './ensure.js';

ensure();
const isPlacement = process.argv.slice(2).join() === '--placement';
const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
const project = join(ROOT, isPlacement ? 'bench/placement' : 'bench');
const built = spawnSync(process.execPath, [tsc, '-p', project], { stdio: ['ignore', 2, 2] });
if (built.status !== 0) process.exit(1);
await import(isPlacement ? '../dist/bench/placement/bench/placement/main.js' : '../dist/bench/main.js');
