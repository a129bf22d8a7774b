import type { Engine } from '../../src/cluster/engine.ts';
import { openNats } from '../../src/cluster/nats/engine.ts';
import type { NatsOptions } from '../../src/cluster/nats/line.ts';
import { isFailure } from '../../src/core/failure.ts';
import { NatsServer } from '../support/nats.ts';
import { untilContact, type World } from './world.ts';

export async function opened(
  options: Partial<NatsOptions> & { servers: readonly string[] },
): Promise<Engine> {
  const engine = await openNats({ name: 'test', node: 'nas1', ...options });
  if (isFailure(engine)) throw new Error(engine.message);
  return engine;
}

/** Members at one real server; contact is lost as it is when the server's process dies. */
export async function natsWorld(): Promise<World> {
  const server = await NatsServer.started();
  const engines: Engine[] = [];
  const closed = new Set<Engine>();
  const all = (is: 'there' | 'lost') =>
    Promise.all(engines.filter(engine => !closed.has(engine)).map(engine => untilContact(engine, is)));
  return {
    join: async node => {
      const engine = await opened({ servers: [server.url], node });
      engines.push(engine);
      const close = engine.close.bind(engine);
      engine.close = () => {
        closed.add(engine);
        return close();
      };
      await untilContact(engine, 'there');
      // The streams are there when a first watch is.
      await new Promise<void>(done => {
        const stop = engine.table('routes').watch({
          entry: () => undefined,
          current: () => {
            setImmediate(() => stop());
            done();
          },
        });
      });
      return engine;
    },
    lose: async () => {
      await server.kill();
      await all('lost');
    },
    find: async () => {
      await server.start();
      await all('there');
    },
    end: async () => {
      await Promise.all(engines.map(engine => engine.close()));
      await server.remove();
    },
  };
}
