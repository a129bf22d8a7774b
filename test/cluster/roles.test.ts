import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connect,
  headers,
  type NatsConnection,
  nkeyAuthenticator,
  nkeys,
  PermissionViolationError,
} from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/cluster/engine.ts';
import { openNats } from '../../src/cluster/nats/engine.ts';
import { isFailure } from '../../src/core/failure.ts';
import { NatsServer } from '../support/nats.ts';
import { certificates } from './certificates.ts';
import { bytes, Seen, text } from './seen.ts';
import { asked, Followed, publishAll, put, revisionOf, Watched } from './world.ts';

/** The shipped example, which is what is tested here. */
const EXAMPLE = readFileSync(new URL('../../etc/nats/nats.conf', import.meta.url), 'utf8');

const ROLES = { coordinator: 'nas3', worker: 'nas2', capture: 'nas1' } as const;
type Role = keyof typeof ROLES;
const ALL: readonly Role[] = ['coordinator', 'worker', 'capture'];

const folder = mkdtempSync(join(tmpdir(), 'warmspare-roles-'));
const pem = certificates(folder);
const keys = Object.fromEntries(ALL.map(role => [role, nkeys.createUser()]));
const tls = {
  ca: readFileSync(pem.ca, 'utf8'),
  cert: readFileSync(pem.member.cert, 'utf8'),
  key: readFileSync(pem.member.key, 'utf8'),
};
let server: NatsServer;
const engines = {} as Record<Role, Engine>;
const raw = {} as Record<Role, NatsConnection>;
const reports: string[] = [];

beforeAll(async () => {
  server = await NatsServer.make();
  let text = EXAMPLE.replace('0.0.0.0:4222', `127.0.0.1:${server.port}`)
    .replace('/var/lib/nats', server.store)
    .replace('/etc/nats/tls/server.pem', pem.server.cert)
    .replace('/etc/nats/tls/server.key', pem.server.key)
    .replace('/etc/nats/tls/ca.pem', pem.ca);
  for (const role of ALL)
    text = text.replace(new RegExp(`^${role}_key: U.*$`, 'm'), `${role}_key: ${keys[role]!.getPublicKey()}`);
  writeFileSync(join(server.folder, 'nats.conf'), text);
  await server.start();
  // The one that may make the streams comes last: the others wait for it.
  for (const role of [...ALL].reverse()) {
    const engine = await openNats({
      servers: [server.url],
      name: 'warmspare',
      node: ROLES[role],
      credentials: { kind: 'seed', bytes: keys[role]!.getSeed() },
      tls,
      report: what => reports.push(`${role}: ${what}`),
    });
    if (isFailure(engine)) throw new Error(engine.message);
    engines[role] = engine;
    raw[role] = await connect({
      servers: server.url,
      tls,
      authenticator: nkeyAuthenticator(keys[role]!.getSeed()),
      inboxPrefix: `_INBOX.${ROLES[role]}`,
    });
  }
  const watched = new Watched(engines.coordinator.table('routes'));
  await watched.current();
  watched.stop();
});

