import { spawnSync } from 'node:child_process';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { NodePair } from '../support/pair.ts';
import { Sshd } from '../support/sshd.ts';
import { EXPORTS, NAMES } from './fixtures.ts';

const BIN = fileURLToPath(new URL('../../bin/warmspare.js', import.meta.url));

/** A pair whose backup is reached over SFTP, by a server that lets commands be run, or not. */
async function overSftp(
  runs: boolean,
  work: (pair: NodePair, server: Sshd, url: string) => Promise<void>,
): Promise<void> {
  const server = await Sshd.started({ runs });
  const pair = new NodePair({});
  try {
    const url = `sftp://127.0.0.1:${server.port}${pair.path('backup', '')}`.replace(/\/$/, '');
    const backup = { url, key: server.access.key, 'known-hosts': server.knownHosts };
    pair.configure({ include: ['**'], identity: NAMES, backup });
    pair.write('primary', 'exports', EXPORTS);
    await work(pair, server, url);
  } finally {
    pair.remove();
    await server.remove();
  }
}

test.each([true, false])(
  'a backup over SFTP, commands run: %s: checked, brought in step, looked at, broken',
  async runs => {
    await overSftp(runs, async pair => {
      const checked = await pair.warmspare('check');
      expect([checked.exit, checked.stderr]).toEqual([0, '']);
      expect(checked.stdout).toMatch(/sftp:\/\/\S+: fenced, over SFTP \(OpenSSH_/);
      expect(/folders are not synced/.test(checked.stdout)).toBe(!runs);
      const updated = await pair.warmspare('update');
      expect([updated.exit, updated.stderr]).toEqual([0, '']);
      expect(pair.read('backup', 'exports')).toBe(EXPORTS.replaceAll('nas1', 'nas2'));
      expect((await pair.warmspare('status')).stdout).toMatch(/pair +\S+ -> sftp:\/\/\S+ +in sync/);
      pair.write('primary', 'exports', `${EXPORTS}# more\n`);
      expect((await pair.warmspare('status')).stdout).toContain('behind');
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect((await pair.warmspare('undo')).exit).toBe(0);
      expect(pair.read('backup', 'exports')).toBe(EXPORTS.replaceAll('nas1', 'nas2'));
      expect((await pair.warmspare('verify')).exit).toBe(0);
      expect((await pair.warmspare('break')).exit).toBe(0);
      const refused = await pair.warmspare('update');
      expect([refused.exit, refused.stderr]).toEqual([5, expect.stringContaining('error broken')]);
      expect((await pair.warmspare('activate')).stderr).toMatch(
        /error unsupported: pair: sftp:.* is another machine/,
      );
      expect((await pair.warmspare('resync', '--reverse')).stderr).toMatch(/error unsupported/);
      expect(await pair.warmspare('resync', '--forward')).toMatchObject({ exit: 0, stderr: '' });
    });
  },
);

test('a new file gives the group there no more than the primary’s own group has, whatever others may do by name', async () => {
  await overSftp(false, async pair => {
    const named = pair.path('primary', 'exports');
    chmodSync(named, 0o600);
    expect(spawnSync('setfacl', ['-m', 'u:1:rw,g::-', named]).status).toBe(0);
    // What a mode tells of a file with an access list is how much any of those named there may do.
    expect(statSync(named).mode & 0o777).toBe(0o660);
    expect(await pair.warmspare('update')).toMatchObject({ exit: 0, stderr: '' });
    expect(statSync(pair.path('backup', 'exports')).mode & 0o777).toBe(0o600);
  });
});

test('two relationships that write one file of one server are refused, whatever they call its folder', async () => {
  await overSftp(false, async (pair, server, url) => {
    const access = { key: server.access.key, 'known-hosts': server.knownHosts };
    const side = (at: string) => ({
      primary: { path: './primary' },
      backup: { url: at, ...access },
      include: ['**'],
      identity: NAMES,
    });
    pair.configure(
      {},
      { relationships: { one: side(url), two: side(url.replace(/backup$/, './x/../backup/')) } },
    );
    const refused = await pair.warmspare('update');
    expect([refused.exit, refused.stderr]).toEqual([2, expect.stringContaining('error claimed-twice')]);
  });
});

test.each(['break', 'activate', 'release'])(
  '%s --at a URL is wrong usage, and says what is right',
  async command => {
    const pair = new NodePair({});
    try {
      const refused = await pair.warmspare(command, '--at', 'sftp://me:s3cret@nas2/etc');
      expect([refused.exit, refused.stderr]).toEqual([
        2,
        expect.stringContaining('--at FOLDER, or here with -c'),
      ]);
      expect(refused.stderr).not.toContain('s3cret');
    } finally {
      pair.remove();
    }
  },
);

test.each(['12/s3cret', 's3cret/x', 'x@s3cret'])(
  'the password %s is not quoted with its line',
  async password => {
    const pair = new NodePair({});
    try {
      const backup = { url: `sftp://me:${password}@nas2/etc` };
      pair.configure({ include: ['**'], identity: NAMES, backup });
      const refused = await pair.warmspare('check');
      expect([refused.exit, refused.stderr]).toEqual([
        2,
        expect.stringMatching(/config-invalid: sftp:\/\/me:\S+@nas2\/etc /),
      ]);
      expect(refused.stdout + refused.stderr).not.toContain('s3cret');
    } finally {
      pair.remove();
    }
  },
);

test('a command’s process ends, and nothing is written where the host key is not the known one', async () => {
  await overSftp(false, async (pair, server) => {
    const run = (...argv: string[]) =>
      spawnSync(process.execPath, [BIN, ...argv], { cwd: pair.folder, encoding: 'utf8', timeout: 60_000 });
    expect(run('update')).toMatchObject({ status: 0, signal: null });
    pair.write('primary', 'exports', `${EXPORTS}# more\n`);
    writeFileSync(server.knownHosts, `[127.0.0.1]:${server.port} ${server.key('user')}\n`);
    const refused = run('update');
    expect(refused).toMatchObject({
      signal: null,
      stderr: expect.stringMatching(/host-key.*shows the ssh-ed25519 key SHA256:/),
    });
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain('ssh-keygen -R');
    expect(pair.read('backup', 'exports')).not.toContain('# more');
  });
});
