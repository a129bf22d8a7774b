import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LONG } from '../runs.ts';
import { type DaemonProcess, withDaemon } from '../support/process.ts';

/** A backup that is away for long: what waits is one version a file, however often it changed. */

const RULES = {
  include: ['*.conf'],
  identity: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }],
};
const FILES = LONG ? 50 : 8;
const SAVES = LONG ? 20_000 : 1_600;

const text = (file: number, number: number) =>
  `# ${file}, save ${number}\n${Array.from({ length: 40 }, (_, i) => `host${i} = nas1 ${number}\n`).join('')}`;

const save = (daemon: DaemonProcess, name: string, content: string) => {
  const draft = join(daemon.folder, 'primary', '.draft');
  writeFileSync(draft, content);
  renameSync(draft, daemon.path('primary', name));
};

const megabytes = (daemon: DaemonProcess) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))![1]) / 1024;

function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

const third = (numbers: readonly number[], which: 0 | 2) => {
  const length = Math.floor(numbers.length / 3);
  return numbers.slice(which * length, which * length + length).sort((a, b) => a - b)[length >> 1]!;
};

describe('while the backup is away', () => {
  it(`${SAVES} saves cost one version a file, and the last of each is there when it is back`, async () => {
    await withDaemon(RULES, async daemon => {
      daemon.env = { WARMSPARE_PACE: 'rescan=1000,proof=60000,retry=20,retryMax=100' };
      const names = Array.from({ length: FILES }, (_, i) => `f${i}.conf`);
      for (const [file, name] of names.entries()) daemon.write('primary', name, text(file, -1));
      await daemon.start();
      const isThere = (number: number) =>
        names.every(
          (name, file) => daemon.text('backup', name) === text(file, number).replaceAll('nas1', 'nas2'),
        );
      await daemon.until(() => isThere(-1));
      renameSync(join(daemon.folder, 'backup'), join(daemon.folder, 'away'));
      save(daemon, names[0]!, text(0, 0));
      await daemon.until(() => daemon.said.some(line => line.startsWith('replication waits')));
      const memory: number[] = [];
      const disk: number[] = [];
      const rounds = Math.ceil(SAVES / FILES);
      for (let number = 1; number <= rounds; number++) {
        for (const [file, name] of names.entries()) save(daemon, name, text(file, number));
        if (number % Math.ceil(rounds / 30) !== 0) continue;
        // Answered by the daemon: it has seen what was saved up to here.
        const { exit, stdout } = await daemon.warmspare('status', '--json');
        const [row] = JSON.parse(stdout).relationships;
        expect([exit, row.state]).toEqual([6, 'unreachable']);
        expect(row.behind).toBeLessThanOrEqual(FILES);
        memory.push(megabytes(daemon));
        disk.push(bytesIn(join(daemon.folder, 'state')));
      }
      const from = daemon.said.length;
      renameSync(join(daemon.folder, 'away'), join(daemon.folder, 'backup'));
      await daemon.until(() => isThere(rounds));
      const commits = daemon.said.slice(from).filter(line => line.includes('replicated in')).length;
      console.log(
        `${rounds * FILES} saves while the backup was away: memory ${third(memory, 0).toFixed(0)} -> ${third(memory, 2).toFixed(0)} MB, state ${third(disk, 0)} -> ${third(disk, 2)} bytes; back: ${commits} transactions`,
      );
      expect(third(memory, 2)).toBeLessThan(third(memory, 0) * 1.2 + 20);
      expect(third(disk, 2)).toBeLessThan(third(disk, 0) * 1.2 + 100_000);
      expect(commits).toBeLessThanOrEqual(FILES);
      expect(daemon.said.filter(line => line.startsWith('replication waits'))).toHaveLength(1);
    });
  });
});
