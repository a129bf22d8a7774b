import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { LONG } from '../runs.ts';
import { DaemonProcess } from '../support/process.ts';
import { BackupObserver } from './backup-observer.ts';

/** How a small file's saves go while another relationship has a file that takes long, or is hostile. */

const IDENTITY = [
  { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
  { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.1.1' },
];
const BIG_BYTES = LONG ? 20_000_000 : 1_000_000;
/** About as many as beside it, or the longest of few would be held against the longest of many. */
const ALONE = LONG ? 4_000 : 30;
const ROUNDS = LONG ? 2 : 1;
/** Between two small saves: the load's own beat. Without it the test itself would take what the large file needs. */
const BEAT_MS = 20;
/** A limit for hangs only. */
const HANG_MS = 60_000;

const small = (number: number) =>
  `# save ${number}\n${Array.from({ length: 100 }, (_, i) => `/srv/${i} 10.0.0.1(rw) nas1(ro)\n`).join('')}`;
const swapped = (text: string) => text.replaceAll('10.0.0.1', '10.0.1.1').replaceAll('nas1', 'nas2');
const entry = (i: number) => `{"name": "t${i}", "host": "nas1", "portal": "10.0.0.1", "size": ${i}}`;
const entries = Array.from({ length: BIG_BYTES / 64 }, (_, i) => entry(i)).join(',\n');
const big = (number: number) => `{"save": ${number}, "targets": [\n${entries}\n]}\n`;

/** Each is refused, by what it would do to a parser. */
const HOSTILE = {
  'brackets.yaml': '['.repeat(200_000),
  'aliases.yaml': `a: &a [x, x]\n${Array.from({ length: 25 }, (_, i) => `k${i}: &k${i} [${i === 0 ? '*a, *a' : `*k${i - 1}, *k${i - 1}`}]\n`).join('')}`,
  'one-line.conf': `[global]\nx = ${'10.0.0.1 nas1 '.repeat(LONG ? 200_000 : 40_000)}\n`,
};

class Beside {
  readonly daemon = new DaemonProcess({ include: ['*'] });
  private saves = 0;

  constructor() {
    const names = ['small', 'big'];
    for (const side of ['primary', 'backup']) {
      for (const name of names) mkdirSync(join(this.daemon.folder, side, name));
    }
    const relationships = names.map(name => [
      name,
      {
        primary: { path: `./primary/${name}` },
        backup: { path: `./backup/${name}` },
        include: ['*.json', '*.yaml', '*.conf', 'exports'],
        identity: IDENTITY,
      },
    ]);
    const config = { version: 1, state: './state', relationships: Object.fromEntries(relationships) };
    writeFileSync(join(this.daemon.folder, 'warmspare.yaml'), stringify(config));
  }

  save(file: string, text: string): void {
    const draft = join(this.daemon.folder, 'primary', '.draft');
    writeFileSync(draft, text);
    renameSync(draft, this.daemon.path('primary', file));
  }

  /** Saves the small file once, and waits for it; milliseconds from the rename to what an observer sees. */
  async saveSmall(): Promise<number> {
    const text = small(this.saves++);
    const observer = new BackupObserver(this.daemon.path('backup', 'small/exports'));
    try {
      this.save('small/exports', text);
      const from = performance.now();
      expect(await observer.until(swapped(text), HANG_MS)).toBe(true);
      return performance.now() - from;
    } finally {
      observer.stop();
    }
  }
}

const at = (numbers: readonly number[], part: number) =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))]!;
const told = (numbers: readonly number[]) =>
  `p50 ${at(numbers, 0.5).toFixed(1)}, p99 ${at(numbers, 0.99).toFixed(1)}, p99.9 ${at(numbers, 0.999).toFixed(1)}, longest ${at(numbers, 1).toFixed(1)} ms`;

describe('beside a relationship with a large or hostile file', () => {
  it('small saves of another relationship overtake it', async () => {
    const beside = new Beside();
    const { daemon } = beside;
    try {
      beside.save('small/exports', small(-1));
      beside.save('big/big.json', big(-1));
      await daemon.start();
      const isThere = (number: number) => daemon.text('backup', 'big/big.json') === swapped(big(number));
      await daemon.until(() => isThere(-1));
      for (let save = 0; save < 5; save++) await beside.saveSmall();
      const alone: number[] = [];
      for (let save = 0; save < ALONE; save++) {
        alone.push(await beside.saveSmall());
        await pause(BEAT_MS);
      }
      const during: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        // All of it another way: a pass over the whole file, not over what changed.
        const text = big(round).replaceAll('"size": ', round % 2 === 0 ? '"size":' : '"size": ');
        const from = daemon.said.length;
        beside.save('big/big.json', text);
        for (const [file, hostile] of Object.entries(HOSTILE)) beside.save(`big/${file}`, hostile);
        const isOver = () =>
          daemon.said.slice(from).some(line => /^big\.json.* (replicated|is held)/.test(line));
        let overtook = 0;
        for (; !isOver(); overtook++) {
          during.push(await beside.saveSmall());
          await pause(BEAT_MS);
        }
        expect(overtook).toBeGreaterThan(3);
        expect(readFileSync(daemon.path('backup', 'big/big.json'), 'utf8')).toBe(swapped(text));
      }
      console.log(
        `saves of 4 KB alone (${alone.length}): ${told(alone)}; beside ${(BIG_BYTES / 1e6).toFixed(0)} MB and ${Object.keys(HOSTILE).length} hostile files (${during.length}): ${told(during)}`,
      );
    } finally {
      await daemon.signal('SIGKILL').catch(() => undefined);
      daemon.remove();
    }
  });
});
