import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LONG } from '../runs.ts';
import { DaemonProcess } from '../support/process.ts';

/** In the long run what the promise says: 100 relationships of 10 files, 10 changes a second for 10 minutes. */
const RELATIONSHIPS = LONG ? 100 : 10;
const FILES = LONG ? 10 : 4;
const CHANGES = LONG ? 6_000 : 120;
/** Between two changes, in milliseconds: the load itself, not a wait. */
const EVERY_MS = 100;

const IDENTITY = [
  { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
  { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.1.1' },
];

const yaml = (lines: number, number: number) =>
  `# change ${number}\npools:\n${Array.from({ length: lines }, (_, i) => `  - name: pool_${i}\n    host: nas1\n    portal: 10.0.0.1:3260\n    size: ${i === lines >> 1 ? number : i}\n`).join('')}`;
const ini = (lines: number, number: number) =>
  `; change ${number}\n[global]\n  netbios name = NAS1\n${Array.from({ length: lines }, (_, i) => `[share${i}]\n  path = /srv/${i === lines >> 1 ? number : i}\n  hosts allow = 10.0.0.1\n`).join('')}`;
const json = (lines: number, number: number) =>
  `${JSON.stringify({ change: number, targets: Array.from({ length: lines }, (_, i) => ({ name: `t${i}`, host: 'nas1', portal: '10.0.0.1', size: i === lines >> 1 ? number : i })) }, null, 2)}\n`;
const exports_ = (lines: number, number: number) =>
  `# change ${number}\n${Array.from({ length: lines }, (_, i) => `/srv/${i === lines >> 1 ? number : i} 10.0.0.1(rw) nas1(ro)\n`).join('')}`;

/** Most are small, as configuration is; one in ten has about 100 KB, one in a hundred about 250 KB. */
const MAKERS = [
  ['yaml', yaml, 75],
  ['conf', ini, 65],
  ['json', json, 95],
  ['exports', exports_, 35],
] as const;

class File {
  private number = 0;
  constructor(
    private readonly folder: string,
    readonly relationship: number,
    private readonly index: number,
  ) {}

  private get kind() {
    return MAKERS[(this.relationship + this.index) % MAKERS.length]!;
  }

  get name(): string {
    return `r${this.relationship}/f${this.index}.${this.kind[0]}`;
  }

  private get bytes(): number {
    const at = this.relationship * FILES + this.index;
    return at % 100 === 50 ? 250_000 : at % 10 === 5 ? 100_000 : 4_000;
  }

  save(): void {
    const [, make, each] = this.kind;
    const text = make(Math.ceil(this.bytes / each), this.number++);
    const draft = join(this.folder, 'primary', `r${this.relationship}`, '.draft');
    writeFileSync(draft, text);
    renameSync(draft, join(this.folder, 'primary', this.name));
  }

  isInStep(): boolean {
    const read = (side: string) => readFileSync(join(this.folder, side, this.name), 'utf8');
    try {
      const swapped = read('primary')
        .replaceAll('nas1', 'nas2')
        .replaceAll('NAS1', 'NAS2')
        .replaceAll('10.0.0.1', '10.0.1.1');
      return swapped === read('backup');
    } catch {
      return false;
    }
  }
}

interface Vitals {
  /** Megabytes that are its own; without the pages of the journal's file that it has looked at. */
  readonly own: number;
  readonly rss: number;
  readonly descriptors: number;
}

const vitalsOf = (pid: number): Vitals => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]) / 1024;
  const descriptors = readdirSync(`/proc/${pid}/fd`).length;
  return { own: megabytes('RssAnon'), rss: megabytes('VmRSS'), descriptors };
};

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;

/** A process beside the daemon that does nothing: what delays its loop is the machine's doing, not the daemon's. */
class Idle {
  private readonly child: ChildProcess;
  private said = '';

  constructor() {
    const script =
      "const d = require('node:perf_hooks').monitorEventLoopDelay({ resolution: 10 }); d.enable(); process.stdin.resume().on('end', () => console.log(d.max / 1e6));";
    this.child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdout!.on('data', text => {
      this.said += text;
    });
  }

  /** The longest delay in milliseconds. */
  async end(): Promise<number> {
    const ended = once(this.child, 'close');
    this.child.stdin!.end();
    await ended;
    return Number(this.said);
  }
}

