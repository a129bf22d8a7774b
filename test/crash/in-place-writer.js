// What a naive replicator does with the three files of three-files.ts: it writes in place. The checks that
// the product passes must find it out.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';

for (const file of ['etc/changed.conf', 'etc/more/new.conf']) {
  const text = readFileSync(`primary/${file}`, 'utf8').replaceAll('nas1', 'nas2');
  mkdirSync('backup/etc/more', { recursive: true });
  const handle = openSync(`${process.cwd()}/backup/${file}`, 'w');
  writeSync(handle, text);
  fsyncSync(handle);
  closeSync(handle);
}
unlinkSync(`${process.cwd()}/backup/etc/deleted.conf`);
