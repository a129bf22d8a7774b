import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { NodePair } from '../support/pair.ts';
import { NAMES } from './fixtures.ts';

/** A pair whose configuration file is that of a member, with one more relationship that lies elsewhere. */
async function withMember(
  cluster: Record<string, unknown>,
  work: (pair: NodePair) => Promise<void>,
  node = 'nas1',
): Promise<void> {
  const pair = new NodePair({ include: ['*.conf'] });
  const sides = { include: ['*.conf'], identity: NAMES };
  const relationships = {
    pair: { primary: { path: './primary', node: 'nas1' }, backup: { path: './backup' }, ...sides },
    far: {
      primary: { path: './far', node: 'nas3' },
      backup: { path: './elsewhere', node: 'nas4' },
      ...sides,
    },
  };
  writeFileSync(
    join(pair.folder, 'warmspare.yaml'),
    stringify({ version: 1, node, state: './state', relationships, cluster }),
  );
  pair.write('primary', 'a.conf', '[nas1]\nhost = nas1\n');
  try {
    await work(pair);
  } finally {
    pair.remove();
  }
}

const NATS = { engine: 'nats', servers: ['nats://127.0.0.1:4222'], name: 'site' };

describe('commands on the configuration of a cluster', () => {
  it('never take this machine’s folder for another member’s', async () => {
    await withMember(NATS, async pair => {
      for (const command of ['diff', 'update', 'verify']) {
        const { exit, stderr } = await pair.warmspare(command, 'far');
        expect([command, exit]).toEqual([command, 5]);
        expect(stderr).toMatch(
          /warmspare\.yaml:\d+:\d+: error not-owner: far: its primary lies at nas3, and this is nas1/,
        );
      }
      expect((await pair.warmspare('update', 'pair')).exit).toBe(0);
      expect(pair.read('backup', 'a.conf')).toBe('[nas2]\nhost = nas2\n');
    });
  });

  it('check what lies here, and say what does not', async () => {
    await withMember(NATS, async pair => {
      const { exit, stdout, stderr } = await pair.warmspare('check');
      expect(stdout).toContain('far: its primary lies at nas3, and this is nas1: it is checked there\n');
      expect(stdout).toMatch(/pair: nas1 -> .*backup\n/);
      expect(stderr).toContain('what goes through the servers is not encrypted');
      expect(exit).toBe(0);
    });
    await withMember({ ...NATS, servers: ['nats://10.0.0.9:4222'] }, async pair => {
      expect((await pair.warmspare('check', 'pair')).stderr).toContain('members show nothing to the servers');
    });
    await withMember(
      NATS,
      async pair => {
        writeFileSync(
          join(pair.folder, 'warmspare.yaml'),
          readFileSync(join(pair.folder, 'warmspare.yaml'), 'utf8').replace(
            'path: ./backup',
            'path: ./backup\n      node: nas2',
          ),
        );
        expect((await pair.warmspare('check')).stderr).toContain('no relationship has a side at nas9');
      },
      'nas9',
    );
  });

  it('check the files that cluster: names, and no key of theirs is shown', async () => {
    const key = 'A'.repeat(43).concat('=');
    await withMember({ ...NATS, key: './key' }, async pair => {
      const file = join(pair.folder, 'key');
      writeFileSync(file, `${key}\n`, { mode: 0o600 });
      const sealed = await pair.warmspare('check');
      expect(sealed.exit).toBe(0);
      expect(sealed.stderr).not.toContain('encrypted');
      chmodSync(file, 0o644);
      const open = await pair.warmspare('check');
      expect(open.exit).toBe(2);
      expect(open.stderr).toContain(file);
      expect(open.stdout + open.stderr).not.toContain(key);
    });
  });

  it('say that only a member knows its cluster', async () => {
    await withMember(NATS, async pair => {
      const { exit, stderr } = await pair.warmspare('cluster', 'members');
      expect(exit).toBe(5);
      expect(stderr).toContain('no daemon runs here');
    });
  });
});