describe('a daemon under load', () => {
  it(`${RELATIONSHIPS} relationships of ${FILES} files, ${CHANGES} changes: all converge, memory and descriptors stay`, async () => {
    const names = Array.from({ length: RELATIONSHIPS }, (_, i) => `r${i}`);
    const daemon = new DaemonProcess({ include: ['**'], identity: IDENTITY });
    try {
      const { mkdirSync } = await import('node:fs');
      for (const side of ['primary', 'backup'])
        for (const name of names) mkdirSync(join(daemon.folder, side, name));
      const { stringify } = await import('yaml');
      const relationships = Object.fromEntries(
        names.map(name => [
          name,
          {
            primary: { path: `./primary/${name}` },
            backup: { path: `./backup/${name}` },
            include: ['f*'],
            identity: IDENTITY,
          },
        ]),
      );
      writeFileSync(
        join(daemon.folder, 'warmspare.yaml'),
        stringify({ version: 1, state: './state', relationships }),
      );
      const files = names.flatMap((_, r) =>
        Array.from({ length: FILES }, (_unused, f) => new File(daemon.folder, r, f)),
      );
      for (const file of files) file.save();
      await daemon.start();
      const behind = () => files.filter(file => !file.isInStep()).length;
      await daemon.until(
        () => behind() === 0,
        () => `${behind()} files of the baseline`,
      );
      // A baseline is told of when it is acknowledged, a moment after its files are there.
      const told = () => daemon.said.filter(text => / replicated in /.test(text)).length;
      await daemon.until(() => told() >= RELATIONSHIPS);
      const idle = new Idle();
      const samples: Vitals[] = [];
      const delays: number[] = [];
      const longestDelay = async () =>
        JSON.parse((await daemon.warmspare('status', '--json', 'r0')).stdout).daemon.longestDelayMs;
      const ofBaseline = await longestDelay();
      const from = daemon.said.length;
      /** Where each window begins among what was said. */
      const windows: number[] = [];
      for (let change = 0; change < CHANGES; change++) {
        files[(change * 7919) % files.length]!.save();
        await pause(EVERY_MS);
        if (change % Math.ceil(CHANGES / 40) === 0) {
          samples.push(vitalsOf(daemon.pid));
          delays.push(await longestDelay());
          windows.push(daemon.said.length);
        }
      }
      await daemon.until(
        () => behind() === 0,
        () => `${behind()} files behind at the end`,
      );
      samples.push(vitalsOf(daemon.pid));
      const latenciesIn = (begin: number, end?: number) =>
        daemon.said
          .slice(begin, end)
          .flatMap(text => /replicated in ([\d.]+) ms/.exec(text)?.[1] ?? [])
          .map(Number);
      const latencies = latenciesIn(from);
      const slowest = windows
        .map((begin, at) => ({ at, ms: Math.max(0, ...latenciesIn(begin, windows[at + 1])) }))
        .sort((a, b) => b.ms - a.ms)
        .slice(0, 3);
      const part = (key: keyof Vitals, third: 0 | 1 | 2) => {
        const length = Math.ceil(samples.length / 3);
        return median(samples.slice(third * length, third * length + length).map(sample => sample[key]));
      };
      const [own, rss, descriptors] = [
        [part('own', 0), part('own', 1), part('own', 2)],
        [part('rss', 0), part('rss', 1), part('rss', 2)],
        [part('descriptors', 0), part('descriptors', 2)],
      ] as const;
      console.log(
        `soak: ${CHANGES} changes; latency p50 ${median(latencies).toFixed(1)} ms, p99 ${[...latencies].sort((a, b) => a - b)[Math.floor(latencies.length * 0.99)]?.toFixed(1)} ms; ` +
          `its own memory ${own.map(each => each.toFixed(0)).join(' -> ')} MB, with the journal's pages ${rss.map(each => each.toFixed(0)).join(' -> ')} MB; descriptors ${descriptors.join(' -> ')}; longest delay of the loop ${Math.max(...delays)} ms (median of windows ${median(delays)} ms; of the baseline ${ofBaseline} ms), of an idle process beside it ${(await idle.end()).toFixed(0)} ms`,
      );
      console.log(
        `the slowest of ${windows.length} windows: ${slowest.map(({ at, ms }) => `${at} (${ms.toFixed(0)} ms)`).join(', ')}`,
      );
      expect(descriptors[1]).toBeLessThanOrEqual(descriptors[0] + 8);
      expect(own[2]).toBeLessThan(own[0] * 1.3 + 30);
    } finally {
      await daemon.signal('SIGKILL').catch(() => undefined);
      daemon.remove();
    }
  });
});
