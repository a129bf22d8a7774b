import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withLive } from '../support/live.ts';
import { withInotifyLimit } from '../support/sysctl.ts';

const RULES = {
  include: ['*.conf'],
  identity: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }],
};
const FILES = 40;

// A file of its own, because the length of the kernel's queue is set when a process makes its first watch.
describe('a daemon whose kernel drops events', () => {
  it.runIf(process.getuid?.() === 0)(
    'notices, says so until all was looked at, and misses nothing',
    async () => {
      await withLive(RULES, async pair => {
        // No periodic scan: the overflow itself has to be noticed.
        pair.pace = 'rescan=3600000,proof=3600000';
        pair.write('primary', 'first.conf', 'host nas1\n');
        await withInotifyLimit('max_queued_events', 64, async () => {
          await pair.start();
          await pair.onBackup('first.conf', 'host nas2\n');
        });
        // All in one turn of the loop, so that nobody reads the queue meanwhile.
        for (let i = 0; i < 100; i++) writeFileSync(pair.path('primary', `noise${i}`), 'x');
        for (let i = 0; i < FILES; i++) writeFileSync(pair.path('primary', `${i}.conf`), `host nas1, ${i}\n`);
        for (let i = 0; i < FILES; i++) await pair.onBackup(`${i}.conf`, `host nas2, ${i}\n`);
        await pair.hears(/^degraded: the kernel dropped events/);
        await pair.hears(/changes are seen again when they happen/);
        expect(JSON.parse((await pair.warmspare('status', '--json')).stdout).relationships[0].behind).toBe(0);
      });
    },
  );
});
