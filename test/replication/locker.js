// Takes and releases the lock of a state as it is told, line by line, so that several of these can be set
// at one lock at the same moment.
import { createInterface } from 'node:readline';
import { takeLock } from '../../dist/replication/lock.js';

const state = process.argv[2];
let lock;
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'take') {
    lock = await takeLock(state);
    process.stdout.write(`${lock.release === undefined ? lock.failure : 'taken'}\n`);
  } else {
    await lock.release?.();
    process.stdout.write('released\n');
  }
}
