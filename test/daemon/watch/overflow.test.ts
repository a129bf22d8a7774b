import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Folders } from '../../../src/daemon/watch/folders.ts';
import { Writers } from '../../../src/daemon/watch/writers.ts';
import { CaptureObserver } from './observer.ts';

const LIMIT = '/proc/sys/fs/inotify/max_queued_events';
const FILES = 20;

// A file of its own, because the length of the kernel's queue is set when a process makes its first watch.
describe('the kernel drops events', () => {
  it.runIf(process.getuid?.() === 0)('a scan is asked for at once, and finds what was dropped', async () => {
    const root = mkdtempSync(join(tmpdir(), 'warmspare-overflow-'));
    const before = readFileSync(LIMIT, 'utf8');
    writeFileSync(LIMIT, '64');
    let observer: CaptureObserver;
    const folders = new Folders();
    try {
      observer = new CaptureObserver({
        root,
        scope: { include: ['*.conf'], exclude: [] },
        folders,
        writers: new Writers(),
        manner: 'parsed',
        // No periodic scan: the overflow itself has to be noticed.
        rescanMs: 3_600_000,
      });
      await observer.start();
    } finally {
      writeFileSync(LIMIT, before);
    }
    // All in one turn of the loop, so that nobody reads the queue meanwhile.
    for (let i = 0; i < 100; i++) writeFileSync(join(root, `noise${i}`), 'x');
    for (let i = 0; i < FILES; i++) writeFileSync(join(root, `${i}.conf`), `content ${i}`);
    await Promise.all(
      Array.from({ length: FILES }, (_, i) => observer.until(`${i}.conf`, `content ${i}`, 30_000)),
    );
    expect(observer.reasons).toContain('the kernel may have dropped events');
    await observer.stop();
    folders.close();
    rmSync(root, { recursive: true });
  });
});
