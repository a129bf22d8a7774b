import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/cluster/engine.ts';
import type { NatsServer } from '../../support/nats.ts';
import { opened } from '../nats-world.ts';
import { ids, inOrder, Publisher } from '../publisher.ts';
import { Seen } from '../seen.ts';
import { Followed, untilContact, Watched } from '../world.ts';
import { LAB, Lab } from './lab.ts';
import { withThree } from './three.ts';

const PORT = '5005';
const ENDS = {
  listens: `require('net').createServer(end => { process.stdin.pipe(end).pipe(process.stdout); }).listen(${PORT}, process.argv[1], () => console.log('ready'))`,
  connects: `const end = require('net').connect(${PORT}, process.argv[1], () => console.log('ready')); process.stdin.pipe(end).pipe(process.stdout)`,
};

/** One end of a connection, on a host: says what it is given, and tells what it hears. */
class End {
  readonly heard = new Seen<string>();
  private readonly child: ChildProcess;

  constructor(lab: Lab, host: string, does: keyof typeof ENDS, address: string) {
    const [first, ...words] = [...lab.on(host), process.execPath, '-e', ENDS[does], address];
    this.child = spawn(first!, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdout!.on('data', text => this.heard.add(String(text)));
  }

  say(text: string): void {
    this.child.stdin!.write(text);
  }

  hears(text: string): Promise<void> {
    return this.heard.until(all => all.join('').includes(text));
  }

  async end(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}

describe.runIf(LAB)('hosts of our own', () => {
  it('lose one way alone, silently, and what was lost comes when it is over', async () => {
    const lab = new Lab(['a', 'b']);
    const listener = new End(lab, 'b', 'listens', lab.address('b'));
    const ends = [listener];
    try {
      await listener.hears('ready');
      const connector = new End(lab, 'a', 'connects', lab.address('b'));
      ends.push(connector);
      await connector.hears('ready');
      connector.say('before');
      await listener.hears('before');
      lab.lose('a', 'b');
      connector.say('lost');
      for (const text of ['one', 'two']) {
        listener.say(text);
        await connector.hears(text);
      }
      expect(listener.heard.all.join('')).not.toContain('lost');
      lab.heal();
      await listener.hears('lost');
    } finally {
      for (const end of ends) await end.end();
      lab.remove();
    }
  });

  it('are gone afterwards', async () => {
    const lab = new Lab(['a']);
    const [ip, ...words] = lab.on('a');
    lab.remove();
    const [exit] = await once(spawn(ip!, [...words, 'true'], { stdio: 'ignore' }), 'exit');
    expect(exit).not.toBe(0);
  });
});

/** Engines of members, each at the server that it names first, closed whatever happens. */
async function members(
  work: (join: (node: string, servers: readonly NatsServer[]) => Promise<Engine>) => Promise<void>,
): Promise<void> {
  const engines: Engine[] = [];
  try {
    await work(async (node, servers) => {
      const engine = await opened({ servers: servers.map(({ url }) => url), node });
      engines.push(engine);
      const watched = new Watched(engine.table('routes'));
      await watched.current();
      watched.stop();
      return engine;
    });
  } finally {
    await Promise.all(engines.map(engine => engine.close()));
  }
}

describe.runIf(LAB)('three servers on hosts of their own', () => {
  it('the one that leads is cut off, then all are killed: what was acknowledged is there, in order', async () => {
    await withThree(three =>
      members(async join => {
        await join('nas0', three.servers);
        const leader = await three.leader();
        // Whoever is at a server that is alone writes nothing until it is not, and reads what is old.
        const others = three.servers.filter(server => server !== leader);
        const publisher = new Publisher(await join('nas1', others));
        const followed = new Followed(await join('nas2', others), 'pair');
        const alone = new Followed(await join('nas3', [leader]), 'pair');
        await publisher.publish(ids(5));
        await alone.count(5);
        three.lab.part([three.hostOf(leader)]);
        const from = performance.now();
        await publisher.publish(ids(5, 5));
        console.log(`written again ${(performance.now() - from).toFixed(0)} ms after the leader was cut off`);
        expect(alone.all).toHaveLength(5);
        three.lab.heal();
        await publisher.publish(ids(5, 10));
        await three.killAll();
        await three.start();
        await publisher.publish(ids(5, 15));
        for (const reader of [followed, alone]) {
          await reader.until(all => all.at(-1)?.id === 'm19');
          expect(inOrder(reader)).toEqual(publisher.acknowledged.all);
        }
        // Whoever runs several servers of Debian 12 is told what they may do.
        const reported = new Seen<string>();
        const told = await opened({ servers: three.urls, report: reported.add });
        await untilContact(told, 'there');
        await told.close();
        const { version } = (await three.servers[0]!.monitor('varz'))!;
        expect(reported.all.some(what => what.startsWith(`nats-server ${version} is one of several`))).toBe(
          String(version).startsWith('2.9.'),
        );
      }),
    );
  });
});
