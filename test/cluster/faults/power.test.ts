import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/cluster/engine.ts';
import { LoopDisk } from '../../crash/loop-disk.ts';
import { LONG } from '../../runs.ts';
import { type NatsServer, natsCluster, startTogether } from '../../support/nats.ts';
import { newerNats } from '../../support/newer-nats.ts';
import { opened } from '../nats-world.ts';
import { ids, Publisher } from '../publisher.ts';
import { Followed, Watched } from '../world.ts';

const ROOT = process.getuid?.() === 0;
const NEWER = ROOT ? await newerNats() : undefined;
const CUTS = LONG ? 20 : 1;
const ACKNOWLEDGED = 30;
/** As long as a reader may take that begins anew. */
const READ_MS = 5_000;

/** Three servers, each with what it keeps on a disk of its own, whose power is cut at once. */
class Powered {
  private readonly folder = mkdtempSync(join(tmpdir(), 'warmspare-power-'));
  private readonly disks = [0, 1, 2].map(at => {
    const place = join(this.folder, String(at));
    mkdirSync(place);
    return new LoopDisk(place);
  });
  servers: NatsServer[] = [];

  async start(jetstream: readonly string[]): Promise<void> {
    this.servers = await natsCluster(at => ({
      program: NEWER!,
      store: join(this.disks[at]!.root, 'store'),
      jetstream,
      // Pooled routes that servers open to each other at one moment can end with some of them missing.
      routing: ['pool_size: -1'],
    }));
  }

  get urls(): string[] {
    return this.servers.map(({ url }) => url);
  }

  /** Whatever was not flushed by now is gone; then all begin anew. */
  async cut(): Promise<void> {
    for (const disk of this.disks) disk.cut();
    await Promise.all(this.servers.map(server => server.kill()));
    for (const disk of this.disks) await disk.boot();
    await startTogether(this.servers);
  }

  async remove(): Promise<void> {
    await Promise.all(this.servers.map(server => server.remove()));
    for (const disk of this.disks) await disk.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** How much of what was acknowledged before is not there after the power of all servers was cut. */
async function lost(jetstream: readonly string[]): Promise<number> {
  const powered = new Powered();
  const engines: Engine[] = [];
  try {
    await powered.start(jetstream);
    const member = async (node: string) => {
      const engine = await opened({ servers: powered.urls, node });
      engines.push(engine);
      const watched = new Watched(engine.table('routes'));
      await watched.current();
      return engine;
    };
    const publisher = new Publisher(await member('nas1'));
    await publisher.publish(ids(ACKNOWLEDGED));
    await powered.cut();
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
