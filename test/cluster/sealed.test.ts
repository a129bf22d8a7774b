import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EmbeddedHub } from '../../src/cluster/embedded/hub.ts';
import { type Engine, SEAL_ADDS } from '../../src/cluster/engine.ts';
import { seal, unseal } from '../../src/cluster/seal.ts';
import { sealed } from '../../src/cluster/sealed.ts';
import { sha256 } from '../../src/connectors/file/digest.ts';
import { runs } from '../runs.ts';
import { embeddedWorld } from './embedded-world.ts';
import { engineContract } from './engine-contract.ts';
import { bytes, Seen, text } from './seen.ts';
import { Followed, fresh, publishAll, put, revisionOf, untilContact, Watched } from './world.ts';

const KEY = randomBytes(32);
const nothing = () => undefined;

engineContract('sealed', async () => {
  const world = embeddedWorld();
  return { ...world, join: async node => sealed(await world.join(node), KEY, nothing) };
});

/** Two members with the key, one with another, and one that sees what lies there. */
function members() {
  const hub = new EmbeddedHub();
  const told: string[] = [];
  const tell = (place: string) => told.push(place);
  return {
    one: sealed(hub.join(), KEY, tell),
    other: sealed(hub.join(), KEY, tell),
    stranger: sealed(hub.join(), randomBytes(32), nothing),
    raw: hub.join() as Engine,
    told,
  };
}

describe('a seal', () => {
  const PLACE = fc.array(fc.string({ maxLength: 4 }), { minLength: 1, maxLength: 3 });

  test('opens where it was made for, with its key, and as it was; and nothing of the text is seen', () => {
    fc.assert(
      fc.property(PLACE, fc.uint8Array({ maxLength: 100 }), (place, content) => {
        const closed = seal(KEY, place, content);
        expect(unseal(KEY, place, closed)).toEqual(content);
        expect(closed.length - content.length).toBeLessThanOrEqual(SEAL_ADDS);
        expect(unseal(randomBytes(32), place, closed)).toBeUndefined();
        if (content.length > 3) expect(Buffer.from(closed).includes(Buffer.from(content))).toBe(false);
      }),
      runs(100),
    );
  });

  test('opens at no other place, also where the parts run together to the same', () => {
    fc.assert(
      fc.property(PLACE, PLACE, fc.uint8Array({ maxLength: 20 }), (place, other, content) => {
        fc.pre(JSON.stringify(place) !== JSON.stringify(other));
        expect(unseal(KEY, other, seal(KEY, place, content))).toBeUndefined();
      }),
      runs(100),
    );
    const closed = seal(KEY, ['a', 'bc'], bytes('x'));
    for (const place of [['ab', 'c'], ['abc'], ['a', 'b', 'c']])
      expect(unseal(KEY, place, closed)).toBeUndefined();
  });

  test('no bit of it can be changed, and none cut off', () => {
    const closed = seal(KEY, ['x'], bytes('some text'));
    for (let bit = 0; bit < closed.length * 8; bit++) {
      const changed = closed.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(unseal(KEY, ['x'], changed)).toBeUndefined();
    }
    for (let length = 0; length < closed.length; length++)
      expect(unseal(KEY, ['x'], closed.subarray(0, length))).toBeUndefined();
  });
});

