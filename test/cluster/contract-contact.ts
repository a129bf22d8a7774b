import { describe, expect, test } from 'vitest';
import type { Contact } from '../../src/cluster/engine.ts';
import { bytes, Seen } from './seen.ts';
import {
  asked,
  Followed,
  fresh,
  HANG_MS,
  publishAll,
  put,
  revisionOf,
  untilContact,
  Watched,
  type World,
} from './world.ts';

export function contactContract(world: () => World): void {
  describe('contact', () => {
    test('is told at the beginning, when it is lost with the reason, and when it is found', async () => {
      const member = await world().join('a');
      const seen = new Seen<Contact>();
      const stop = member.contact(seen.add);
      await seen.count(1);
      expect(seen.all).toEqual([{ is: 'there' }]);
      await world().lose();
      await seen.until(all => all.at(-1)?.is === 'lost');
      expect(seen.all.flatMap(contact => (contact.is === 'lost' ? [contact.why] : []))).not.toContain('');
      await world().find();
      await seen.until(all => all.at(-1)?.is === 'there');
      stop();
      expect(member.title).not.toBe('');
    });

    test('without it nothing is said to be written, and nothing waits', async () => {
      const member = await world().join('a');
      const [key, relationship] = [fresh('k'), fresh('pair')];
      const revision = await put(member.table('routes'), key, 'one');
      await world().lose();
      expect((await member.table('routes').put(key, bytes('two'), revision)).is).toBe('unknown');
      expect((await member.log(relationship).publish('id', bytes('x'), 0)).is).toBe('unknown');
      await expect(member.table('routes').get(key)).rejects.toThrow();
      await expect(member.log(relationship).last()).rejects.toThrow();
      await expect(member.texts.put('0'.repeat(64), bytes('x'))).rejects.toThrow();
      await expect(member.texts.get('0'.repeat(64))).rejects.toThrow();
      expect(await member.ask(fresh('ask'), bytes('?'), HANG_MS)).toBeUndefined();
      member.say(fresh('said'), bytes('into the void'));
      await world().find();
      const again = await retried(() => member.table('routes').put(key, bytes('three'), revision));
      expect(again.is).toBe('written');
    });

    test('a watch tells all anew and is current again; a follower goes on without doubles', async () => {
      const [one, other] = [await world().join('a'), await world().join('b')];
      const [key, relationship] = [fresh('k'), fresh('pair')];
      const revision = await put(one.table('routes'), key, 'before');
      const last = await publishAll(one, relationship, ['m0', 'm1']);
      const watched = new Watched(other.table('routes'));
      const followed = new Followed(other, relationship);
      await watched.current();
      await followed.count(2);
      for (const [round, value] of ['after', 'later'].entries()) {
        const times = watched.all.filter(one => one === 'current').length;
        await world().lose();
        await world().find();
        await watched.current(times + 1);
        expect(watched.known.get(key)).toBe(['before', 'after'][round]);
        const now = (await retried(() => one.table('routes').get(key)))!.revision;
        expect(now).toBeGreaterThanOrEqual(revision);
        await put(one.table('routes'), key, value, now);
        await watched.until(() => watched.known.get(key) === value);
      }
      await publishAll(one, relationship, ['m2', 'm3'], last);
      await followed.until(all => all.at(-1)?.id === 'm3');
      expect(followed.ids).toEqual(['m0', 'm1', 'm2', 'm3']);
      watched.stop();
      followed.stop();
    });

    test('what was begun without it comes to its own when it is found', async () => {
      const [one, other] = [await world().join('a'), await world().join('b')];
      const [relationship, topic] = [fresh('pair'), fresh('ask')];
      await publishAll(one, relationship, ['m0']);
      await world().lose();
      const watched = new Watched(other.table('members'));
      const followed = new Followed(other, relationship);
      other.answer(topic, async question => question);
      await world().find();
      await watched.current();
      await followed.count(1);
      expect(followed.ids).toEqual(['m0']);
      await asked(one, topic);
      watched.stop();
      followed.stop();
    });

    test('a closed engine calls nobody, and writes nothing', async () => {
      const [one, other] = [await world().join('a'), await world().join('b')];
      const [topic, relationship] = [fresh('said'), fresh('pair')];
      let closed = false;
      const after = new Seen<string>();
      const note = (what: string) => () => (closed ? after.add(what) : undefined);
      other.contact(note('contact'));
      other.hear(topic, note('heard'));
      other.log(relationship).follow(0, note('followed'));
      other.table('routes').watch({ entry: note('entry'), current: note('current') });
      await other.close();
      closed = true;
      one.say(topic, bytes('x'));
      await publishAll(one, relationship, ['m0']);
      const key = fresh('k');
      await put(one.table('routes'), key, 'x');
      const witness = new Watched(one.table('routes'));
      await witness.until(() => witness.known.has(key));
      witness.stop();
      expect((await other.table('routes').put(fresh('k'), bytes('x'), undefined)).is).toBe('unknown');
      await expect(other.log(relationship).last()).rejects.toThrow();
      expect(after.all).toEqual([]);
      await untilContact(one, 'there');
      revisionOf(await one.table('routes').put(fresh('k'), bytes('x'), undefined));
    });
  });
}

/** A server that has just begun may not have JetStream yet: asks again until it has. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      const came = await work();
      if ((came as { is?: string } | undefined)?.is !== 'unknown') return came;
    } catch {
      // Once more.
    }
    await new Promise(done => setImmediate(done));
  }
}
