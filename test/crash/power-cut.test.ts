import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { changed, NAMES, SMB } from '../e2e/fixtures.ts';
import { LONG, SEED } from '../runs.ts';
import { NodePair } from '../support/pair.ts';
import { DaemonProcess } from '../support/process.ts';
import { LoopDisk } from './loop-disk.ts';
import { WARMSPARE } from './points.ts';
import { drawing, Saves } from './saves.ts';

const CUTS = LONG ? 200 : 2;
const CONTROLS = LONG ? 40 : 2;
const FILES = ['a', 'b', 'c', 'd', 'e', 'f'].map(name => `${name}.conf`);
const RULES = { include: ['*.conf'], identity: NAMES, backup: { path: './disk/backup' } };
const NO_FOLDER_SYNC = fileURLToPath(new URL('./no-folder-sync.js', import.meta.url));
/** After so many acknowledgements at most, and then within this time, the power goes. */
const ACKNOWLEDGED = 30;
const LAST_MS = 8;

/** Whose backup, ledger and journal lie on a disk whose power can be cut. */
class OnDisk extends DaemonProcess {
  readonly disk = new LoopDisk(this.folder);
  readonly saves = new Saves(this.path('primary', ''), join(this.disk.root, 'backup'));
  acknowledged = 0;
  /** The last change that was acknowledged. */
  private sequence = 0;
  private heard = 0;
  private readonly outstanding = new Set<string>();

  constructor() {
    super(RULES);
    mkdirSync(join(this.disk.root, 'backup'));
    this.configure(RULES, { state: './disk/state' });
  }

  /** Each file is saved again only when its last version is acknowledged: so it is known which one was. */
  saveAll(): void {
    for (const file of FILES) {
      if (this.outstanding.has(file)) continue;
      this.saves.save(file);
      this.outstanding.add(file);
    }
  }

  /** Takes note of what the log has acknowledged since. */
  hear(): void {
    for (; this.heard < this.said.length; this.heard++) {
      const [, names, sequence] = /^(.*) replicated in .*, change (\d+),/.exec(this.said[this.heard]!) ?? [];
      for (const file of names?.split(', ') ?? []) {
        this.acknowledged++;
        this.sequence = Number(sequence);
        this.outstanding.delete(file);
        this.saves.reached.set(file, this.saves.newest.get(file)!);
      }
    }
  }

  /** Starts, and waits until both sides are in step and every acknowledgement of it is heard. */
  async comeUp(): Promise<void> {
    await this.start();
    await this.until(
      () => this.saves.missed().length === 0,
      () => this.saves.missed().join(', '),
    );
    // One batch after the other: the answer to this one is the last.
    const from = this.said.length;
    this.saves.save('last.conf');
    await this.until(() => this.said.slice(from).some(text => text.startsWith('last.conf replicated')));
    this.heard = this.said.length;
    this.outstanding.clear();
  }

  async workAndLosePower(draw: (below: number) => number): Promise<string[]> {
    const enough = this.acknowledged + draw(ACKNOWLEDGED);
    while (this.acknowledged < enough) {
      this.saveAll();
      await this.until(() => this.said.length > this.heard);
      this.hear();
    }
    this.saveAll();
    await pause(draw(LAST_MS));
    this.disk.cut();
    await this.signal('SIGKILL');
    // What was said before the power went, and is only heard now, holds as well.
    this.hear();
    await this.disk.boot();
    const ledger = JSON.parse(
      readFileSync(join(this.disk.root, 'backup/.warmspare/pair/ledger.json'), 'utf8'),
    );
    const behind = ledger.sequence < this.sequence;
    return [
      ...this.saves.faults(),
      ...(behind ? [`the ledger is of change ${ledger.sequence} after ${this.sequence}`] : []),
    ];
  }
}

/** An update that ended with 0, then the power goes. What of it is lost, as sentences. */
async function lostAfterUpdate(env: Record<string, string>): Promise<string[]> {
  const pair = new NodePair(RULES);
  const disk = new LoopDisk(pair.folder);
  try {
    mkdirSync(join(disk.root, 'backup'));
    const file = join(disk.root, 'backup/smb.conf');
    const update = () => {
      const { status, stderr } = spawnSync(process.execPath, [WARMSPARE, 'update'], {
        cwd: pair.folder,
        env: { ...process.env, ...env },
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([0, '']);
    };
    pair.write('primary', 'smb.conf', SMB);
    expect((await pair.warmspare('update')).exit).toBe(0);
    // With a line of its own the file is not its own base: nothing is flushed after the acknowledgement.
    const own = `# own\n${readFileSync(file, 'utf8')}`;
    spawnSync('tee', [file], { input: own });
    spawnSync('sync', ['-f', file]);
    pair.write('primary', 'smb.conf', changed(SMB, 'workers = 4', 'workers = 8'));
    update();
    disk.cut();
    await disk.boot();
    const ledger = JSON.parse(readFileSync(join(disk.root, 'backup/.warmspare/pair/ledger.json'), 'utf8'));
    const lost = ledger.sequence === 2 ? [] : [`the ledger is of change ${ledger.sequence}`];
    const text = readFileSync(file, 'utf8');
    return text === own.replace('workers = 4', 'workers = 8') ? lost : [...lost, `smb.conf is ${text}`];
  } finally {
    await disk.remove();
    pair.remove();
  }
}

describe('a power cut of backup, ledger and journal at once', () => {
  it(`tears nothing, and loses nothing that was acknowledged (${CUTS} cuts)`, async () => {
    const draw = drawing();
    const daemon = new OnDisk();
    try {
      await daemon.comeUp();
      for (let cut = 0; cut < CUTS; cut++) {
        expect(await daemon.workAndLosePower(draw), `cut ${cut}`).toEqual([]);
        await daemon.comeUp();
      }
      await daemon.signal('SIGTERM');
      expect((await daemon.warmspare('verify')).exit).toBe(0);
      const { acknowledged } = daemon;
      expect(acknowledged).toBeGreaterThan(CUTS);
      console.log(`power: ${CUTS} cuts (seed ${SEED}), ${acknowledged} acknowledged: 0 torn, 0 lost`);
    } finally {
      await daemon.signal('SIGKILL').catch(() => undefined);
      await daemon.disk.remove();
      daemon.remove();
    }
  });

  it(`right after an update: loses nothing, and without fsync of folders it does (${CONTROLS} cuts each)`, async () => {
    let lost = 0;
    for (let cut = 0; cut < CONTROLS; cut++) {
      expect(await lostAfterUpdate({})).toEqual([]);
      const without = await lostAfterUpdate({ NODE_OPTIONS: `--import ${NO_FOLDER_SYNC}` });
      if (without.length > 0) lost++;
    }
    console.log(`power, after an update: ${CONTROLS} cuts: 0 lost; without fsync of folders ${lost} lost`);
    expect(lost).toBeGreaterThan(0);
  });
});
