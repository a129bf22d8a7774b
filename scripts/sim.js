// Plays seeds in the simulator: `npm run sim -- --seed N` tells the story of one, without a seed many are
// tried from a new one on.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensure, ROOT } from './ensure.js';

ensure();
const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
const built = spawnSync(process.execPath, [tsc, '-p', join(ROOT, 'test/sim')], { stdio: ['ignore', 2, 2] });
if (built.status !== 0) process.exit(1);
await import('../dist/sim/test/sim/main.js');
