import { describe, expect, it } from 'vitest';
import type { Contact } from '../../../src/cluster/engine.ts';
import { NatsServer } from '../../support/nats.ts';
import { administrator } from '../administrator.ts';
import { opened } from '../nats-world.ts';
import { ids, inOrder, Publisher } from '../publisher.ts';
import { Seen } from '../seen.ts';
import { Followed, untilContact } from '../world.ts';
import { withRound } from './round.ts';
import { WALL_CLOCK, WallClock } from './wall-clock.ts';

const HOUR = 3_600;
/** In seconds: what a test takes at most between two looks at a clock. */
const MEANWHILE = 300;
const BOUNDS = { gap: 30_000, converge: 30_000 };

async function withClock(work: (clock: WallClock) => Promise<void>): Promise<void> {
  const clock = new WallClock();
  try {
    await work(clock);
  } finally {
    clock.remove();
  }
}

/** How far that is ahead of now, in whole hours. */
function hoursAhead(time: string): number {
  const ahead = (Date.parse(time) - Date.now()) / 1000;
  const hours = Math.round(ahead / HOUR);
  expect(Math.abs(ahead - hours * HOUR)).toBeLessThan(MEANWHILE);
  // Never -0.
  return hours + 0;
}

describe.runIf(WALL_CLOCK)('a wall clock that jumps', () => {
  it('under a server: its messages tell, contact stays, and the order of the log is what it was', async () => {
    await withClock(async clock => {
      const server = await NatsServer.started({ before: clock.before });
      const engine = await opened({ servers: [server.url] });
      try {
        await untilContact(engine, 'there');
        const contacts = new Seen<Contact>();
        engine.contact(contacts.add);
        const publisher = new Publisher(engine);
        const followed = new Followed(engine, 'pair');
        const hours: number[] = [];
        for (const jump of [0, 1, -1, 24]) {
          clock.jump(jump * HOUR);
          await publisher.publish(ids(2, publisher.acknowledged.all.length));
          const last = publisher.acknowledged.all.at(-1)![1];
          const time = await administrator(server, async manager => {
            return (await manager.streams.getMessage('test-changes', { seq: last }))!.time.toISOString();
          });
          hours.push(hoursAhead(time));
        }
        expect(hours).toEqual([0, 1, -1, 24]);
        await followed.count(8);
        expect(inOrder(followed)).toEqual(publisher.acknowledged.all);
        expect(contacts.all).toEqual([{ is: 'there' }]);
      } finally {
        await engine.close();
        await server.remove();
      }
    });
  });

  it('under a member: its log tells, and it replicates as before', async () => {
    await withClock(async clock => {
      await withRound({ names: ['nas1'], tasks: 1, before: () => clock.before }, async round => {
        const { lines } = round.members.named('nas1');
        await round.begin();
        expect(hoursAhead(lines.at(-1)!.time!)).toBe(0);
        for (const jump of [1, -1]) {
          clock.jump(jump * HOUR);
          round.fault(`clock ${jump} h`, 'nas1');
          const before = lines.length;
          round.workload.save('t0', 'exports');
          await round.inStep(BOUNDS.converge);
          // A line that was written right before the jump may come after it.
          const isAhead = () => lines.slice(before).some(({ time }) => hoursAhead(time!) === jump);
          await round.members.named('nas1').until(isAhead);
        }
        await round.sound(BOUNDS);
      });
    });
  });
});
