import type { Engine } from '../../src/cluster/engine.ts';
import { bytes, Seen } from './seen.ts';
import { type Followed, untilContact } from './world.ts';

/** Publishes in one order, each as often as it takes, until all are acknowledged; what was, with its sequence. */
export class Publisher {
  readonly acknowledged = new Seen<readonly [id: string, sequence: number]>();
  private readonly engine: Engine;
  private last = 0;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  async publish(ids: readonly string[]): Promise<void> {
    const log = this.engine.log('pair');
    for (const id of ids) {
      for (;;) {
        const written = await log.publish(id, bytes(id), this.last);
        if (written.is === 'written') {
          this.last = written.revision;
          this.acknowledged.add([id, written.revision]);
          break;
        }
        await untilContact(this.engine, 'there');
        const present = await log.last().catch(() => 'unknown' as const);
        // An emptied log begins anew.
        if (present !== 'unknown') this.last = present?.sequence ?? 0;
      }
    }
  }
}

export const ids = (count: number, from = 0) => Array.from({ length: count }, (_, at) => `m${from + at}`);

export const inOrder = (followed: Followed) => followed.all.map(message => [message.id, message.sequence]);
