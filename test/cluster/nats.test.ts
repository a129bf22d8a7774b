import { describe, expect, test } from 'vitest';
import type { Contact, Engine } from '../../src/cluster/engine.ts';
import { openNats } from '../../src/cluster/nats/engine.ts';
import { isFailure } from '../../src/core/failure.ts';
import { freePort, NatsServer, natsCluster } from '../support/nats.ts';
import { administrator, streamState } from './administrator.ts';
import { engineContract } from './engine-contract.ts';
import { Relay } from './faults/relay.ts';
import { natsWorld, opened } from './nats-world.ts';
import { ids, inOrder, Publisher } from './publisher.ts';
import { bytes, Seen, text } from './seen.ts';
import { asked, Followed, publishAll, put, revisionOf, untilContact, Watched } from './world.ts';

engineContract('NATS JetStream', natsWorld);

/** Runs a test with servers and members, and ends all of them whatever happens. */
async function having(
  servers: readonly NatsServer[],
  work: (join: (node: string) => Promise<Engine>) => Promise<void>,
): Promise<void> {
  const engines: Engine[] = [];
  try {
    await work(async node => {
      const engine = await opened({ servers: servers.map(server => server.url), node });
      engines.push(engine);
      return engine;
    });
  } finally {
    await Promise.all(engines.map(engine => engine.close()));
    await Promise.all(servers.map(server => server.remove()));
  }
}

async function surely<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await new Promise(done => setImmediate(done));
    }
  }
}

describe('the NATS engine, where the server', () => {
  test('is killed again and again: nothing acknowledged is lost, nothing comes twice, all is told anew', async () => {
    const server = await NatsServer.started();
    await having([server], async join => {
      const [one, other] = [await join('nas1'), await join('nas2')];
      const watched = new Watched(other.table('routes'));
      await watched.current();
      const followed = new Followed(other, 'pair');
      const publisher = new Publisher(one);
      const publishing = publisher.publish(ids(60));
      for (let kill = 1; kill <= 3; kill++) {
        await publisher.acknowledged.count(kill * 15);
        // The other one may have found the server before: without contact nothing would be written.
        await untilContact(one, 'there');
        await put(one.table('routes'), `task${kill}`, `kill ${kill}`);
        await server.kill();
        await untilContact(one, 'lost');
        await server.start();
        await watched.current(kill + 1);
      }
      await publishing;
      await followed.until(all => all.at(-1)?.id === 'm59');
      expect(inOrder(followed)).toEqual(publisher.acknowledged.all);
      const late = new Followed(other, 'pair');
      await late.count(60);
      expect(inOrder(late)).toEqual(publisher.acknowledged.all);
      for (const kill of [1, 2, 3]) expect(watched.known.get(`task${kill}`)).toBe(`kill ${kill}`);
    });
  });

  test('hangs: that is noticed, no write is said to be done, and each is there once or not at all', async () => {
    const server = await NatsServer.started();
    await having([server], async join => {
      const [one, other] = [await join('nas1'), await join('nas2')];
      const watched = new Watched(other.table('coordinator'));
      await watched.current();
      const followed = new Followed(other, 'pair');
      const last = await publishAll(one, 'pair', ['m0']);
      await followed.count(1);
      await server.freeze();
      const came = await Promise.all([
        one.table('coordinator').put('lease', bytes('of nas1'), undefined),
        one.log('pair').publish('m1', bytes('of m1'), last),
        untilContact(one, 'lost'),
      ]);
      expect(came.slice(0, 2)).toEqual([
        expect.objectContaining({ is: 'unknown' }),
        expect.objectContaining({ is: 'unknown' }),
      ]);
      server.thaw();
      await untilContact(one, 'there');
      // Whether it was written is found by reading; a second try with the same id is the same message.
      const publisher = new Publisher(one);
      await publisher.publish(['m1', 'm2']);
      await followed.until(all => all.at(-1)?.id === 'm2');
      expect(followed.ids).toEqual(['m0', 'm1', 'm2']);
      const lease = await surely(() => one.table('coordinator').get('lease'));
      expect([undefined, 'of nas1']).toContain(text(lease?.value));
    });
  });

  test('is not there yet: the engine waits for it, and what was begun before comes to its own', async () => {
    const server = await NatsServer.make();
    await having([server], async join => {
      const member = await join('nas1');
      const contacts = new Seen<Contact>();
      member.contact(contacts.add);
      await contacts.count(1);
      expect(contacts.all[0]).toEqual({ is: 'lost', why: expect.stringContaining(String(server.port)) });
      expect((await member.table('routes').put('k', bytes('x'), undefined)).is).toBe('unknown');
      const watched = new Watched(member.table('routes'));
      const followed = new Followed(member, 'pair');
      const heard = new Seen<string>();
      member.hear('beat.*', (_, topic) => heard.add(topic));
      await server.start();
      await watched.current();
      expect(contacts.all.at(-1)).toEqual({ is: 'there' });
      await publishAll(member, 'pair', ['m0']);
      await followed.count(1);
      member.say('beat.nas1', bytes('x'));
      await heard.count(1);
    });
  });

  test.each(['its store was removed', 'its streams were deleted'])(
    'comes back empty (%s): all is made again, what was is told as deleted, and a new log from its beginning',
    async how => {
      const server = await NatsServer.started();
      await having([server], async join => {
        const [one, other] = [await join('nas1'), await join('nas2')];
        const watched = new Watched(other.table('routes'));
        await watched.current();
        await put(one.table('routes'), 'gone', 'x');
        await put(one.table('routes'), 'stays', 'x');
        const followed = new Followed(other, 'pair');
        await publishAll(one, 'pair', ids(5));
        await followed.count(5);
        await watched.until(() => watched.known.size === 2);
        if (how.startsWith('its store')) {
          await server.kill();
          server.empty();
          await untilContact(one, 'lost');
          await server.start();
        } else await deleteStreams(server);
        await watched.current(2);
        expect([...watched.known]).toEqual([]);
        const deleted = watched.all.filter(told => told !== 'current' && told.value === undefined);
        expect(deleted.map(told => told !== 'current' && [told.key, told.revision])).toEqual([
          ['gone', 0],
          ['stays', 0],
        ]);
        expect(await surely(() => one.log('pair').last())).toBeUndefined();
        const publisher = new Publisher(one);
        await publisher.publish(['n0', 'n1']);
        await put(one.table('routes'), 'stays', 'y');
        await watched.until(() => watched.known.get('stays') === 'y');
        await followed.count(7);
        expect(followed.ids).toEqual([...ids(5), 'n0', 'n1']);
        expect(followed.all[5]!.sequence).toBeLessThanOrEqual(followed.all[4]!.sequence);
        await one.texts.put('x', bytes('x'));
      });
    },
  );

  test('lags behind the others, and begins with what was told long ago: nothing comes twice', async () => {
    const server = await NatsServer.started();
    const relay = await Relay.to(server);
    await having([server], async join => {
      const one = await join('nas1');
      const other = await opened({ servers: [relay.url], node: 'nas2' });
      try {
        await publishAll(one, 'pair', ids(5));
        // A server that has not got to the fourth message yet begins where it is.
        relay.edit = text => text.replace('"opt_start_seq":4', '"opt_start_seq":2');
        const followed = new Followed(other, 'pair', 4);
        await followed.until(all => all.at(-1)?.id === 'm4');
        expect(followed.ids).toEqual(['m3', 'm4']);
      } finally {
        await other.close();
        await relay.close();
      }
    });
  });

  test('refuses the credentials, or cannot be trusted: a Failure that says so', async () => {
    const server = await NatsServer.started({ lines: ['authorization: {user: a, password: b}'] });
    await having([server], async () => {
      const refused = await openNats({ servers: [server.url], name: 'test', node: 'nas1' });
      expect(refused).toMatchObject({
        failure: 'config-invalid',
        message: expect.stringContaining(`127.0.0.1:${server.port} refuses`),
        hint: expect.stringContaining('credentials'),
      });
      const untrusted = await openNats({
        servers: [`tls://127.0.0.1:${server.port}`],
        name: 'test',
        node: 'a',
      });
      expect(untrusted).toMatchObject({
        failure: 'config-invalid',
        message: expect.stringContaining('it has no TLS'),
      });
    });
  });

  test('is nowhere at all: the engine is there, without contact, and closes', async () => {
    const engine = await openNats({
      servers: [`nats://127.0.0.1:${await freePort()}`],
      name: 'test',
      node: 'nas1',
    });
    if (isFailure(engine)) throw new Error(engine.message);
    await untilContact(engine, 'lost');
    await engine.close();
  });
});

