import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEngine } from '../../src/cluster/open.ts';
import { readSecrets } from '../../src/cluster/secrets.ts';
import type { ClusterConfig } from '../../src/config/config.ts';
import { isFailure } from '../../src/core/failure.ts';
import { NatsServer } from '../support/nats.ts';
import { certificates } from './certificates.ts';
import { bytes, Seen, text } from './seen.ts';
import { put, untilContact } from './world.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'warmspare-secrets-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const AT = { file: '/w/warmspare.yaml', line: 22, column: 5 };

function file(name: string, content: string | Uint8Array, mode = 0o600) {
  const path = join(folder, name);
  rmSync(path, { force: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
  return { path, source: AT };
}

function cluster(more: Partial<ClusterConfig>): ClusterConfig {
  return {
    engine: 'nats',
    servers: ['nats://127.0.0.1:1'],
    name: 'test',
    labels: [],
    weight: 1,
    source: AT,
    ...more,
  };
}

function read(more: Partial<ClusterConfig>) {
  const secrets = readSecrets(cluster(more));
  if (Array.isArray(secrets)) throw new Error(secrets[0]?.message);
  return secrets;
}

/** The one thing that is wrong; it names the place in the configuration, what to do, and nothing that is secret. */
function wrong(more: Partial<ClusterConfig>): string {
  const failures = readSecrets(cluster(more));
  if (!Array.isArray(failures)) throw new Error('it was accepted');
  expect(failures).toHaveLength(1);
  expect(failures[0]).toMatchObject({ failure: 'config-invalid', at: AT, hint: expect.any(String) });
  return failures[0]!.message;
}

const SEED = new TextDecoder().decode(nkeys.createUser().getSeed());
const CREDS = [
  '-----BEGIN NATS USER JWT-----',
  'eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.e30.c2ln',
  '------END NATS USER JWT------',
  '',
  '-----BEGIN USER NKEY SEED-----',
  SEED,
  '------END USER NKEY SEED------',
  '',
].join('\n');

describe('the key of the cluster', () => {
  const key = randomBytes(32);

  test.each([
    ['base64', key.toString('base64')],
    ['base64 and a line end', `${key.toString('base64')}\n`],
    ['hexadecimal', key.toString('hex')],
    ['hexadecimal in capitals', ` ${key.toString('hex').toUpperCase()}\n`],
  ])('is read from %s', (_, content) => {
    for (const mode of [0o600, 0o400])
      expect(Buffer.compare(read({ key: file('key', content, mode) }).key!, key)).toBe(0);
  });

  test.each([0o640, 0o604, 0o620, 0o644, 0o610, 0o700])('is refused with the mode %o', mode => {
    expect(wrong({ key: file('key', key.toString('base64'), mode) })).toContain('others than its owner');
  });

  test.each([
    ['31 bytes', key.subarray(1).toString('base64')],
    ['33 bytes', Buffer.concat([key, key.subarray(0, 1)]).toString('base64')],
    ['nothing', ''],
    ['two keys', `${key.toString('hex')}\n${key.toString('hex')}`],
    ['raw bytes', key.toString('latin1')],
  ])('is refused where the file holds %s, and nothing of it is shown', (_, content) => {
    const message = wrong({ key: file('key', content) });
    expect(message).toContain('32 bytes');
    if (content !== '') expect(message).not.toContain(content.slice(0, 8));
  });
});

describe('the credentials', () => {
  test('are a .creds file or a seed', () => {
    expect(read({ credentials: file('creds', CREDS) }).credentials).toMatchObject({ kind: 'creds' });
    for (const content of [SEED, `# of nas1\n${SEED}\n`]) {
      const { credentials } = read({ credentials: file('seed', content) });
      expect([credentials?.kind, text(credentials?.bytes)]).toEqual(['seed', SEED]);
    }
  });

  test.each([
    ['no seed', 'hello', 'no seed'],
    [
      'a seed with a letter changed',
      SEED.replace(/^(SU.{20})(.)/, (_, head, one) => head + (one === 'A' ? 'B' : 'A')),
      'no seed',
    ],
    ['the seed of an account', SEED.replace('SU', 'SA'), 'no seed'],
    ['more than a seed', `${SEED}\nand more`, 'more than a seed'],
  ])('are refused where the file holds %s', (_, content, message) => {
    expect(wrong({ credentials: file('seed', content) })).toContain(message);
  });
});

describe('a file', () => {
  test('that is missing, a folder or a pipe nobody writes to is told', () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const pipe = { path: join(folder, 'pipe'), source: AT };
    expect(wrong({ key: { path: join(folder, 'nowhere'), source: AT } })).toContain('ENOENT');
    expect(wrong({ credentials: { path: folder, source: AT } })).toContain('not a file');
    expect(wrong({ key: pipe })).toContain('not a file');
  });

  test('all that is wrong comes at once', () => {
    const nowhere = { path: join(folder, 'nowhere'), source: AT };
    const failures = readSecrets(
      cluster({ credentials: nowhere, key: nowhere, tls: { ca: nowhere, cert: nowhere, key: nowhere } }),
    );
    expect(Array.isArray(failures) && failures.length).toBe(5);
  });
});

describe('an engine as the configuration asks for it', () => {
  test('embedded: within the process', async () => {
    for (const config of [undefined, cluster({ engine: 'embedded' })]) {
      const engine = await openEngine(config, 'nas1', () => undefined);
      if (Array.isArray(engine)) throw new Error(engine[0]?.message);
      expect(engine.title).toBe('embedded');
      await engine.close();
    }
  });

  test('nats: with TLS both ways, nkeys, and sealed with the key; others are refused or read nothing', async () => {
    const pem = certificates(folder);
    const user = nkeys.createUser();
    const server = await NatsServer.started({
      lines: [
        `tls: {cert_file: "${pem.server.cert}", key_file: "${pem.server.key}", ca_file: "${pem.ca}", verify: true}`,
        `authorization: {users: [{nkey: ${user.getPublicKey()}}]}`,
      ],
    });
    const named = (path: string) => ({ path, source: AT });
    const right = cluster({
      servers: [server.url],
      credentials: file('nas1.seed', new TextDecoder().decode(user.getSeed())),
      tls: { ca: named(pem.ca), cert: named(pem.member.cert), key: named(pem.member.key) },
      key: file('one.key', randomBytes(32).toString('hex')),
    });
    const reports: string[] = [];
    const open = async (config: ClusterConfig) => {
      const engine = await openEngine(config, 'nas1', what => reports.push(what));
      if (Array.isArray(engine)) throw new Error(engine[0]?.message);
      return engine;
    };
    const member = await open(right);
    const stranger = await open({ ...right, key: file('other.key', randomBytes(32).toString('hex')) });
    try {
      await untilContact(member, 'there');
      const current = new Seen<string>();
      member.table('routes').watch({ entry: () => undefined, current: () => current.add('') });
      await current.count(1);
      await put(member.table('routes'), 'task', 'of nas1');
      expect(text((await member.table('routes').get('task'))?.value)).toBe('of nas1');
      expect((await stranger.table('routes').get('task'))?.value).toBeUndefined();
      expect(reports).toEqual(['table routes task does not open with the key of this cluster: dropped']);
      const refused = async (more: Partial<ClusterConfig>) => {
        const engine = await openEngine(cluster({ ...right, ...more }), 'nas1', () => undefined);
        if (!Array.isArray(engine)) {
          await engine.close();
          throw new Error('it was accepted');
        }
        expect(engine.every(isFailure)).toBe(true);
        expect(engine[0]).toMatchObject({ failure: 'config-invalid', at: AT });
        return engine[0]!.message;
      };
      const foreign = new TextDecoder().decode(nkeys.createUser().getSeed());
      expect(await refused({ credentials: file('foreign.seed', foreign) })).toContain('refuses these');
      expect(await refused({ tls: { ca: named(pem.stranger) } })).toContain('no trusted connection');
      expect(
        await refused({ tls: { ca: right.tls!.ca!, cert: right.tls!.cert!, key: named(pem.server.key) } }),
      ).toContain("not the certificate's");
    } finally {
      await member.close();
      await stranger.close();
      await server.remove();
    }
  });

  test('with a file that is wrong it is not opened at all', async () => {
    const failures = await openEngine(cluster({ key: file('key', bytes('x')) }), 'nas1', () => undefined);
    expect(Array.isArray(failures) && failures[0]?.message).toContain('32 bytes');
  });
});
