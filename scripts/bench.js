// Compares warmspare with its peers on this machine; `--quick` in two minutes.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensure, ROOT } from './ensure.js';

ensure();
const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
const built = spawnSync(process.execPath, [tsc, '-p', join(ROOT, 'bench')], { stdio: ['ignore', 2, 2] });
if (built.status !== 0) process.exit(1);
await import('../dist/bench/main.js');
