// Loaded before a program (node --import), it makes the random names of drafts the same in every run that
// does the same, so that a system call on one of them can be named before the run begins.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

let count = 0;

crypto.randomBytes = size => {
  const digest = crypto.createHash('sha512').update(`name ${count++}`).digest();
  return Buffer.alloc(size, digest);
};
syncBuiltinESMExports();
