import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROTOCOL, socketPath } from '../../src/daemon/control/protocol.ts';
import { regionPass } from '../../src/daemon/planner/region-pass.ts';
import type { RegionPass } from '../../src/daemon/planner/regions.ts';
import { type LivePair, withLive } from '../support/live.ts';

/** What must not stop the others, or the daemon: a file, a client, a plan, a command that goes wrong. */

const RULES = {
  include: ['*.conf', '*.json'],
  identity: [
    { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
    { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.1.1' },
  ],
};

const save = (pair: LivePair, file: string, text: string) => {
  const draft = join(pair.folder, 'primary', '.draft');
  writeFileSync(draft, text);
  renameSync(draft, pair.path('primary', file));
};

/** Nothing can be renamed onto a mount point: containers mount single files so. */
function withMounted(path: string, work: () => Promise<void>): Promise<void> {
  execFileSync('mount', ['--bind', path, path]);
  return work().finally(() => execFileSync('umount', [path]));
}

const connected = (pair: LivePair) => {
  const socket = createConnection(socketPath(join(pair.folder, 'state')));
  const ended = new Promise<void>(done => socket.once('close', () => done()));
  socket.on('error', () => undefined);
  return new Promise<{ socket: typeof socket; ended: Promise<void> }>(done =>
    socket.once('connect', () => done({ socket, ended })),
  );
};

const request = (pair: LivePair) =>
  JSON.stringify({
    protocol: PROTOCOL,
    command: 'update',
    config: join(pair.folder, 'warmspare.yaml'),
    options: {},
    operands: {},
    relationships: [],
    who: 'a test',
  });

describe('beside something that goes wrong', () => {
  it('a file that cannot be replaced is held by name, the others go on, and it follows by itself', async () => {
    await withLive(RULES, async pair => {
      pair.pace = 'rescan=60000,proof=60000,retry=20,retryMax=50';
      for (const file of ['a.conf', 'b.conf']) pair.write('primary', file, 'host nas1\n');
      await pair.start();
      for (const file of ['a.conf', 'b.conf']) await pair.onBackup(file, 'host nas2\n');
      await withMounted(pair.path('backup', 'b.conf'), async () => {
        save(pair, 'b.conf', 'host nas1\nmore\n');
        await pair.hears(/b\.conf is held: .*(mount|EBUSY)/);
        save(pair, 'a.conf', 'host nas1\nmore\n');
        await pair.onBackup('a.conf', 'host nas2\nmore\n');
        const status = await pair.warmspare('status', '--json');
        const [row] = JSON.parse(status.stdout).relationships;
        expect([status.exit, row.state, row.behind]).toEqual([4, 'held', 1]);
        expect(row.held[0]).toMatchObject({ failure: 'unwritable', path: 'b.conf', approvable: false });
      });
      await pair.onBackup('b.conf', 'host nas2\nmore\n');
      await pair.hears(/b\.conf is not held any more/);
    });
  });

  it('a plan that proves to be wrong afterwards is made anew at once, loudly', async () => {
    await withLive(RULES, async pair => {
      const text = (more: string) => `[global]\n  host = nas1\n  address = 10.0.0.1\n${more}`;
      pair.regions = wrongOnce();
      pair.write('primary', 'a.conf', text(''));
      await pair.start();
      await pair.onBackup('a.conf', text('').replace('nas1', 'nas2').replace('10.0.0.1', '10.0.1.1'));
      for (let turn = 0; !pair.said.some(({ msg }) => msg.includes('planned as a whole')); turn++) {
        save(pair, 'a.conf', text(`  x = ${turn}\n`));
        const right = text(`  x = ${turn}\n`).replace('nas1', 'nas2').replace('10.0.0.1', '10.0.1.1');
        const from = pair.said.length;
        await pair.hears(/a\.conf replicated/, from);
        if (pair.read('backup', 'a.conf') === right) continue;
        await pair.hears(/a\.conf: planned from what changed it is not what it is planned as a whole/, from);
        await pair.onBackup('a.conf', right);
      }
      expect(pair.said.filter(({ msg }) => msg.includes('planned as a whole'))).toHaveLength(1);
    });
  });

  it('a client that vanishes in mid-command, or never asks, ends nobody and keeps no stop waiting', async () => {
    await withLive(RULES, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\n');
      const gone = await connected(pair);
      gone.socket.write(`${request(pair)}\n`, () => gone.socket.destroy());
      await gone.ended;
      const half = await connected(pair);
      half.socket.write(request(pair).slice(0, 20));
      save(pair, 'a.conf', 'host nas1\nmore\n');
      await pair.onBackup('a.conf', 'host nas2\nmore\n');
      const idle = await connected(pair);
      expect(await pair.stop()).toBe(0);
      await Promise.all([idle.ended, half.ended]);
    });
  });

  it('the log masks what a reload called a secret', async () => {
    await withLive(RULES, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\n');
      pair.configure({ ...RULES }, { secrets: ['launchcode'] });
      pair.hangup();
      await pair.hears(/the configuration was read again/);
      save(pair, 'launchcode=hunter2.conf', 'host nas1\n');
      await pair.onBackup('launchcode=hunter2.conf', 'host nas2\n');
      await pair.hears(/^launchcode=/);
      expect(pair.log()).not.toContain('hunter2');
    });
  });
});

/** The region pass, wrong about the first text that it plans. */
function wrongOnce(): RegionPass {
  let isWrong = true;
  const pass = regionPass as RegionPass;
  return {
    ...pass,
    *planRegion(...args) {
      const found = yield* pass.planRegion(...args);
      if (found?.plan.text === undefined || !isWrong) return found;
      isWrong = false;
      const text = `${found.plan.text}# nobody wrote this\n`;
      const after = createHash('sha256').update(text).digest('hex');
      return { ...found, plan: { ...found.plan, text, base: text, after } };
    },
  };
}
