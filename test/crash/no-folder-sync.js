// Loaded before the command (node --import), it takes every fsync of a folder away: the control of the
// power cuts, which must find it out.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { fsync } = fs;

fs.fsync = (handle, done) => {
  if (fs.fstatSync(handle).isDirectory()) setImmediate(done, null);
  else fsync(handle, done);
};
syncBuiltinESMExports();
