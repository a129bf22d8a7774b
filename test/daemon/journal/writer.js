// A process that writes a journal until it is killed: numbers as they are on the disk, one a line.
import { openJournal } from '../../../dist/daemon/journal/journal.js';

const journal = await openJournal(process.argv[2], {
  onFailure: failure => process.stdout.write(`failure ${failure.message}\n`),
});
let number = Number(process.argv[3]);
process.stdout.write(`failures ${journal.failures.length}\n`);
for (;;) {
  const batch = 1 + (number % 7);
  for (let i = 0; i < batch; i++) {
    number++;
    journal.append({ relationship: 'a', at: number, event: { type: 'stopped', reason: `number ${number}` } });
    journal.setHeld('a', 'smb.conf', { since: number, id: 'id' });
  }
  await journal.flushed();
  process.stdout.write(`${number}\n`);
}
