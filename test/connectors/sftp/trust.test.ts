import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { unreached } from '../../../src/connectors/sftp/line.ts';
import { openServer } from '../../../src/connectors/sftp/server.ts';
import type { Access } from '../../../src/connectors/sftp/session.ts';
import { SftpTarget } from '../../../src/connectors/sftp/target.ts';
import { serverName } from '../../../src/connectors/sftp/url.ts';
import { Sshd } from '../../support/sshd.ts';

const server = await Sshd.started();
afterAll(() => server.remove());
beforeEach(() => server.know());

const name = `[127.0.0.1]:${server.port}`;
const root = join(server.folder, 'root');
mkdirSync(root);

/** Each time by a connection of its own. */
function reached(access: Access = server.access, at = server) {
  const fresh = { ...access, knownHosts: [...access.knownHosts, join(at.folder, `none-${count++}`)] };
  return new SftpTarget({ ...at.address, path: root }, fresh).reachable();
}
let count = 0;

const line = (key: string) => `${name} ${key}\n`;
const host = server.key('host');
function otherKey(type: string): string {
  const file = join(server.folder, `other-${type}`);
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file]);
  return readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
}
const [other, ecdsa] = [otherKey('ed25519'), otherKey('ecdsa')];

function hashed(text: string): string {
  const file = join(server.folder, 'hashed');
  writeFileSync(file, text);
  execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
  return readFileSync(file, 'utf8');
}

/** Whether OpenSSH’s own client goes on with that known_hosts. */
function sshGoesOn(): boolean {
  const options = [
    'StrictHostKeyChecking=yes',
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'GlobalKnownHostsFile=none',
    `UserKnownHostsFile=${server.knownHosts}`,
  ].flatMap(option => ['-o', option]);
  const argv = [
    '-F',
    'none',
    ...options,
    '-i',
    server.access.key!,
    '-p',
    `${server.port}`,
    '-s',
    '127.0.0.1',
    'sftp',
  ];
  return spawnSync('ssh', argv, { input: '' }).status === 0;
}

test.each<[string, string]>([
  ['its key', line(host)],
  ['its key, hashed', hashed(line(host))],
  ['its key among others', line(ecdsa) + line(other) + line(host)],
  ['its key under a pattern', `[127.*]:* ${host}\n`],
  ['its key under another port', `[127.0.0.1]:1 ${host}\n`],
  ['its name ruled out', `!${name},!127.0.0.1,* ${host}\n`],
  ['another key', line(other)],
  ['another key, hashed', hashed(line(other))],
  ['a key of another type', line(ecdsa)],
  ['its key, revoked', `${line(host)}@revoked * ${host}\n`],
  ['another key, revoked', `${line(host)}@revoked * ${other}\n`],
  ['an authority', `@cert-authority * ${host}\n`],
  ['nothing', ''],
])('known_hosts has %s: as OpenSSH’s client decides', async (_, text) => {
  writeFileSync(server.knownHosts, text);
  const failure = await reached();
  expect(failure?.failure).toBe(sshGoesOn() ? undefined : 'host-key');
});

test('a key of the server at port 22 is not one of another port’s: there ssh goes on, and this does not', async () => {
  writeFileSync(server.knownHosts, `127.0.0.1 ${host}\n`);
  expect([sshGoesOn(), (await reached())?.failure]).toEqual([true, 'host-key']);
});