afterAll(async () => {
  await Promise.all([...Object.values(engines), ...Object.values(raw)].map(one => one.close()));
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Whether the server lets that role write there; not whether what is written makes sense. */
async function mayWrite(role: Role, subject: string): Promise<boolean> {
  try {
    await raw[role].request(subject, bytes('x'), { timeout: 5000 });
  } catch (error) {
    const cause = (error as Error).cause;
    if (error instanceof PermissionViolationError || cause instanceof PermissionViolationError) return false;
    // Core messages have nobody who answers.
  }
  return true;
}

const STREAMS = ['KV_warmspare-members', 'KV_warmspare-coordinator', 'KV_warmspare-routes'].concat([
  'warmspare-changes',
  'warmspare-texts',
]);

/** What some may write, and who. */
const WRITES: readonly (readonly [subject: string, ...roles: Role[]])[] = [
  ['$KV.warmspare-routes.task', 'coordinator'],
  ['$KV.warmspare-coordinator.lease', 'coordinator'],
  ['$KV.warmspare-members.nas3', 'coordinator'],
  ['$KV.warmspare-members.nas2', 'worker'],
  ['$KV.warmspare-members.nas1', 'capture'],
  ['warmspare.said.heartbeat.nas3', 'coordinator'],
  ['warmspare.said.heartbeat.nas2', 'worker'],
  ['warmspare.said.heartbeat.nas1', 'capture'],
  ['warmspare.said.progress.nas2', 'worker'],
  ['warmspare.said.progress.nas1'],
  ['warmspare.said.inquire.nas3', 'coordinator'],
  ['warmspare.said.inquire.nas2'],
  ['warmspare.said.order.nas3', 'coordinator', 'worker'],
  ['warmspare.said.status.nas2', 'coordinator', 'worker', 'capture'],
  ['warmspare.said.want.nas1-to-nas2', 'worker'],
  ['warmspare.said.seen.nas1-to-nas2', 'capture'],
  ['warmspare.said.seen.other'],
  ['$KV.warmspare-members.drained.nas2', 'coordinator'],
  ['$KV.warmspare-members.paused.nas1-to-nas2', 'coordinator'],
  ['warmspare.changes.nas1-to-nas2', 'capture'],
  ['warmspare.changes.other'],
  [`warmspare.texts.${'0'.repeat(64)}.all`, 'capture'],
  ['warmspare.other'],
  ['_INBOX.nas1.x'],
  ['$SYS.REQ.SERVER.PING'],
];

/** What nobody may ask of a stream. */
const FORBIDDEN = [
  'STREAM.DELETE',
  'STREAM.PURGE',
  'STREAM.RESTORE',
  'STREAM.SNAPSHOT',
  'STREAM.UPDATE',
].concat(['STREAM.MSG.DELETE', 'CONSUMER.DELETE']);

describe('the rights of the example configuration', () => {
  test.each(WRITES)('%s is written by exactly: %s', async (subject, ...allowed) => {
    for (const role of ALL)
      expect([role, await mayWrite(role, subject)]).toEqual([role, allowed.includes(role)]);
  });

  test.each(FORBIDDEN)('nobody may %s', async what => {
    for (const role of ALL)
      for (const stream of STREAMS)
        expect(
          await mayWrite(role, `$JS.API.${what}.${stream}${what.startsWith('CONSUMER') ? '.x' : ''}`),
        ).toBe(false);
  });

  test('whoever reads a table has one value of it, and nobody has a message of another stream that way', async () => {
    for (const role of ALL)
      for (const stream of STREAMS)
        expect([role, stream, await mayWrite(role, `$JS.API.STREAM.MSG.GET.${stream}`)]).toEqual([
          role,
          stream,
          stream.startsWith('KV_'),
        ]);
  });

  test('only a coordinator makes streams, and only these', async () => {
    for (const role of ALL) {
      for (const stream of STREAMS)
        expect(await mayWrite(role, `$JS.API.STREAM.CREATE.${stream}`)).toBe(role === 'coordinator');
      expect(await mayWrite(role, '$JS.API.STREAM.CREATE.other')).toBe(false);
    }
  });

  test('nobody takes the values of others along with a write of its own', async () => {
    const before = await engines.coordinator.table('members').get('nas3');
    await put(engines.coordinator.table('members'), 'nas3', 'here', before?.revision);
    const rollup = headers();
    rollup.set('Nats-Rollup', 'all');
    const answer = await raw.worker.request('$KV.warmspare-members.nas2', bytes('x'), {
      headers: rollup,
      timeout: 5000,
    });
    expect(JSON.parse(text(answer.data)!).error?.description).toMatch(/rollup/);
    expect(text((await engines.worker.table('members').get('nas3'))?.value)).toBe('here');
  });

  test('nobody listens at the inbox of another', async () => {
    const refused = new Seen<unknown>();
    raw.worker.subscribe('_INBOX.nas1.>', { callback: error => refused.add(error) });
    await refused.count(1);
    expect(refused.all[0]).toBeInstanceOf(PermissionViolationError);
  });

  test('and all that each has to do works', async () => {
    const { coordinator, worker, capture } = engines;
    for (const role of ALL) {
      const table = engines[role].table('members');
      const at = (await table.get(ROLES[role]))?.revision;
      revisionOf(await table.put(ROLES[role], bytes(`of ${role}`), at));
    }
    const routes = new Watched(worker.table('routes'));
    await routes.current();
    await put(
      coordinator.table('routes'),
      'pair',
      'nas2',
      (await coordinator.table('routes').get('pair'))?.revision,
    );
    await routes.until(() => routes.known.get('pair') === 'nas2');
    const lease = await coordinator.table('coordinator').get('lease');
    await put(coordinator.table('coordinator'), 'lease', 'nas3', lease?.revision);
    expect(text((await capture.table('routes').get('pair'))?.value)).toBe('nas2');
    expect((await worker.table('routes').put('pair', bytes('me'), undefined)).is).toBe('unknown');
    const followed = new Followed(worker, 'nas1-to-nas2');
    const from = (await capture.log('nas1-to-nas2').last())?.sequence ?? 0;
    await publishAll(capture, 'nas1-to-nas2', ['m0', 'm1'], from);
    await followed.until(all => all.at(-1)?.id === 'm1');
    await capture.texts.put('1'.repeat(64), bytes('text'));
    expect(text(await worker.texts.stored('1'.repeat(64)))).toBe('text');
    const heard = new Seen<string>();
    for (const role of ALL) engines[role].hear('heartbeat.*', (_, topic) => heard.add(topic));
    worker.answer('heartbeat.nas1', async () => bytes('heard'));
    // What a member asks comes after its listening, on the same connection.
    for (const role of ALL) await engines[role].table('members').get(ROLES[role]);
    expect(text(await asked(capture, 'heartbeat.nas1'))).toBe('heard');
    for (const role of ALL) {
      engines[role].say('heartbeat.nas2', bytes('x'));
      engines[role].say(`heartbeat.${ROLES[role]}`, bytes('x'));
    }
    await heard.until(all => all.filter(topic => topic !== 'heartbeat.nas1').length >= 9);
    expect(heard.all.filter(topic => topic === 'heartbeat.nas2')).toHaveLength(6);
    routes.stop();
    followed.stop();
  });

  test('what was forbidden was told for the log, once', () => {
    expect(reports).toContain('worker: the server forbids this member to write to $KV.warmspare-routes.pair');
    expect(new Set(reports).size).toBe(reports.length);
  });
});
