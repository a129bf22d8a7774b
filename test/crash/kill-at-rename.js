// Preloaded into a command (`node --import`): kills it before the first rename to the path in KILL_AT.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { renameSync } = fs;

fs.renameSync = (from, to) => {
  if (to === process.env.KILL_AT) process.kill(process.pid, 'SIGKILL');
  renameSync(from, to);
};
syncBuiltinESMExports();