describe('the NATS engine, of three servers', () => {
  test('where the one that leads dies, no message is lost or doubled', async () => {
    await three(async (servers, one, other) => {
      const followed = new Followed(other, 'pair');
      const publisher = new Publisher(one);
      await publisher.publish(ids(5));
      const { leader, replicas } = await streamState(servers[0]!);
      expect(replicas).toBe(3);
      const dying = servers.find(({ name }) => name === leader)!;
      const publishing = publisher.publish(ids(20, 5));
      await dying.kill();
      await publishing;
      await followed.until(all => all.at(-1)?.id === 'm24');
      expect(inOrder(followed)).toEqual(publisher.acknowledged.all);
      await dying.start();
      revisionOf(await surelyWritten(one));
    });
  });

  test('where one alone is left nothing is written, and members hear each other all the same', async () => {
    await three(async (servers, one, other) => {
      const followed = new Followed(other, 'pair');
      const publisher = new Publisher(one);
      await publisher.publish(ids(3));
      other.answer('beat', async question => question);
      const dead = servers.slice(1);
      await Promise.all(dead.map(server => server.kill()));
      await Promise.all([one, other].map(member => untilContact(member, 'there')));
      expect((await one.table('routes').put('task', bytes('x'), undefined)).is).toBe('unknown');
      for (let beat = 0; beat < 10; beat++) await asked(one, 'beat');
      const publishing = publisher.publish(ids(3, 3));
      await asked(one, 'beat');
      expect(publisher.acknowledged.all).toHaveLength(3);
      await Promise.all(dead.map(server => server.start()));
      await publishing;
      await followed.until(all => all.at(-1)?.id === 'm5');
      expect(inOrder(followed)).toEqual(publisher.acknowledged.all);
    });
  });
});

/** Two members of three servers, when the streams are there. */
async function three(
  work: (servers: readonly NatsServer[], one: Engine, other: Engine) => Promise<void>,
): Promise<void> {
  const servers = await natsCluster();
  await having(servers, async join => {
    const [one, other] = [await join('nas1'), await join('nas2')];
    const watched = new Watched(one.table('routes'));
    await watched.current();
    watched.stop();
    await work(servers, one, other);
  });
}

async function surelyWritten(engine: Engine) {
  for (;;) {
    const written = await engine.table('routes').put('surely', bytes('x'), undefined);
    if (written.is === 'written') return written;
    await untilContact(engine, 'there');
  }
}

function deleteStreams(server: NatsServer): Promise<void> {
  return administrator(server, async manager => {
    for await (const name of manager.streams.names()) await manager.streams.delete(name);
  });
}
