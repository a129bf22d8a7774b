import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { word } from '../../src/cluster/engine.ts';
import { runs } from '../runs.ts';
import { bytes, Seen, text } from './seen.ts';
import { asked, fresh, HANG_MS, type World } from './world.ts';

export function talkContract(world: () => World): void {
  describe('messages', () => {
    test('everybody who listens hears what one says, in order, and byte for byte', async () => {
      const [one, other] = [await world().join('a'), await world().join('b')];
      const topic = fresh('beat');
      const heard = [new Seen<string>(), new Seen<string>(), new Seen<string>()];
      other.hear(topic, said => heard[0]!.add(Buffer.from(said).toString('hex')));
      other.hear(topic, said => heard[1]!.add(Buffer.from(said).toString('hex')));
      one.hear(topic, said => heard[2]!.add(Buffer.from(said).toString('hex')));
      await heardOf(one, other, topic, heard);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1 }), async messages => {
          const before = heard.map(seen => seen.all.length);
          for (const message of messages) one.say(topic, message);
          for (const [at, seen] of heard.entries()) {
            await seen.count(before[at]! + messages.length);
            expect(seen.all.slice(before[at])).toEqual(
              messages.map(said => Buffer.from(said).toString('hex')),
            );
          }
        }),
        runs(10),
      );
    });

    test('.* is one word, and the topic is told', async () => {
      const [one, other] = [await world().join('a'), await world().join('b')];
      const base = fresh('beat');
      const all = new Seen<string>();
      const stop = other.hear(`${base}.*`, (_, topic) => all.add(topic));
      await heardOf(one, other, base, []);
      const odd = `${base}.${word('a.b c')}`;
      for (const topic of [`${base}.x`, `${base}.x.y`, base, `${base}x.y`, odd]) one.say(topic, bytes('?'));
      await all.count(2);
      expect(all.all).toEqual([`${base}.x`, odd]);
      stop();
      const late = new Seen<string>();
      other.hear(`${base}.*`, (_, topic) => late.add(topic));
      await heardOf(one, other, base, []);
      one.say(`${base}.z`, bytes('?'));
      await late.count(1);
      expect(all.all).toHaveLength(2);
    });

    test('no listener is called from within the call that caused it', async () => {
      const one = await world().join('a');
      const topic = fresh('self');
      let within = false;
      const seen = new Seen<boolean>();
      one.hear(topic, () => seen.add(within));
      await heardOf(one, one, topic, []);
      within = true;
      one.say(topic, bytes('now'));
      within = false;
      await seen.until(all => all.length > 0);
      expect(seen.all).not.toContain(true);
    });

    test('a question is answered by whoever answers it', async () => {
      const [one, other] = [await world().join('a'), await world().join('b')];
      const topic = fresh('ask');
      const stop = other.answer(topic, async question => bytes(`${text(question)}!`));
      await heardOf(one, other, topic, []);
      const answers = await Promise.all(
        ['one', 'two', ''].map(question => one.ask(topic, bytes(question), HANG_MS)),
      );
      expect(answers.map(text)).toEqual(['one!', 'two!', '!']);
      stop();
      await heardOf(one, other, topic, []);
      expect(await one.ask(topic, bytes('three'), HANG_MS)).toBeUndefined();
    });

    test('nobody there, no answer in time, and a handler that fails are one thing: undefined', async () => {
      const [one, other] = [await world().join('a'), await world().join('b')];
      const [silent, failing] = [fresh('ask'), fresh('ask')];
      other.answer(silent, () => new Promise(() => undefined));
      other.answer(failing, () => Promise.reject(new Error('no')));
      await heardOf(one, other, silent, []);
      expect(await one.ask(fresh('nobody'), bytes('?'), HANG_MS)).toBeUndefined();
      expect(await one.ask(silent, bytes('?'), 100)).toBeUndefined();
      expect(await one.ask(failing, bytes('?'), 100)).toBeUndefined();
    });
  });
}

/**
 * Listening reaches a server a moment after it began. What a member asks over the same way comes after it, so
 * that an answer tells that all before it is in force; whatever was heard of it is forgotten.
 */
async function heardOf(
  one: Awaited<ReturnType<World['join']>>,
  other: Awaited<ReturnType<World['join']>>,
  topic: string,
  heard: readonly Seen<string>[],
): Promise<void> {
  const sync = `${topic}-${fresh('sync')}`;
  const stop = other.answer(sync, async question => question);
  await asked(one, sync);
  stop();
  for (const seen of heard) seen.all.length = 0;
}
