import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Ledger, ledgerText } from '../../src/connectors/ledger.ts';
import type { Failure } from '../../src/core/failure.ts';
import { liveStanding } from '../../src/daemon/standing.ts';
import { openElsewhere } from '../../src/replication/elsewhere.ts';
import { type Apart, withApart } from './apart.ts';

const LEDGER: Ledger = {
  version: 1,
  relationship: 'pair',
  backup: 'b',
  epoch: 3,
  direction: 'reverse',
  broken: false,
  turn: 1,
  configuration: 'f'.repeat(64),
  sequence: 4,
  proven: 0,
  files: {},
  history: [],
};

/** The primary has followed, once: this is what lies beside it then. */
function hasFollowed(apart: Apart, ledger: Ledger | string): void {
  const folder = apart.path('primary', '.warmspare/pair');
  mkdirSync(folder, { recursive: true });
  const text = typeof ledger === 'string' ? ledger : ledgerText(ledger);
  writeFileSync(`${folder}/ledger.json`, text);
}

/** A process that has a file open for writing, and is slow with it; it writes what it is given. */
class Writer {
  private readonly process: ChildProcess;

  constructor(path: string) {
    const script = 'while read -r text; do printf %s "$text" >&3; echo written; done';
    this.process = spawn('sh', ['-c', `exec 3>"$1"; ${script}`, 'sh', path], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  }

  async has(text: string): Promise<void> {
    this.process.stdin!.write(`${text}\n`);
    await once(this.process.stdout!, 'data');
  }

  async end(): Promise<void> {
    const ended = once(this.process, 'exit');
    this.process.stdin!.end();
    await ended;
  }
}

const open = async (apart: Apart) => {
  const config = apart.config('owner');
  return openElsewhere(config, config.relationships[0]!, apart.elsewhere!);
};

describe('an owner of a primary on another member', () => {
  it('is told by the log who leads, and refuses where the primary follows', async () => {
    await withApart(async apart => {
      apart.save('a.conf', 'host nas1\n');
      hasFollowed(apart, LEDGER);
      await apart.startCapture();
      const spool = await apart.openSpool();
      await apart.until(() => spool.failure() === undefined);
      expect(await apart.elsewhere!.leading.ledger('pair')).toMatchObject({ direction: 'reverse', turn: 1 });
      expect(await open(apart)).toMatchObject({
        failure: 'unsupported',
        message:
          'pair: the roles are exchanged, and nas1:/etc follows: only the member beside it can write there',
      });
      // It leads again: what it says of the time when it followed is outdated by the backup's.
      hasFollowed(apart, 'damaged');
      const untold = async () => (await apart.elsewhere!.leading.reachable()) as Failure | undefined;
      await apart.until(() => spool.current?.leading.is === 'untold');
      expect((await untold())?.failure).toBe('ledger-gone');
      const opened = await open(apart);
      expect(opened).toMatchObject({ name: 'pair', isReversed: false });
    });
  });

  it('never writes to the primary, nor takes it over', async () => {
    await withApart(async apart => {
      await apart.startCapture();
      await apart.openSpool();
      const { leading } = apart.elsewhere!;
      for (const answer of [
        await leading.takeOver('pair'),
        await leading.forget('pair'),
        await leading.keepTexts('pair', []),
      ]) {
        expect(answer).toMatchObject({ failure: 'root-missing' });
      }
    });
  });

  it('says in sync only while somebody sees the primary, and all of it has come', async () => {
    await withApart(async apart => {
      const word = () => liveStanding(apart.follower!, undefined).state;
      apart.save('a.conf', 'host nas1\n');
      await apart.startOwner();
      expect(word()).not.toBe('in sync');
      await apart.until(() => word() === 'unreachable');
      await apart.startCapture();
      await apart.same();
      await apart.until(() => word() === 'in sync');
      await apart.stopCapture();
      await apart.until(() => word() === 'unreachable');
      expect(apart.files('backup')).toEqual({ 'a.conf': 'host nas2\n' });
    });
  });

  it('what is being written while capture begins is no deletion, and keeps nothing else', async () => {
    await withApart(async apart => {
      apart.save('a.conf', 'host nas1\n');
      apart.save('b.conf', 'host nas1\n');
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      await apart.stopCapture();
      const writer = new Writer(apart.path('primary', 'b.conf'));
      try {
        await writer.has('host nas1 # ha');
        apart.save('a.conf', 'host nas1 # anew\n');
        await apart.startCapture();
        await apart.until(() => apart.files('backup')['a.conf'] === 'host nas2 # anew\n');
        await apart.until(() => apart.follower!.state.refused.has('b.conf'));
        expect(apart.follower!.state.refused.get('b.conf')?.message).toMatch(/still being written/);
        expect(apart.files('backup')['b.conf']).toBe('host nas2\n');
        await writer.has('lf');
      } finally {
        await writer.end();
      }
      await apart.same();
    });
  });
});