test('a host key that is not known, or another one, is a hard stop that says what to do', async () => {
  const [, fingerprint] = execFileSync('ssh-keygen', ['-lf', join(server.folder, 'host.pub')], {
    encoding: 'utf8',
  }).split(' ');
  writeFileSync(server.knownHosts, '');
  const unknown = await reached();
  expect(unknown).toMatchObject({ failure: 'host-key', message: expect.stringContaining(fingerprint!) });
  expect(unknown!.hint).toContain(`ssh-keyscan -p ${server.port} 127.0.0.1 >> ${server.knownHosts}`);
  writeFileSync(server.knownHosts, line(other));
  const changed = await reached();
  expect(changed).toMatchObject({ failure: 'host-key', message: expect.stringContaining(server.knownHosts) });
  expect(changed!.hint).toContain(`ssh-keygen -R '${name}' -f ${server.knownHosts}`);
  // What the hint says makes it known, in the words of OpenSSH’s own tools.
  execFileSync('ssh-keygen', ['-R', name, '-f', server.knownHosts], { stdio: 'ignore' });
  const scanned = execFileSync('ssh-keyscan', ['-p', `${server.port}`, '127.0.0.1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  writeFileSync(server.knownHosts, scanned, { flag: 'a' });
  expect(await reached()).toBeUndefined();
});

test('a pinned fingerprint counts alone, and another one is a hard stop', async () => {
  const [, fingerprint = ''] = execFileSync('ssh-keygen', ['-lf', join(server.folder, 'host.pub')], {
    encoding: 'utf8',
  }).split(' ');
  writeFileSync(server.knownHosts, line(other));
  expect(await reached({ ...server.access, hostKey: fingerprint })).toBeUndefined();
  server.know();
  const wrong = `SHA256:${'A'.repeat(43)}`;
  const failure = await reached({ ...server.access, hostKey: wrong });
  expect(failure).toMatchObject({ failure: 'host-key', message: expect.stringContaining(fingerprint) });
  expect(failure!.message).toContain(wrong);
});

test('a key that changes while a backup is open is a hard stop at the next connection', async () => {
  const own = await Sshd.started();
  try {
    const target = new SftpTarget({ ...own.address, path: root }, own.access);
    expect(await target.reachable()).toBeUndefined();
    await own.stop();
    own.makeKey('host');
    await own.start();
    let failure = await target.reachable();
    // The connection that ended may be noticed by this call.
    if (failure?.failure !== 'host-key') failure = await target.reachable();
    expect(failure).toMatchObject({ failure: 'host-key' });
    expect(await target.read('a')).toMatchObject({ failure: 'unreadable' });
  } finally {
    await own.remove();
  }
});

test('keys that cannot be used are told by name, and nothing of them is', async () => {
  const file = join(server.folder, 'locked');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 's3cret', '-f', file]);
  const said = async (key: string) => (await reached({ ...server.access, key }))?.message ?? '';
  expect(await said(file)).toMatch(/locked cannot be used: it has a passphrase/);
  expect(await said(join(server.folder, 'nowhere'))).toMatch(
    /nowhere cannot be used: it cannot be read \(ENOENT\)/,
  );
  const stranger = join(server.folder, 'other-ed25519');
  expect(await said(stranger)).toMatch(/is not let in/);
  chmodSync(stranger, 0o644);
  expect(await said(stranger)).toMatch(/chmod 600/);
  rmSync(stranger);
});

