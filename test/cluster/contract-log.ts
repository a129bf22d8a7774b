import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MESSAGE_MOST, MESSAGES_KEPT } from '../../src/cluster/engine.ts';
import { runs } from '../runs.ts';
import { bytes, text } from './seen.ts';
import { Followed, fresh, publishAll, revisionOf, type World } from './world.ts';

const ids = (count: number, what = 'm') => Array.from({ length: count }, (_, at) => `${what}${at}`);

export function logContract(world: () => World): void {
  describe('logs', () => {
    test('a message goes in behind the one it names, once, and everybody reads the same', async () => {
      const one = await world().join('a');
      const other = await world().join('b');
      const publish = fc.record({ id: fc.nat(5), fits: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(fc.array(publish, { minLength: 1, maxLength: 12 }), async publishes => {
          const relationship = fresh('pair');
          const followed = new Followed(other, relationship);
          const model = new Map<string, number>();
          let last = 0;
          for (const { id, fits } of publishes) {
            const name = `id ${id}`;
            const written = await one
              .log(relationship)
              .publish(name, bytes(`of ${id}`), fits ? last : last + 100_000);
            const before = model.get(name);
            const again = { is: 'written', revision: before };
            const either = fits ? [again] : [again, { is: 'conflict' }];
            if (before !== undefined) expect(either).toContainEqual(written);
            else if (!fits) expect(written).toEqual({ is: 'conflict' });
            else {
              expect(revisionOf(written)).toBeGreaterThan(last);
              last = revisionOf(written);
              model.set(name, last);
            }
          }
          await followed.count(model.size);
          expect(followed.all.map(message => [message.id, message.sequence])).toEqual([...model]);
          expect(followed.all.map(message => text(message.bytes))).toEqual(
            [...model.keys()].map(name => name.replace('id', 'of')),
          );
          const newest = await other.log(relationship).last();
          expect([newest?.id, newest?.sequence]).toEqual([
            [...model.keys()].at(-1),
            model.size > 0 ? last : undefined,
          ]);
          followed.stop();
        }),
        runs(15),
      );
    });

    test('whoever begins at a sequence reads from there on, and what comes later', async () => {
      const member = await world().join('a');
      const relationship = fresh('pair');
      await publishAll(member, relationship, ids(6));
      const all = new Followed(member, relationship);
      await all.count(6);
      const sequences = all.all.map(message => message.sequence);
      const begun = sequences.map(sequence => new Followed(member, relationship, sequence));
      const later = new Followed(member, relationship, sequences.at(-1)! + 1);
      await publishAll(member, relationship, ['new'], sequences.at(-1)!);
      for (const [at, followed] of [...begun, later].entries()) {
        await followed.until(some => some.at(-1)?.id === 'new');
        expect(followed.ids).toEqual([...ids(6).slice(at), 'new']);
        followed.stop();
      }
      all.stop();
    });

    test('whoever knows more than there is reads everything: the log is a new one', async () => {
      const member = await world().join('a');
      const relationship = fresh('pair');
      const last = await publishAll(member, relationship, ids(3));
      const followed = new Followed(member, relationship, last + 1_000_000);
      await followed.count(3);
      expect(followed.ids).toEqual(ids(3));
      followed.stop();
    });

    test('two publishers at once: what is acknowledged is in the log once, in order', async () => {
      const members = [await world().join('a'), await world().join('b')];
      const relationship = fresh('pair');
      const followed = new Followed(members[0]!, relationship);
      const acknowledged: [number, string][] = [];
      await Promise.all(
        members.map(async (member, at) => {
          const log = member.log(relationship);
          for (const id of ids(15, `of ${at} `)) {
            for (;;) {
              const last = (await log.last())?.sequence ?? 0;
              const written = await log.publish(id, bytes(id), last);
              if (written.is === 'conflict') continue;
              acknowledged.push([revisionOf(written), id]);
              break;
            }
          }
        }),
      );
      await followed.count(30);
      expect(followed.all.map(message => [message.sequence, message.id])).toEqual(
        acknowledged.sort(([one], [next]) => one - next),
      );
      followed.stop();
    });

    test('the newest ones are kept, of each relationship for itself', async () => {
      const member = await world().join('a');
      const [full, quiet] = [fresh('full'), fresh('quiet')];
      await publishAll(member, quiet, ['only']);
      await publishAll(member, full, ids(MESSAGES_KEPT + 5));
      const followed = new Followed(member, full);
      await followed.until(all => all.at(-1)?.id === ids(MESSAGES_KEPT + 5).at(-1));
      expect(followed.ids).toEqual(ids(MESSAGES_KEPT + 5).slice(5));
      expect((await member.log(quiet).last())?.id).toBe('only');
      followed.stop();
    });

    test('a message is at most so large', async () => {
      const member = await world().join('a');
      const log = member.log(fresh('pair'));
      const most = new Uint8Array(MESSAGE_MOST).fill(7);
      revisionOf(await log.publish('most', most, 0));
      expect(Buffer.compare((await log.last())!.bytes, most)).toBe(0);
      await expect(log.publish('more', new Uint8Array(MESSAGE_MOST + 1024), 1)).rejects.toThrow(/larger/);
    });

    test('a relationship may be called anything', async () => {
      const member = await world().join('a');
      const names = ['a.b', 'a>b', 'a *', 'ä/ö', 'A', 'a', '=61'].map(name => `${fresh('n')}${name}`);
      for (const name of names) await publishAll(member, name, [`of ${name}`]);
      for (const name of names) {
        const followed = new Followed(member, name);
        await followed.count(1);
        expect(followed.ids).toEqual([`of ${name}`]);
        expect((await member.log(name).last())?.id).toBe(`of ${name}`);
        followed.stop();
      }
      expect(await member.log(fresh('never')).last()).toBeUndefined();
    });
  });
}
