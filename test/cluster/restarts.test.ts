import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MESSAGES_KEPT } from '../../src/cluster/engine.ts';
import { decodeBeat, decodeWanted, encodeWanted } from '../../src/cluster/message.ts';
import { seenTopic, wantTopic } from '../../src/cluster/topics.ts';
import { sha256 } from '../../src/connectors/file/digest.ts';
import { isFailure } from '../../src/core/failure.ts';
import { type Apart, withApart } from './apart.ts';

const HASH = /^[0-9a-f]{64}$/;
const spoolOf = (apart: Apart) => join(apart.folder, 'owner/spool/pair');
const textsOf = (apart: Apart) => readdirSync(spoolOf(apart)).filter(name => HASH.test(name));

function damage(apart: Apart, content: string): void {
  const is = (name: string) => readFileSync(join(spoolOf(apart), name), 'utf8') === content;
  writeFileSync(join(spoolOf(apart), textsOf(apart).find(is)!), 'something else nas1\n');
}

/** Saves once more what only an owner beside the primary sees; then one elsewhere has the task, and finds that out. */
async function ownedNearby(apart: Apart): Promise<void> {
  await apart.stopCapture();
  apart.save('order.conf', 'save 2 nas1\n');
  apart.startNear();
  await apart.same();
  await apart.stopOwner();
  await apart.startOwner();
  await apart.until(() =>
    apart.said.some(text => text.includes('the backup has a later state of nas1:/etc')),
  );
}

