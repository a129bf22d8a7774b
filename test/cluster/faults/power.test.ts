import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/cluster/engine.ts';
import { LONG } from '../../runs.ts';
import { opened } from '../nats-world.ts';
import { ids, Publisher } from '../publisher.ts';
import { Followed, Watched } from '../world.ts';
import { NEWER, Powered } from './powered.ts';

const CUTS = LONG ? 20 : 1;
const ACKNOWLEDGED = 30;
/** As long as a reader may take that begins anew. */
const READ_MS = 5_000;

/** How much of what was acknowledged before is not there after the power of all servers was cut. */
async function lost(jetstream: readonly string[]): Promise<number> {
  const powered = await Powered.started(jetstream);
  const engines: Engine[] = [];
  try {
    const member = async (node: string) => {
      const engine = await opened({ servers: powered.urls, node });
      engines.push(engine);
      const watched = new Watched(engine.table('routes'));
      await watched.current();
      return engine;
    };
    const publisher = new Publisher(await member('nas1'));
    await publisher.publish(ids(ACKNOWLEDGED));
    await powered.cutPower();
    const followed = new Followed(await member('nas2'), 'pair');
    // One more comes after all that is there. What is left of a stream may take it, and be removed later.
    for (let more = 0; ; more++) {
      await publisher.publish([`more${more}`]);
      await Promise.race([followed.until(all => all.at(-1)?.id === `more${more}`), pause(READ_MS)]);
      if (followed.all.at(-1)?.id === `more${more}`) break;
    }
    const there = new Set(followed.all.map(({ id, sequence }) => `${id} ${sequence}`));
    const before = publisher.acknowledged.all.slice(0, ACKNOWLEDGED);
    return before.filter(([id, sequence]) => !there.has(`${id} ${sequence}`)).length;
  } finally {
    await Promise.all(engines.map(engine => engine.close()));
    await powered.remove();
  }
}

describe.skipIf(NEWER === undefined)(`a power cut of all three servers (${CUTS} each)`, () => {
  it('loses nothing that was acknowledged where each write is synced', async () => {
    for (let cut = 0; cut < CUTS; cut++) expect(await lost(['sync_interval: always'])).toBe(0);
  });

  it('loses some of it with the default, which the engine gets over', async () => {
    let most = 0;
    for (let cut = 0; cut < CUTS; cut++) most = Math.max(most, await lost([]));
    console.log(
      `power cut of all servers, default sync: up to ${most} of ${ACKNOWLEDGED} acknowledged are lost`,
    );
    expect(most).toBeGreaterThan(0);
  });
});
