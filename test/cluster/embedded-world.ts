import type { EmbeddedEngine } from '../../src/cluster/embedded/engine.ts';
import { EmbeddedHub } from '../../src/cluster/embedded/hub.ts';
import { untilContact, type World } from './world.ts';

/** Members of one process. */
export function embeddedWorld(): World {
  const hub = new EmbeddedHub();
  const engines: EmbeddedEngine[] = [];
  return {
    join: async () => {
      const engine = hub.join();
      engines.push(engine);
      await untilContact(engine, 'there');
      return engine;
    },
    lose: async () => {
      for (const engine of engines) engine.lose('parted');
    },
    find: async () => {
      for (const engine of engines) engine.find();
    },
    end: async () => {
      await Promise.all(engines.map(engine => engine.close()));
    },
  };
}
