import { existsSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LivePair, withLive } from '../support/live.ts';

const RULES = {
  include: ['*.conf', '*.json', '*.yaml', 'exports'],
  identity: [
    { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
    { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.1.1' },
  ],
};

const row = async (pair: LivePair, exit: number) => {
  const { stdout, exit: got } = await pair.warmspare('status', '--json');
  expect(got).toBe(exit);
  return JSON.parse(stdout).relationships[0];
};

/** A save as careful tools do it. */
const save = (pair: LivePair, file: string, text: string) => {
  const draft = join(pair.folder, 'primary', '.draft');
  writeFileSync(draft, text);
  renameSync(draft, pair.path('primary', file));
};

const over = (text: string) => text.replaceAll('nas1', 'nas2');

describe('run', () => {
  it('makes the baseline, then replicates each save, and says what it did', async () => {
    await withLive(RULES, async pair => {
      pair.write('primary', 'smb.conf', '[global]\n  netbios name = NAS1\n');
      await pair.start();
      await pair.onBackup('smb.conf', '[global]\n  netbios name = NAS2\n');
      save(pair, 'smb.conf', '[global]\n  netbios name = NAS1\n  interfaces = 10.0.0.1\n');
      await pair.onBackup('smb.conf', '[global]\n  netbios name = NAS2\n  interfaces = 10.0.1.1\n');
      pair.write('primary', 'smb.conf', '[global]\n  interfaces = 10.0.0.1\n');
      await pair.onBackup('smb.conf', '[global]\n  interfaces = 10.0.1.1\n');
      const said = await pair.hears(/^smb\.conf replicated in .* change 3, /);
      expect(said).toMatchObject({ relationship: 'pair', sequence: 3 });
      expect(await row(pair, 0)).toMatchObject({ state: 'in sync', behind: 0, sequence: 3 });
      expect(await pair.stop()).toBe(0);
      expect(pair.log()).toMatch(/stopped: what was begun is finished$/);
      expect(existsSync(join(pair.folder, 'state/control.sock'))).toBe(false);
      expect(existsSync(join(pair.folder, 'state/lock'))).toBe(false);
    });
  });

  it('goes on after a restart, replicates what changed meanwhile, and asks for nothing', async () => {
    await withLive(RULES, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      pair.write('primary', 'b.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('b.conf', 'host nas2\n');
      await pair.onBackup('a.conf', 'host nas2\n');
      await pair.stop();
      save(pair, 'a.conf', 'host nas1\nmore\n');
      renameSync(pair.path('primary', 'b.conf'), pair.path('primary', 'c.conf'));
      pair.write('primary', 'd.json', '{"a": "nas1"}');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\nmore\n');
      await pair.onBackup('c.conf', 'host nas2\n');
      await pair.onBackup('d.json', '{"a": "nas2"}');
    });
  });

  it('holds what does not parse until it is mended; other files go on', async () => {
    await withLive(RULES, async pair => {
      pair.pace = 'rescan=60000,proof=60000,doubt=50';
      pair.write('primary', 'a.json', '{"host": "nas1"}');
      await pair.start();
      await pair.onBackup('a.json', '{"host": "nas2"}');
      save(pair, 'a.json', '{"host": "nas1", ');
      await pair.hears(/a\.json is held: /);
      save(pair, 'b.json', '{"host": "nas1"}');
      await pair.onBackup('b.json', '{"host": "nas2"}');
      const held = await row(pair, 4);
      expect(held).toMatchObject({ state: 'held', behind: 1 });
      expect(held.held[0]).toMatchObject({ failure: 'syntax', path: 'a.json', approvable: false });
      expect(pair.read('backup', 'a.json')).toBe('{"host": "nas2"}');
      save(pair, 'a.json', '{"host": "nas1", "port": 1}');
      await pair.onBackup('a.json', '{"host": "nas2", "port": 1}');
      await pair.hears(/a\.json is not held any more/);
      expect(await row(pair, 0)).toMatchObject({ state: 'in sync' });
    });
  });

  it('holds a mass deletion until it is approved by the command that status names', async () => {
    await withLive(RULES, async pair => {
      const shares = Array.from({ length: 20 }, (_, i) => `/srv/s${i} 10.0.0.1(rw)\n`);
      pair.write('primary', 'exports', shares.join(''));
      await pair.start();
      await pair.onBackup('exports', shares.join('').replaceAll('10.0.0.1', '10.0.1.1'));
      save(pair, 'exports', shares.slice(0, 5).join(''));
      await pair.hears(/exports is held: /);
      const held = await row(pair, 4);
      expect(held.held[0]).toMatchObject({ failure: 'mass-deletion', approvable: true });
      const human = await pair.warmspare('status');
      const id = held.held[0].id as string;
      expect(human.stdout).toContain(`warmspare approve ${id}`);
      expect((await pair.warmspare('approve', id, '--reason', 'retired')).exit).toBe(0);
      await pair.onBackup('exports', shares.slice(0, 5).join('').replaceAll('10.0.0.1', '10.0.1.1'));
      await pair.hears(/exports is not held any more/);
      expect(await row(pair, 0)).toMatchObject({ state: 'in sync' });
    });
  });

  it('replicates nothing while paused, also over a restart, and everything afterwards', async () => {
    await withLive(RULES, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\n');
      expect((await pair.warmspare('pause', '--reason', 'migration')).exit).toBe(0);
      save(pair, 'a.conf', 'host nas1\nmore\n');
      expect(await row(pair, 6)).toMatchObject({ state: 'paused' });
      await pair.stop();
      await pair.start();
      expect((await pair.warmspare('status')).stdout).toMatch(
        /paused by \S+ \(migration\): warmspare resume pair/,
      );
      expect(pair.read('backup', 'a.conf')).toBe('host nas2\n');
      expect((await pair.warmspare('resume')).exit).toBe(0);
      await pair.onBackup('a.conf', 'host nas2\nmore\n');
    });
  });

  it('takes a change back through the daemon, and the place stays rejected', async () => {
    await withLive(RULES, async pair => {
      pair.write('primary', 'a.json', '{"host": "nas1", "port": 1}');
      await pair.start();
      await pair.onBackup('a.json', '{"host": "nas2", "port": 1}');
      save(pair, 'a.json', '{"host": "nas1", "port": 2}');
      await pair.onBackup('a.json', '{"host": "nas2", "port": 2}');
      await pair.hears(/change 2, /);
      expect((await pair.warmspare('undo', 'pair/2')).exit).toBe(0);
      expect(pair.read('backup', 'a.json')).toBe('{"host": "nas2", "port": 1}');
      save(pair, 'a.json', '{"host": "nas1", "port": 2, "new": true}');
      await pair.onBackup('a.json', '{"host": "nas2", "port": 1, "new": true}');
    });
  });

  it('rejects one setting through the daemon: the rest of the change arrives, also beside what is its own', async () => {
    await withLive(RULES, async pair => {
      const text = '[global]\n a = 1\n b = 2\n e = 1\n[x]\n c = nas1\n';
      pair.write('primary', 'a.conf', text);
      await pair.start();
      await pair.onBackup('a.conf', over(text));
      const own = (all: string) => all.replace(/ a = \d+/, ' a = 5').replace(' e = 1', ' e = 7');
      pair.write('backup', 'a.conf', own(over(text)));
      const changed = text.replace(' a = 1', ' a = 9').replace(' b = 2', ' b = 3');
      save(pair, 'a.conf', `${changed}[new]\n d = nas1\n`);
      await pair.hears(/a\.conf is held: \/global\/a/);
      const { held } = await row(pair, 4);
      const { exit, stdout } = await pair.warmspare('reject', held[0].id);
      expect([exit, stdout]).toEqual([0, expect.stringContaining('/global/a')]);
      expect(pair.read('backup', 'a.conf')).toBe(own(over(`${changed}[new]\n d = nas1\n`)));
      // Afterwards it follows: elsewhere, where it was rejected, and not where the backup has its own.
      const elsewhere = changed.replace(' b = 3', ' b = 4');
      save(pair, 'a.conf', elsewhere);
      await pair.onBackup('a.conf', own(over(elsewhere)));
      const { stdout: told } = await pair.warmspare('status', '--json');
      const rejected = [{ path: 'a.conf', places: ['/global/a'] }];
      expect(JSON.parse(told).relationships[0]).toMatchObject({ held: [], rejected });
      const later = elsewhere.replace(' a = 9', ' a = 11');
      save(pair, 'a.conf', later);
      await pair.onBackup('a.conf', over(later).replace(' e = 1', ' e = 7'));
      const from = pair.said.length;
      save(pair, 'a.conf', later.replace(' e = 1', ' e = 2'));
      await pair.hears(/a\.conf is held: \/global\/e/, from);
    });
  });

  it('what is rejected as a whole through the daemon leaves the backup what is its own', async () => {
    await withLive(RULES, async pair => {
      const shares = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(name => `[${name}]\n x = nas1\n`);
      const text = `[global]\n w = 4\n${shares.join('')}`;
      pair.write('primary', 'a.conf', text);
      await pair.start();
      await pair.onBackup('a.conf', over(text));
      const own = over(text).replace(' w = 4', ' w = 9');
      pair.write('backup', 'a.conf', own);
      save(pair, 'a.conf', '[global]\n w = 4\n');
      await pair.hears(/a\.conf is held: .*deletes 7 entries/);
      const { held } = await row(pair, 4);
      expect((await pair.warmspare('reject', held[0].id)).exit).toBe(0);
      expect(pair.read('backup', 'a.conf')).toBe(own);
      const from = pair.said.length;
      save(pair, 'a.conf', '[global]\n w = 5\n');
      await pair.hears(/a\.conf is held: \/global\/w/, from);
      expect(pair.read('backup', 'a.conf')).toBe(own);
    });
  });

  it('believes that a file is gone only after a while, and then asks', async () => {
    await withLive(RULES, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      pair.write('primary', 'b.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\n');
      await pair.onBackup('b.conf', 'host nas2\n');
      unlinkSync(pair.path('primary', 'a.conf'));
      await pair.hears(/a\.conf is held: a\.conf was deleted on the primary/);
      expect(pair.read('backup', 'a.conf')).toBe('host nas2\n');
    });
  });

  it('says of a file that the backup lost how it comes back', async () => {
    await withLive(RULES, async pair => {
      pair.pace = 'rescan=60000,proof=50';
      pair.write('primary', 'a.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\n');
      unlinkSync(pair.path('backup', 'a.conf'));
      await pair.hears(/a\.conf was deleted on the backup/);
      const way = 'warmspare verify --repair --yes pair puts it back';
      for (const command of ['status', 'update'])
        expect((await pair.warmspare(command)).stdout).toContain(`a.conf was deleted on the backup: ${way}`);
      expect((await pair.warmspare('verify', '--repair', '--yes', 'pair')).exit).toBe(0);
      expect(pair.read('backup', 'a.conf')).toBe('host nas2\n');
    });
  });

  it('still knows after a restart since when a file is held', async () => {
    await withLive(RULES, async pair => {
      pair.pace = 'rescan=60000,proof=60000,doubt=50';
      pair.write('primary', 'a.json', '{"host": "nas1"}');
      await pair.start();
      await pair.onBackup('a.json', '{"host": "nas2"}');
      save(pair, 'a.json', '{"host": ');
      await pair.hears(/a\.json is held: /);
      await pair.stop();
      pair.ahead = 3 * 3_600_000;
      const from = pair.said.length;
      await pair.start();
      await pair.hears(/a\.json is held: /, from);
      expect((await pair.warmspare('status')).stdout).toMatch(/held for 3 h: a\.json/);
    });
  });

  it('leaves what waits for a break alone', async () => {
    await withLive({ ...RULES, files: { 'b.conf': { apply: 'on-break' } } }, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      pair.write('primary', 'b.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\n');
      save(pair, 'b.conf', 'host nas1\nmore\n');
      save(pair, 'a.conf', 'host nas1\nmore\n');
      await pair.onBackup('a.conf', 'host nas2\nmore\n');
      expect(existsSync(pair.path('backup', 'b.conf'))).toBe(false);
    });
  });

  it('renames a file on the backup when it is renamed on the primary, at once', async () => {
    await withLive(RULES, async pair => {
      pair.write('primary', 'a.json', '{"host": "nas1"}');
      await pair.start();
      await pair.onBackup('a.json', '{"host": "nas2"}');
      renameSync(pair.path('primary', 'a.json'), pair.path('primary', 'b.json'));
      await pair.onBackup('b.json', '{"host": "nas2"}');
      await pair.hears(/a\.json, b\.json replicated/);
      expect(existsSync(pair.path('backup', 'a.json'))).toBe(false);
      expect(await row(pair, 0)).toMatchObject({ state: 'in sync' });
    });
  });

  it('answers a command that comes while it ends, or lets it be done alone', async () => {
    await withLive(RULES, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\n');
      const commands = Array.from({ length: 8 }, () => pair.warmspare('update'));
      const stopped = pair.stop();
      for (const { exit } of await Promise.all(commands)) expect([0, 5]).toContain(exit);
      expect(await stopped).toBe(0);
    });
  });

  it('refuses a second daemon, and names the first one’s process', async () => {
    await withLive(RULES, async pair => {
      await pair.start();
      const second = await pair.warmspare('run');
      expect(second.exit).toBe(5);
      expect(second.stderr).toContain(`process ${process.pid}`);
    });
  });

  it('has a socket and a journal that nobody else may open', async () => {
    await withLive(RULES, async pair => {
      await pair.start();
      expect(statSync(join(pair.folder, 'state/control.sock')).mode & 0o777).toBe(0o600);
      expect(statSync(join(pair.folder, 'state/journal')).mode & 0o777).toBe(0o700);
    });
  });

  it('reads its configuration again: a bad file keeps the old one, a new mapping rewrites the backup', async () => {
    await withLive(RULES, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\naddress 10.0.0.1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\naddress 10.0.1.1\n');
      pair.configure({ ...RULES, identity: [{ kind: 'nonsense' }] });
      pair.hangup();
      await pair.hears(/the configuration is not taken, the old one stays: .*warmspare\.yaml:\d+/);
      save(pair, 'a.conf', 'host nas1\naddress 10.0.0.1\n# more\n');
      await pair.onBackup('a.conf', 'host nas2\naddress 10.0.1.1\n# more\n');
      pair.configure({
        ...RULES,
        identity: [RULES.identity[0], { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.9.9' }],
      });
      pair.hangup();
      await pair.onBackup('a.conf', 'host nas2\naddress 10.0.9.9\n# more\n');
      await pair.hears(/the configuration was read again: pair changed/);
    });
  });

  it('keeps a change for a backup that is away, and brings it when it is back', async () => {
    await withLive(RULES, async pair => {
      pair.pace = 'rescan=60000,proof=60000,retry=20,retryMax=50';
      pair.write('primary', 'a.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\n');
      renameSync(join(pair.folder, 'backup'), join(pair.folder, 'away'));
      save(pair, 'a.conf', 'host nas1\nmore\n');
      await pair.hears(/replication waits: /);
      expect(await row(pair, 6)).toMatchObject({ state: 'unreachable' });
      expect(existsSync(join(pair.folder, 'backup'))).toBe(false);
      renameSync(join(pair.folder, 'away'), join(pair.folder, 'backup'));
      await pair.onBackup('a.conf', 'host nas2\nmore\n');
    });
  });

  it('knows a backup again that it only ever looked at', async () => {
    await withLive(RULES, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\n');
      await pair.stop();
      rmSync(join(pair.folder, 'state/relationships'), { recursive: true });
      const from = pair.said.length;
      await pair.start();
      // It looks at everything before it says so.
      while ((await pair.warmspare('status')).exit !== 0);
      await pair.stop();
      expect(pair.said.slice(from).some(({ msg }) => msg.includes('replicated in'))).toBe(false);
      renameSync(join(pair.folder, 'backup'), join(pair.folder, 'away'));
      pair.write('backup', 'other', 'the mount point');
      await pair.start();
      await pair.hears(/replication waits: .*ledger/, from);
      expect(existsSync(pair.path('backup', 'a.conf'))).toBe(false);
    });
  });

  it('writes nothing into the folder of a backup that was unmounted', async () => {
    await withLive(RULES, async pair => {
      pair.pace = 'rescan=60000,proof=60000,retry=20,retryMax=50';
      pair.write('primary', 'a.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\n');
      renameSync(join(pair.folder, 'backup'), join(pair.folder, 'away'));
      pair.write('backup', 'other', 'the mount point');
      save(pair, 'a.conf', 'host nas1\nmore\n');
      await pair.hears(/replication waits: /);
      expect(await row(pair, 4)).toMatchObject({ state: 'held' });
      expect(existsSync(pair.path('backup', 'a.conf'))).toBe(false);
    });
  });
});
