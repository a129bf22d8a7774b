import { describe, expect, it } from 'vitest';
import type { Contact, Engine } from '../../../src/cluster/engine.ts';
import { NatsServer } from '../../support/nats.ts';
import { opened } from '../nats-world.ts';
import { bytes, Seen } from '../seen.ts';
import { put, untilContact } from '../world.ts';
import { Relay, type Way } from './relay.ts';

/** A server that answers nothing is dead to a member after two pings: 1.2 to 1.8 s, and what this machine adds. */
const NOTICED_MS = 4_000;
/** A cut is told at once. */
const TOLD_MS = 1_000;

interface Joined {
  readonly relay: Relay;
  readonly member: Engine;
  /** Another member, that nothing happens to. */
  readonly other: Engine;
}

async function joined(work: (joined: Joined) => Promise<void>): Promise<void> {
  const server = await NatsServer.started();
  const relay = await Relay.to(server);
  const engines: Engine[] = [];
  try {
    for (const [node, url] of [
      ['nas1', relay.url],
      ['nas2', server.url],
    ] as const) {
      const engine = await opened({ servers: [url], node });
      engines.push(engine);
      await untilContact(engine, 'there');
    }
    const [member, other] = engines as [Engine, Engine];
    await work({ relay, member, other });
  } finally {
    await Promise.all(engines.map(engine => engine.close()));
    await relay.close();
    await server.remove();
  }
}

/** How long it takes until the member is told so, in milliseconds. */
async function took(work: () => void, member: Engine, is: Contact['is']): Promise<number> {
  const from = performance.now();
  work();
  await untilContact(member, is);
  return performance.now() - from;
}

async function hears(from: Engine, to: Engine): Promise<void> {
  const heard = new Seen<string>();
  const stop = to.hear('beat.*', (_, topic) => heard.add(topic));
  // Until the server knows of the listener, what is said is lost.
  while (heard.all.length === 0) {
    from.say('beat.one', bytes('x'));
    await new Promise(done => setImmediate(done));
  }
  stop();
}

describe('a relay between a member and a real server', () => {
  it('cut: the member is told at once, and nothing goes; healed, all is well', async () => {
    await joined(async ({ relay, member, other }) => {
      await hears(member, other);
      expect(await took(() => relay.cut(), member, 'lost')).toBeLessThan(TOLD_MS);
      expect((await member.table('routes').put('k', bytes('x'), undefined)).is).toBe('unknown');
      expect(relay.count).toBe(0);
      await took(() => relay.heal(), member, 'there');
      await put(member.table('routes'), 'healed', 'x');
      await hears(other, member);
    });
  });

  it.each<Way>(['out', 'in'])('loss one way (%s): noticed by the pings, and over when it is', async way => {
    await joined(async ({ relay, member, other }) => {
      const noticed = await took(() => relay.lose(way), member, 'lost');
      console.log(`loss one way (${way}): noticed after ${noticed.toFixed(0)} ms`);
      expect(noticed).toBeLessThan(NOTICED_MS);
      // The other one notices nothing of it.
      await put(other.table('routes'), 'meanwhile', 'x');
      await took(() => relay.heal(), member, 'there');
      await put(member.table('routes'), 'healed', 'x');
      await hears(member, other);
      await hears(other, member);
    });
  });

  it('a stall that is over soon loses nothing, and contact is there all the time', async () => {
    await joined(async ({ relay, member, other }) => {
      const contacts = new Seen<Contact>();
      member.contact(contacts.add);
      await contacts.count(1);
      const heard = new Seen<string>();
      other.hear('beat.*', (_, topic) => heard.add(topic));
      await hears(member, other);
      const before = heard.all.length;
      relay.stall();
      member.say('beat.stalled', bytes('x'));
      const answer = member.table('routes').get('nothing');
      await put(other.table('routes'), 'meanwhile', 'x');
      expect(heard.all.slice(before)).not.toContain('beat.stalled');
      relay.heal();
      await heard.until(all => all.includes('beat.stalled'));
      expect(await answer).toBeUndefined();
      expect(contacts.all).toEqual([{ is: 'there' }]);
    });
  });

  it('a longer one is noticed', async () => {
    await joined(async ({ relay, member }) => {
      expect(await took(() => relay.stall(), member, 'lost')).toBeLessThan(NOTICED_MS);
      await took(() => relay.heal(), member, 'there');
    });
  });
});
