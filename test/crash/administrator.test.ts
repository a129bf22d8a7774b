import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { canTrace } from '../connectors/traced.ts';
import { LONG, SEED } from '../runs.ts';
import { type DaemonProcess, withDaemon } from '../support/process.ts';

const APPLIES = LONG ? 1_000 : 15;
const RULES = { include: ['smb.conf'], identity: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }] };

/** Between two looks whether a change has arrived. */
const LOOK_MS = 1;

/** A setting more each time, so that no two changes are ever of the same one. */
const text = (settings: number) =>
  `[global]\n   server string = nas1\n${Array.from({ length: settings + 1 }, (_, i) => `   option${i} = yes\n`).join('')}\n[media]\n   path = /srv/media\n`;

/** When something was done, by the wall clock in milliseconds: begun not before, ended not after. */
interface Span {
  readonly from: number;
  readonly to: number;
}

interface Save extends Span {
  readonly number: number;
}

/** Saves a setting of its own on the backup, as an editor does, and sees whether the one before is still there. */
class Administrator {
  readonly saves: Save[] = [];
  /** Saves that were not in the file at the next look. */
  readonly displaced: Save[] = [];
  private readonly draft: string;

  constructor(private readonly file: string) {
    this.draft = `${file}.edited`;
  }

  save(): void {
    const now = readFileSync(this.file, 'utf8');
    this.look(now);
    const number = this.saves.length + 1;
    const line = `   comment = edit ${number}\n`;
    const edited = /comment = edit \d+/.test(now)
      ? now.replace(/ {3}comment = edit \d+\n/, line)
      : now + line;
    writeFileSync(this.draft, edited);
    const from = Date.now();
    // Between the reading and this, replication may have put another version there: that one is the
    // administrator's loss of an apply, which the next look at the backup finds.
    renameSync(this.draft, this.file);
    this.saves.push({ number, from, to: Date.now() + 1 });
  }

  look(now = readFileSync(this.file, 'utf8')): void {
    const last = this.saves.at(-1);
    if (last !== undefined && !now.includes(`comment = edit ${last.number}\n`)) this.displaced.push(last);
  }
}

/** Between the last look at the target and the end of the rename onto it: the documented window. */
function windowsIn(log: string): Span[] {
  const windows: Span[] = [];
  let look: number | undefined;
  let begun: number | undefined;
  for (const line of log.split('\n')) {
    const [, seconds, call = ''] = /^\d+ +(\d+\.\d+) (.*)$/.exec(line) ?? [];
    const at = Number(seconds) * 1000;
    const took = Number(/<(\d+\.\d+)>$/.exec(line)?.[1] ?? 0) * 1000;
    if (/^(statx|newfstatat)\(AT_FDCWD.*backup\/smb\.conf"/.test(call)) look = at;
    if (/^rename\w*\(.*smb\.conf"/.test(call) && !call.includes('earlier/')) {
      if (call.endsWith('<unfinished ...>')) begun = at;
      else windows.push({ from: look ?? at, to: at + took });
    }
    if (begun !== undefined && /^<\.\.\. rename\w* resumed>/.test(call)) {
      windows.push({ from: look ?? begun, to: at + took });
      begun = undefined;
    }
  }
  return windows;
}

/** Where an edit can still be found: in the file, or kept beside it. */
function isKept(folder: string, { number }: Save): boolean {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .some(entry =>
      readFileSync(join(entry.parentPath, entry.name), 'utf8').includes(`comment = edit ${number}\n`),
    );
}

async function watched(daemon: DaemonProcess, work: () => Promise<void>): Promise<Span[]> {
  const log = `${daemon.folder}/watched`;
  const calls = 'trace=/^rename,statx,newfstatat';
  const strace = spawn('/usr/bin/strace', [
    '-f',
    '-ttt',
    '-T',
    '-s',
    '300',
    '-e',
    calls,
    '-o',
    log,
    '-p',
    String(daemon.pid),
  ]);
  // It says on standard error that it is attached.
  await once(strace.stderr, 'data');
  try {
    await work();
  } finally {
    strace.kill('SIGINT');
    await once(strace, 'close');
  }
  return windowsIn(readFileSync(log, 'utf8'));
}

test.runIf(canTrace)(`an administrator who saves on the backup during ${APPLIES} applies`, async () => {
  await withDaemon(RULES, async daemon => {
    const file = daemon.path('backup', 'smb.conf');
    const administrator = new Administrator(file);
    daemon.env = { WARMSPARE_PACE: 'retry=5,retryMax=20' };
    daemon.write('primary', 'smb.conf', text(0));
    await daemon.start();
    await daemon.until(() => daemon.text('backup', 'smb.conf') !== undefined);
    const applied = () => daemon.said.filter(line => line.startsWith('smb.conf replicated in')).length;
    let seed = SEED;
    const draw = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (seed >> 8) % below;
    };
    const hang = AbortSignal.timeout(LONG ? 3_000_000 : 200_000);
    let isOver = false;
    let typical = 50;
    const windows = await watched(daemon, async () => {
      const saving = (async () => {
        while (!isOver && !hang.aborted) {
          administrator.save();
          // About once in an apply: more often, and nothing would ever be planned in peace.
          await pause(LOOK_MS + draw(2 * typical));
        }
      })();
      const first = applied();
      for (let number = 1; applied() < first + APPLIES; number++) {
        const [before, since] = [applied(), performance.now()];
        const draft = daemon.path('primary', '.draft');
        writeFileSync(draft, text(number));
        renameSync(draft, daemon.path('primary', 'smb.conf'));
        const isThere = () => readFileSync(file, 'utf8').includes(`option${number} = yes`);
        // Where the administrator has saved it along, nothing is left to be applied, and nothing is said.
        for (let seen = 0; applied() === before && seen < 100; seen += isThere() ? 1 : 0)
          await pause(LOOK_MS, undefined, { signal: hang });
        typical = Math.ceil((typical * 7 + Math.min(1_000, performance.now() - since)) / 8);
      }
      isOver = true;
      await saving;
    });
    administrator.look();
    const { saves, displaced } = administrator;
    const outside = displaced.filter(
      save => !windows.some(one => one.from <= save.to && save.from <= one.to),
    );
    const lost = displaced.filter(save => !isKept(daemon.path('backup', ''), save));
    const widths = windows.map(({ from, to }) => to - from).sort((a, b) => a - b);
    console.log(
      `administrator: ${saves.length} saves during ${applied()} applies (seed ${SEED}): ${displaced.length} displaced, ${lost.length} of them lost, ${outside.length} outside the window (median ${widths[widths.length >> 1]?.toFixed(2)} ms under strace)`,
    );
    expect(outside).toEqual([]);
    expect(windows.length).toBeGreaterThanOrEqual(APPLIES);
    expect(saves.length).toBeGreaterThan(APPLIES / 4);
  });
});
