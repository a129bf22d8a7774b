import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../runs.ts';
import { bytes, text } from './seen.ts';
import { fresh, put, revisionOf, Watched, type World } from './world.ts';

/** A write of one of two members, with what it believes to be there. */
const WRITES = fc.array(
  fc.record({
    by: fc.nat(1),
    key: fc.constantFrom('a', 'b', 'c'),
    value: fc.option(fc.string({ maxLength: 8 }), { nil: undefined }),
    believes: fc.constantFrom('what is', 'nothing', 'what was', 'too much'),
  }),
  { minLength: 1, maxLength: 15 },
);

interface Known {
  readonly value: string | undefined;
  readonly revision: number;
  readonly before: number | undefined;
}

/** What the write says that it expects. */
function expectation(believes: string, present: Known | undefined): number | undefined {
  if (believes === 'nothing') return undefined;
  if (believes === 'too much') return (present?.revision ?? 0) + 1000;
  return believes === 'what was'
    ? present?.before
    : present?.value === undefined
      ? undefined
      : present.revision;
}

export function tableContract(world: () => World): void {
  describe('tables', () => {
    test('a put writes exactly where the key is as expected, and revisions rise over all keys', async () => {
      const members = [await world().join('a'), await world().join('b')];
      let newest = 0;
      await fc.assert(
        fc.asyncProperty(WRITES, async writes => {
          const place = fresh('k');
          const model = new Map<string, Known>();
          for (const { by, key, value, believes } of writes) {
            const present = model.get(key);
            const expected = expectation(believes, present);
            const fits =
              expected === undefined ? present?.value === undefined : present?.revision === expected;
            const table = members[by]!.table('routes');
            const given = value === undefined ? undefined : bytes(value);
            const written = await table.put(`${place}.${key}`, given, expected);
            expect(written.is).toBe(fits ? 'written' : 'conflict');
            if (!fits) continue;
            const revision = revisionOf(written);
            expect(revision).toBeGreaterThan(newest);
            newest = revision;
            model.set(key, { value, revision, before: present?.revision });
          }
          for (const [key, { value, revision }] of model) {
            const entry = await members[0]!.table('routes').get(`${place}.${key}`);
            expect([text(entry?.value), entry?.revision]).toEqual([value, revision]);
          }
        }),
        runs(20),
      );
    });

    test('what was never there is undefined, and the tables have nothing to do with each other', async () => {
      const member = await world().join('a');
      const key = fresh('k');
      await put(member.table('members'), key, 'here');
      expect(await member.table('routes').get(key)).toBeUndefined();
      expect(text((await member.table('members').get(key))?.value)).toBe('here');
    });

    test('of members that put at one moment one is written', async () => {
      const members = await Promise.all(['a', 'b', 'c'].map(node => world().join(node)));
      const key = fresh('lease');
      let expected: number | undefined;
      for (let round = 0; round < 10; round++) {
        const came = await Promise.all(
          members.map((member, at) =>
            member.table('coordinator').put(key, bytes(`${round} of ${at}`), expected),
          ),
        );
        const won = came.findIndex(written => written.is === 'written');
        expect(came.map(written => written.is).sort()).toEqual(['conflict', 'conflict', 'written']);
        const entry = await members[0]!.table('coordinator').get(key);
        expect(text(entry?.value)).toBe(`${round} of ${won}`);
        expected = revisionOf(came[won]!);
      }
    });

    test('whoever watches knows in the end what is there, in rising revisions, whenever it began', async () => {
      const member = await world().join('a');
      const other = await world().join('b');
      const table = member.table('routes');
      const place = fresh('k');
      const begun: Watched[] = [new Watched(other.table('routes'))];
      const present = new Map<string, string>();
      const revisions = new Map<string, number>();
      for (let round = 0; round < 30; round++) {
        const key = `${place}.${round % 4}`;
        const value = round % 7 === 6 ? undefined : `v${round}`;
        const was = present.has(key) ? revisions.get(key) : undefined;
        revisions.set(key, await put(table, key, value, was));
        if (value === undefined) present.delete(key);
        else present.set(key, value);
        if (round % 10 === 5) begun.push(new Watched(other.table('routes')));
      }
      const last = Math.max(...revisions.values());
      for (const watched of begun) {
        await watched.current();
        await watched.until(all => all.some(one => one !== 'current' && one.revision === last));
        const mine = [...watched.known].filter(([key]) => key.startsWith(place));
        expect(new Map(mine)).toEqual(present);
        const told = watched.all.flatMap(one => (one === 'current' ? [] : [one]));
        for (const key of revisions.keys()) {
          const rising = told.filter(one => one.key === key).map(one => one.revision);
          expect(rising).toEqual([...new Set(rising)].sort((one, next) => one - next));
        }
        expect(watched.all.filter(one => one === 'current')).toHaveLength(1);
        watched.stop();
      }
    });

    test('current comes after all that was there, also of an empty table, and nothing after a stop', async () => {
      const member = await world().join('a');
      const table = member.table('members');
      const key = fresh('k');
      await put(table, key, 'one');
      const watched = new Watched(table);
      await watched.current();
      const current = watched.all.indexOf('current');
      expect(watched.all.findIndex(one => one !== 'current' && one.key === key)).toBeLessThan(current);
      watched.stop();
      const stopped = watched.all.length;
      const going = new Watched(table);
      await put(table, fresh('k'), 'two');
      await going.current();
      expect(watched.all).toHaveLength(stopped);
      going.stop();
    });
  });
}