/** With other variables of the environment, until it ends. */
async function within(changed: Record<string, string>, work: () => Promise<void>): Promise<void> {
  const before = { ...process.env };
  Object.assign(process.env, changed);
  try {
    await work();
  } finally {
    for (const name of Object.keys(changed)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

/** With an agent of its own, by what adds a key to it. */
async function withAgent(work: (add: (key: string) => void) => Promise<void>): Promise<void> {
  const socket = join(server.folder, `agent-${count++}`);
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    await once(agent.stdout, 'data');
    const env = { ...process.env, SSH_AUTH_SOCK: socket };
    await within({ SSH_AUTH_SOCK: socket }, () =>
      work(key => expect(spawnSync('ssh-add', [key], { env }).status).toBe(0)),
    );
  } finally {
    agent.kill();
  }
}

test('an agent’s key lets in, and none is asked for where a key is named', async () => {
  await withAgent(async add => {
    const { knownHosts } = server.access;
    expect((await reached({ knownHosts }))?.failure).toBe('root-missing');
    add(server.access.key!);
    expect(await reached({ knownHosts })).toBeUndefined();
    expect(await reached({ knownHosts, key: join(server.folder, 'other-ecdsa') })).toMatchObject({
      message: expect.stringContaining('is not let in'),
    });
  });
});

test('an agent that is gone stops no key that lies where ssh looks, and is told where none lets in', async () => {
  const home = join(server.folder, 'home');
  const { knownHosts, key } = server.access;
  const mine = join(home, '.ssh/id_ed25519');
  mkdirSync(join(home, '.ssh'), { recursive: true });
  await within({ HOME: home, SSH_AUTH_SOCK: join(server.folder, 'no-agent') }, async () => {
    expect(await reached({ knownHosts })).toMatchObject({
      failure: 'root-missing',
      message: expect.stringMatching(/is not let in .*; the agent cannot be used \(.*\)$/),
    });
    copyFileSync(key!, mine);
    chmodSync(mine, 0o600);
    expect(await reached({ knownHosts })).toBeUndefined();
  });
});

test('an agent with more keys than the server lets be tried: one is to be named', async () => {
  await withAgent(async add => {
    for (let at = 0; at < 8; at++) {
      const file = join(server.folder, `many-${at}`);
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
      add(file);
    }
    const { knownHosts } = server.access;
    expect(await reached({ knownHosts })).toMatchObject({
      failure: 'root-missing',
      message: expect.stringMatching(/is not let in \(Too many authentication failures\)$/),
      hint: expect.stringContaining('`key:`'),
    });
  });
});

test('a file of known hosts that cannot be read is a failure that names it, and nothing is sent', async () => {
  const folder = join(server.folder, 'a-folder');
  mkdirSync(folder);
  const access = { ...server.access, knownHosts: [server.knownHosts, folder] };
  expect(await reached(access)).toMatchObject({
    failure: 'host-key',
    message: expect.stringContaining(`${folder} cannot be read (EISDIR)`),
    hint: expect.stringContaining('known-hosts'),
  });
});

test('what stops a connection is never taken for “nothing is there”', async () => {
  const error = Object.assign(new Error('x'), { code: 'ENOENT' });
  expect(unreached(server.address, error).code).toBe('ECONNRESET');
  expect(unreached(server.address, Object.assign(error, { code: 'ENOTFOUND' })).code).toBe('ENOTFOUND');
  // A server's own reason is a number.
  expect(unreached(server.address, Object.assign(error, { code: 2 }))).toMatchObject({
    code: 'ECONNRESET',
    failure: { message: expect.stringMatching(/cannot be reached \(x\)$/) },
  });
});

test('whoever comes with another access ends the connection, and what was done through it stays lost', async () => {
  const home = `epoch-1/${'a'.repeat(24)}`;
  mkdirSync(join(root, '.warmspare/pair/epoch-1'), { recursive: true });
  const named = join(serverName(server.address), root, '.warmspare/pair', home);
  const disk = openServer(server.address, server.access);
  await disk.mkdir(named);
  expect(disk.hasLost(named)).toBe(false);
  const pinned = { ...server.access, knownHosts: [...server.access.knownHosts, join(server.folder, 'none')] };
  const other = openServer(server.address, pinned);
  for (const each of [disk, other]) {
    expect(each.hasLost(named)).toBe(true);
    await each.judge();
    expect(each.hasLost(named)).toBe(true);
  }
});

test('a connection that is being made with an access that is exchanged meanwhile is not kept', async () => {
  const disk = openServer(server.address, server.access);
  const wrong = { ...server.access, hostKey: `SHA256:${'A'.repeat(43)}` };
  openServer(server.address, { ...server.access, knownHosts: [...server.access.knownHosts, 'none'] });
  const early = disk.judge().catch(error => error);
  openServer(server.address, wrong);
  expect(await early).toMatchObject({ code: 'ECONNRESET' });
  await expect(disk.judge()).rejects.toMatchObject({ code: 'EHOSTKEY' });
});

test.each(['rsa', 'ecdsa'])('keys of type %s, the server’s and the user’s', async type => {
  const own = await Sshd.started({ keys: type });
  try {
    expect(await reached(own.access, own)).toBeUndefined();
    const [, fingerprint = ''] = execFileSync('ssh-keygen', ['-lf', join(own.folder, 'host.pub')], {
      encoding: 'utf8',
    }).split(' ');
    expect(await reached({ ...own.access, hostKey: fingerprint }, own)).toBeUndefined();
  } finally {
    await own.remove();
  }
});

test.each(['posix-rename', 'hardlink', 'fsync'])(
  'a server without %s is refused by name',
  async extension => {
    const lacks = await Sshd.started({ subsystem: `/usr/lib/openssh/sftp-server -P ${extension}` });
    try {
      const failure = await reached(lacks.access, lacks);
      expect(failure).toMatchObject({
        failure: 'unsupported',
        message: expect.stringContaining(`${extension}@openssh.com`),
        hint: expect.stringContaining('-P'),
      });
    } finally {
      await lacks.remove();
    }
  },
);

test('a server that is not there, and one without the folder, are told', async () => {
  const gone = await Sshd.started();
  await gone.stop();
  expect(await reached(gone.access, gone)).toMatchObject({
    failure: 'root-missing',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  await gone.remove();
  const nowhere = new SftpTarget({ ...server.address, path: join(root, 'nowhere') }, server.access);
  expect(await nowhere.reachable()).toMatchObject({
    failure: 'root-missing',
    message: `sftp://${server.address.user}@127.0.0.1:${server.port}${root}/nowhere does not exist`,
  });
});