describe('members that end and begin anew', () => {
  it('the capturing member: what changed meanwhile is found, and what was deleted', async () => {
    await withApart(async apart => {
      for (const name of ['a', 'b', 'c']) apart.save(`${name}.conf`, `host nas1 # ${name}\n`);
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      // What a capturing member tells first is whole.
      expect([...apart.turned[0]!.files.keys()].sort()).toEqual(['a.conf', 'b.conf', 'c.conf']);
      expect(apart.turned[0]!.refused.size).toBe(0);
      await apart.stopCapture();
      apart.save('a.conf', 'host nas1 # anew\n');
      apart.remove('b.conf');
      apart.save('d.conf', 'host nas1 # d\n');
      await apart.startCapture();
      await apart.same();
    });
  });

  it('the owner: takes nothing back that the log has outdated, keeps no text that nothing names', async () => {
    await withApart(async apart => {
      for (const name of ['a', 'b']) apart.save(`${name}.conf`, `host nas1 # ${name}\n`);
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      await apart.stopOwner();
      expect(textsOf(apart)).toHaveLength(2);
      apart.turned.length = 0;
      for (let save = 1; save <= 3; save++) {
        apart.save('order.conf', `save ${save} nas1\n`);
        await apart.told('order.conf', `save ${save} nas1\n`);
      }
      await apart.startOwner();
      await apart.same();
      expect(apart.applied).toEqual([3]);
      const served = new Set(apart.turned.map(({ files }) => files.get('order.conf')?.hash));
      expect([...served]).toEqual([sha256('save 3 nas1\n')]);
      await apart.stopOwner();
      expect(textsOf(apart)).toHaveLength(3);
    });
  });

  it('the owner: takes nothing back that one beside the primary has replicated, and nobody has told', async () => {
    await withApart(async apart => {
      apart.save('order.conf', 'save 1 nas1\n');
      await apart.startCapture();
      await apart.told('order.conf', 'save 1 nas1\n');
      await ownedNearby(apart);
      expect(apart.files('backup')).toEqual({ 'order.conf': 'save 2 nas2\n' });
      apart.save('order.conf', 'save 3 nas1\n');
      await apart.startCapture();
      await apart.same();
      expect(apart.applied).toEqual([2, 3]);
    });
  });

  it('the owner: believes nothing that was said before it asked, and comes late', async () => {
    await withApart(async apart => {
      apart.save('order.conf', 'save 1 nas1\n');
      const late = apart.hub.join();
      const said = new Promise<Uint8Array>(done => {
        late.hear(seenTopic('pair'), bytes => {
          const beat = decodeBeat(bytes)!;
          if (beat.sequence > 0 && beat.pending === 0) done(bytes);
        });
      });
      await apart.startCapture();
      await apart.told('order.conf', 'save 1 nas1\n');
      const beat = await said;
      await ownedNearby(apart);
      const asked = new Promise<void>(done => {
        late.hear(wantTopic('pair'), bytes => {
          if (decodeWanted(bytes)?.is === 'question') done();
        });
      });
      // As a network that was cut delivers it when it is mended. The owner asks once more, and takes nothing back.
      late.say(seenTopic('pair'), beat);
      await asked;
      expect(apart.files('backup')).toEqual({ 'order.conf': 'save 2 nas2\n' });
      await apart.startCapture();
      await apart.same();
      expect(apart.applied).toEqual([2]);
      await late.close();
    });
  });

  it('the member beside the primary: answers a question with everything that there was when it came', async () => {
    await withApart(async apart => {
      apart.save('order.conf', 'save 1 nas1\n');
      const owner = apart.hub.join();
      const answered = (question: string) =>
        new Promise<number>(done => {
          owner.hear(seenTopic('pair'), bytes => {
            const { answers, number } = decodeBeat(bytes)!;
            if (answers?.includes(question) === true) done(number);
          });
        });
      const publisher = await apart.startCapture();
      await apart.told('order.conf', 'save 1 nas1\n');
      for (let save = 2; save <= 4; save++) {
        const answer = answered(`q${save}`);
        apart.save('order.conf', `save ${save} nas1\n`);
        owner.say(wantTopic('pair'), encodeWanted({ is: 'question', question: `q${save}` }));
        const number = await answer;
        expect(publisher.isCaptured('order.conf', sha256(`save ${save} nas1\n`))).toBe(true);
        const last = (await owner.log('pair').last())!;
        expect(last.id).toBe(`${publisher.capturer}-${number}`);
        expect(new TextDecoder().decode(last.bytes)).toContain(sha256(`save ${save} nas1\n`));
      }
      await owner.close();
    });
  });

  it('the owner, after more messages than are kept', async () => {
    await withApart(async apart => {
      apart.save('a.conf', 'host nas1\n');
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      await apart.stopOwner();
      for (let save = 1; save <= MESSAGES_KEPT + 6; save++) {
        apart.save('order.conf', `save ${save} nas1\n`);
        await apart.told('order.conf', `save ${save} nas1\n`);
      }
      expect((await apart.engines.capture!.log('pair').last())!.sequence).toBeGreaterThan(MESSAGES_KEPT + 5);
      await apart.startOwner();
      await apart.same();
      expect(apart.applied).toEqual([MESSAGES_KEPT + 6]);
    });
  });

  it('texts damaged while the owner was away: nothing is served, and nothing empty, until they came anew', async () => {
    await withApart(async apart => {
      apart.save('a.conf', 'host nas1\n');
      apart.save('b.conf', 'host nas1 # b\n');
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      await apart.stopOwner();
      await apart.stopCapture();
      damage(apart, 'host nas1 # b\n');
      const spool = await apart.openSpool();
      const { source } = apart.elsewhere!;
      expect(await source.reachable()).toMatchObject({ failure: 'unreachable' });
      await expect(source.list({ include: ['*'], exclude: [] })).rejects.toThrow(
        /nas1:\/etc is not known here/,
      );
      expect(isFailure(await source.read('a.conf'))).toBe(true);
      await apart.startCapture();
      await apart.until(() => spool.failure() === undefined);
      expect(await source.read('b.conf')).toMatchObject({ bytes: Buffer.from('host nas1 # b\n') });
    });
  });

  it('texts damaged under the owner: it says so, and reads none of it', async () => {
    await withApart(async apart => {
      apart.save('b.conf', 'host nas1 # b\n');
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      damage(apart, 'host nas1 # b\n');
      const { source } = apart.elsewhere!;
      expect(await source.read('b.conf')).toMatchObject({ failure: 'unreadable' });
      expect(await source.reachable()).toMatchObject({ failure: 'unreachable' });
      await apart.until(() => apart.spool!.failure() === undefined);
      expect(await source.read('b.conf')).toMatchObject({ bytes: Buffer.from('host nas1 # b\n') });
      apart.save('b.conf', 'host nas1 # anew\n');
      await apart.same();
    });
  });

  it('texts lost beside the primary: what is still so is read anew for a new owner', async () => {
    await withApart(async apart => {
      apart.save('a.conf', 'host nas1\n');
      apart.save('b.conf', 'host nas1 # b\n');
      await apart.startCapture();
      await apart.told('b.conf', 'host nas1 # b\n');
      rmSync(join(apart.folder, 'capture'), { recursive: true });
      // Nobody has what was told, and it is asked for.
      apart.empty();
      await apart.startOwner();
      await apart.same();
    });
  });

  it('a primary that is away deletes nothing, and says that it is', async () => {
    await withApart(async apart => {
      apart.save('a.conf', 'host nas1\n');
      apart.save('b.conf', 'host nas1\n');
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      const root = join(apart.folder, 'primary');
      renameSync(root, `${root}-away`);
      await apart.until(() => apart.follower!.state.blind?.message.includes('does not exist') === true);
      expect([...apart.spool!.next!.files.keys()]).toEqual(['a.conf', 'b.conf']);
      expect(Object.keys(apart.files('backup'))).toEqual(['a.conf', 'b.conf']);
      renameSync(`${root}-away`, root);
      apart.save('a.conf', 'host nas1 # back\n');
      await apart.same();
      await apart.until(() => apart.follower!.state.blind === undefined);
    });
  });
});