describe('a sealed engine', () => {
  test('what lies there shows names, and nothing of what they hold', async () => {
    const { one, raw } = members();
    await put(one.table('routes'), 'task', 'SECRET-value');
    await publishAll(one, 'pair', ['id']);
    const hash = sha256('SECRET-text');
    await one.texts.put(hash, bytes('SECRET-text'));
    const seen = [
      (await raw.table('routes').get('task'))!.value!,
      (await raw.log('pair').last())!.bytes,
      (await raw.texts.stored(hash))!,
    ].map(lies => Buffer.from(lies).toString('latin1'));
    for (const lies of seen) expect(lies).not.toMatch(/SECRET|of id/);
  });

  test('nothing can be moved to another key, table, topic, log, id, hash or question', async () => {
    const { one, other, raw, told } = members();
    await put(one.table('routes'), 'a', 'of a');
    const value = (await raw.table('routes').get('a'))!.value!;
    await raw.table('routes').put('b', value, undefined);
    await raw.table('members').put('a', value, undefined);
    expect((await other.table('routes').get('b'))!.value).toBeUndefined();
    expect((await other.table('members').get('a'))!.value).toBeUndefined();

    await publishAll(one, 'pair', ['id']);
    const message = (await raw.log('pair').last())!.bytes;
    await raw.log('another').publish('id', message, 0);
    await raw.log('pair').publish('id2', message, 1);
    expect(await other.log('another').last()).toBeUndefined();
    expect(await other.log('pair').last()).toBeUndefined();

    const hash = sha256('text');
    await one.texts.put(hash, bytes('text'));
    await raw.texts.put(sha256('else'), (await raw.texts.stored(hash))!);
    expect(await other.texts.get(sha256('else'))).toBeUndefined();
    expect(text(await other.texts.get(hash))).toBe('text');

    const heard = new Seen<string>();
    other.hear('t.*', (said, topic) => heard.add(`${topic} ${text(said)}`));
    raw.hear('t.a', said => raw.say('t.b', said));
    one.say('t.a', bytes('hello'));
    one.say('t.c', bytes('end'));
    await heard.count(2);
    expect(heard.all).toEqual(['t.a hello', 't.c end']);

    let earlier: Uint8Array | undefined;
    const stop = other.answer('q', async () => bytes('yes'));
    raw.answer('tap', async asked => {
      earlier ??= await raw.ask('q', asked, 60_000);
      return earlier!;
    });
    expect(text(await one.ask('q', bytes('?'), 60_000))).toBe('yes');
    // One who sits between and gives the answer of another question.
    await raw.ask('tap', seal(KEY, ['asked', 'q'], bytes('?')), 60_000);
    stop();
    raw.answer('q', async () => earlier!);
    expect(await one.ask('q', bytes('?'), 60_000)).toBeUndefined();
    expect(told.map(place => place.split(' ')[0])).toEqual(
      expect.arrayContaining(['table', 'log', 'text', 'said', 'answered']),
    );
  });

  test('what does not open is told once for its place, and nobody is stuck behind it', async () => {
    const { one, other, stranger, raw, told } = members();
    const watched = new Watched(other.table('routes'));
    await put(one.table('routes'), 'task', 'ours');
    const ours = (await one.table('routes').get('task'))!.revision;
    const theirs = await put(stranger.table('routes'), 'task', 'theirs', ours);
    await watched.until(all => all.some(entry => entry !== 'current' && entry.revision === theirs));
    expect(watched.known.has('task')).toBe(false);
    expect((await other.table('routes').get('task'))?.value).toBeUndefined();
    await put(one.table('routes'), 'task', 'ours again');
    await watched.until(() => watched.known.get('task') === 'ours again');
    expect((await one.table('routes').put('task', bytes('x'), undefined)).is).toBe('conflict');

    const followed = new Followed(other, 'pair');
    await publishAll(stranger, 'pair', ['theirs']);
    expect(await one.log('pair').last()).toBeUndefined();
    const last = revisionOf(await one.log('pair').publish('mine', bytes('x'), 0));
    expect((await one.log('pair').publish('late', bytes('x'), 0)).is).toBe('conflict');
    await publishAll(one, 'pair', ['next'], last);
    await followed.count(2);
    expect(followed.ids).toEqual(['mine', 'next']);

    const heard = new Seen<string>();
    other.hear('t', said => heard.add(text(said)!));
    for (const said of ['', 'short', 'x'.repeat(100)]) raw.say('t', bytes(said));
    stranger.say('t', bytes('x'));
    one.say('t', bytes('end'));
    await heard.count(1);
    expect(heard.all).toEqual(['end']);
    expect(told.filter(place => place === 'said t')).toHaveLength(1);
    expect(told.filter(place => place === 'table routes task').length).toBeLessThanOrEqual(2);
    watched.stop();
    followed.stop();
  });

  test('a question that does not open gets no answer, and an answer that does not open is none', async () => {
    const { one, other, raw } = members();
    const asked: string[] = [];
    other.answer('q', async question => {
      asked.push(text(question)!);
      return bytes('yes');
    });
    expect(await raw.ask('q', bytes('?'), 50)).toBeUndefined();
    raw.answer('r', async () => bytes('yes'));
    expect(await one.ask('r', bytes('?'), 60_000)).toBeUndefined();
    expect(asked).toEqual([]);
    await untilContact(one, 'there');
  });

  test('names run into each other nowhere', async () => {
    const { one, other } = members();
    const name = fresh('n');
    await publishAll(one, `${name} a`, ['b']);
    await publishAll(one, name, ['a b']);
    expect((await other.log(`${name} a`).last())?.id).toBe('b');
    expect((await other.log(name).last())?.id).toBe('a b');
  });
});
