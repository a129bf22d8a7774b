import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { EmbeddedHub } from '../../src/cluster/embedded/hub.ts';
import type { Engine, Table, TableName, Written } from '../../src/cluster/engine.ts';
import { backupsOf, Hand, settled } from './crew.ts';

/** So many attempts in one turn of the loop are a loop without an end; what comes after is not answered. */
const MOST = 50;

/** Has lost contact and has not said so yet: every write is `unknown` at once, as both engines answer then. */
class Numb {
  isNumb = false;
  writes = 0;

  over(engine: Engine): Engine {
    const table = (name: TableName): Table => {
      const real = engine.table(name);
      return {
        get: key => (this.isNumb ? Promise.reject(new Error('no contact')) : real.get(key)),
        put: (key, value, expected) => (this.isNumb ? this.refuse() : real.put(key, value, expected)),
        watch: listener => real.watch(listener),
      };
    };
    return new Proxy(engine, {
      get: (target, name) => {
        if (name === 'table') return table;
        const found: unknown = Reflect.get(target, name);
        return typeof found === 'function' ? found.bind(target) : found;
      },
    });
  }

  private refuse(): Promise<Written> {
    this.writes++;
    if (this.writes > MOST) return new Promise(() => {});
    return Promise.resolve({ is: 'unknown', why: 'no contact' });
  }
}

describe('a member whose engine answers nothing but that it does not know', () => {
  it('lets the event loop turn, so that it comes to hear that contact is lost', async () => {
    const numb = new Numb();
    const backups = backupsOf(2);
    const engine = new EmbeddedHub().join();
    const hand = new Hand('nas1', numb.over(engine), backups);
    await settled([hand], backups);
    numb.isNumb = true;
    // Its renewal of the lease is the first of these.
    await hand.member.until(() => numb.writes > 0);
    await setImmediate();
    expect(numb.writes).toBeLessThan(3);
    engine.lose('parted');
    await hand.member.until(({ contact }) => contact === undefined);
    await hand.leave();
  });
});
