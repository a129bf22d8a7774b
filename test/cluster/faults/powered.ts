import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoopDisk } from '../../crash/loop-disk.ts';
import { type NatsServer, type NatsSetup, natsCluster, startTogether } from '../../support/nats.ts';
import { newerNats } from '../../support/newer-nats.ts';
import type { Ground } from './ground.ts';

const ROOT = process.getuid?.() === 0;

/** A server that can sync each write, where it can be had and disks can be made. */
export const NEWER = ROOT ? await newerNats() : undefined;

/** How several of them are run. */
export const NEWER_SETUP: NatsSetup = {
  program: NEWER!,
  // Pooled routes that servers open to each other at one moment can end with some of them missing.
  routing: ['pool_size: -1'],
};

/** Three servers on loopback, each with what it keeps on a disk of its own, whose power is cut at once. */
export class Powered implements Ground {
  private readonly folder = mkdtempSync(join(tmpdir(), 'warmspare-power-'));
  private readonly disks = [0, 1, 2].map(at => {
    const place = join(this.folder, String(at));
    mkdirSync(place);
    return new LoopDisk(place);
  });
  private servers: NatsServer[] = [];

  /** `jetstream`: further lines of each server's configuration of JetStream. */
  static async started(jetstream: readonly string[]): Promise<Powered> {
    const powered = new Powered();
    try {
      powered.servers = await natsCluster(at => ({
        ...NEWER_SETUP,
        store: join(powered.disks[at]!.root, 'store'),
        jetstream,
      }));
      return powered;
    } catch (error) {
      await powered.remove();
      throw error;
    }
  }

  get urls(): string[] {
    return this.servers.map(({ url }) => url);
  }

  serversFor(): readonly string[] {
    return this.urls;
  }

  before(): readonly string[] {
    return [];
  }

  /** Whatever was not flushed by now is gone; then all begin anew. */
  async cutPower(): Promise<void> {
    for (const disk of this.disks) disk.cut();
    await Promise.all(this.servers.map(server => server.kill()));
    for (const disk of this.disks) await disk.boot();
    await startTogether(this.servers, 'known');
  }

  cut(): never {
    throw new Error('these servers have no network of their own');
  }

  lose(): never {
    return this.cut();
  }

  heal(): void {}

  async remove(): Promise<void> {
    await Promise.all(this.servers.map(server => server.remove()));
    for (const disk of this.disks) await disk.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
