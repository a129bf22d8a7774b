import { symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/cluster/engine.ts';
import { type Apart, withApart } from './apart.ts';
import { type Mishap, type Way, waryEngine } from './wary-engine.ts';

const SAVES = 30;

async function saves(apart: Apart, from: number, to: number): Promise<void> {
  for (let save = from; save <= to; save++) {
    apart.save('order.conf', `save ${save} nas1\n`);
    await apart.until(() => apart.isCaptured('order.conf', `save ${save} nas1\n`));
  }
}

/** Each once, in the order of the saves, and the last one is there. */
function expectInOrder({ applied }: Apart, last: number): void {
  expect(applied).toEqual([...new Set(applied)].sort((a, b) => a - b));
  expect(applied.at(-1)).toBe(last);
}

/** All that a log still has, by a member that came only now. */
async function messagesOf(apart: Apart): Promise<Message[]> {
  const engine = apart.hub.join();
  const log = engine.log('pair');
  const last = await log.last();
  const all: Message[] = [];
  await new Promise<void>(done => {
    log.follow(0, message => {
      all.push(message);
      if (message.sequence === last?.sequence) done();
    });
  });
  await engine.close();
  return all;
}

describe('an engine that fails', () => {
  it('lost by the capturing member: only the state of its return is told, whole', async () => {
    await withApart(async apart => {
      apart.save('a.conf', 'host nas1\n');
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      const before = (await messagesOf(apart)).length;
      apart.lose('capture', 'the cable is out');
      await saves(apart, 1, 10);
      apart.save('a.conf', 'host nas1 # meanwhile\n');
      await apart.until(() => apart.isCaptured('a.conf', 'host nas1 # meanwhile\n'));
      // Nobody knows of it, and nobody says that all is well.
      await apart.until(() => apart.follower!.state.blind?.failure === 'unreachable');
      apart.find('capture');
      await apart.same();
      await apart.until(() => apart.follower!.state.blind === undefined);
      expect(apart.applied).toEqual([10]);
      expect((await messagesOf(apart)).length).toBe(before + 1);
    });
  });

  it('lost by the owner: goes on from what it has, and says that it does not know', async () => {
    await withApart(async apart => {
      await apart.startCapture();
      await apart.startOwner();
      await saves(apart, 1, 2);
      await apart.same();
      apart.lose('owner', 'the cable is out');
      await apart.until(() => apart.follower!.state.blind?.message.includes('the cable is out') === true);
      await saves(apart, 3, 8);
      await apart.publisher!.told();
      apart.find('owner');
      await apart.same();
      await apart.until(() => apart.follower!.state.blind === undefined);
      expectInOrder(apart, 8);
    });
  });

  it('acknowledgements and requests get lost, and messages come twice and late: in order, once each', async () => {
    await withApart(async apart => {
      const mishaps: Mishap[] = [];
      apart.wrap.capture = engine => waryEngine(engine, { mishaps });
      apart.wrap.owner = engine => waryEngine(engine, { isDoubling: true });
      await apart.startCapture();
      await apart.startOwner();
      for (let save = 1; save <= SAVES; save++) {
        if (save % 3 === 0) mishaps.push('acknowledgement lost');
        if (save % 5 === 0) mishaps.push('request lost', 'acknowledgement lost');
        await saves(apart, save, save);
        if (save % 7 === 0) await apart.publisher!.told();
      }
      await apart.same();
      expect(mishaps).toEqual([]);
      expectInOrder(apart, SAVES);
      const ids = (await messagesOf(apart)).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    });
  });

  it('full states of members that have ended come twice and late: none takes anything back', async () => {
    await withApart(async apart => {
      apart.wrap.owner = engine => waryEngine(engine, { isDoubling: true });
      await apart.startOwner();
      for (let save = 1; save <= 6; save++) {
        apart.save('order.conf', `save ${save} nas1\n`);
        await apart.startCapture();
        await apart.same();
        await apart.stopCapture();
      }
      expectInOrder(apart, 6);
    });
  });

  it('a message that never comes is a gap: nothing is served until a full state came', async () => {
    await withApart(async apart => {
      const way: Way = {};
      apart.wrap.owner = engine => waryEngine(engine, way);
      apart.save('a.conf', 'host nas1\n');
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      way.deaf = 1;
      apart.save('b.conf', 'host nas1\n');
      await apart.told('b.conf', 'host nas1\n');
      await apart.until(() => way.deaf === 0);
      // What it goes on from is not here.
      apart.save('c.conf', 'host nas1\n');
      await apart.until(() => apart.spool!.failure()?.failure === 'unreachable');
      await apart.same();
      expect(apart.spool!.failure()).toBeUndefined();
    });
  });

  it('a message that never comes and is the last one is missed all the same', async () => {
    await withApart(async apart => {
      const way: Way = {};
      apart.wrap.owner = engine => waryEngine(engine, way);
      apart.save('a.conf', 'host nas1\n');
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      way.deaf = 1;
      apart.save('a.conf', 'host nas1 # last\n');
      await apart.same();
    });
  });

  it('an emptied engine is filled again', async () => {
    await withApart(async apart => {
      apart.save('a.conf', 'host nas1\n');
      await apart.startCapture();
      await apart.startOwner();
      await saves(apart, 1, 3);
      await apart.same();
      apart.lose('capture', 'the server is gone');
      apart.lose('owner', 'the server is gone');
      apart.empty();
      apart.save('a.conf', 'host nas1 # meanwhile\n');
      apart.find('capture');
      apart.find('owner');
      await apart.same();
      await saves(apart, 4, 6);
      await apart.same();
      expectInOrder(apart, 6);
    });
  });

  it('of two that capture, each tells all of it after the other', async () => {
    await withApart(async apart => {
      apart.save('a.conf', 'host nas1\n');
      await apart.startCapture();
      const first = apart.leaveCapture();
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      await saves(apart, 1, 5);
      await apart.same();
      await first();
      await saves(apart, 6, 7);
      await apart.same();
      expectInOrder(apart, 7);
    });
  });
});

describe('what may not be told', () => {
  it('JSON that is cut off is looked at once more, and then goes on to the guards of the owner', async () => {
    await withApart(async apart => {
      apart.save('a.json', '{"host": "nas1"}\n');
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      apart.save('a.json', '{"host": "nas1", ');
      await apart.until(() => apart.publisher!.state.doubts.has('a.json'));
      apart.save('a.json', '{"host": "nas1", "more": 1}\n');
      await apart.same();
      expect(apart.isCaptured('a.json', '{"host": "nas1", "more": 1}\n')).toBe(true);
      apart.save('a.json', '{"host": "nas1", "more": ');
      await apart.told('a.json', '{"host": "nas1", "more": ');
      await apart.until(() => apart.follower!.state.holds.get('a.json')?.failures[0]?.failure === 'syntax');
      expect(apart.files('backup')['a.json']).toBe('{"host": "nas2", "more": 1}\n');
      apart.save('a.json', '{"host": "nas1"}\n');
      await apart.same();
    });
  });

  it('what may not be read is refused by name at the owner, and no deletion', async () => {
    await withApart(async apart => {
      apart.save('a.conf', 'host nas1\n');
      apart.save('b.conf', 'host nas1\n');
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      apart.remove('b.conf');
      symlinkSync('/etc/passwd', apart.path('primary', 'b.conf'));
      await apart.until(() => apart.follower!.state.refused.get('b.conf')?.failure === 'outside-root');
      apart.remove('b.conf');
      apart.save('b.conf', 'host nas1 # again\n');
      await apart.same();
      await apart.until(() => apart.follower!.state.refused.size === 0);
    });
  });
});
