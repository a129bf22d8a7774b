import { describe, expect, it } from 'vitest';
import { NatsServer } from '../support/nats.ts';
import { type Apart, withApart } from './apart.ts';
import { opened } from './nats-world.ts';

/** Both members at one real server. */
async function withServer(work: (apart: Apart, server: NatsServer) => Promise<void>): Promise<void> {
  const server = await NatsServer.started();
  try {
    await withApart(async apart => {
      apart.join = () => opened({ servers: [server.url] });
      await work(apart, server);
    });
  } finally {
    await server.remove();
  }
}

const LARGE = Array.from(
  { length: 6_000 },
  (_, i) => `/srv/${i} ${i % 100 === 0 ? 'nas1' : '*'}(rw) # ${'x'.repeat(80)}\n`,
).join('');

describe('a primary on another member, through NATS', () => {
  it('is replicated byte for byte, and goes on when the server dies and comes back', async () => {
    await withServer(async (apart, server) => {
      apart.save('a.conf', 'host nas1\n');
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      apart.save('exports', LARGE);
      await apart.same();
      await server.kill();
      await apart.until(() => apart.follower!.state.blind?.failure === 'unreachable');
      for (let save = 1; save <= 5; save++) {
        apart.save('order.conf', `save ${save} nas1\n`);
        await apart.until(() => apart.isCaptured('order.conf', `save ${save} nas1\n`));
      }
      await server.start();
      await apart.same();
      expect(apart.applied).toEqual([5]);
      await apart.until(() => apart.follower!.state.blind === undefined);
    });
  });

  it('is replicated through a server that comes back empty', async () => {
    await withServer(async (apart, server) => {
      apart.save('a.conf', 'host nas1\n');
      await apart.startCapture();
      await apart.startOwner();
      await apart.same();
      await server.kill();
      server.empty();
      apart.save('a.conf', 'host nas1 # meanwhile\n');
      await server.start();
      await apart.same();
      await apart.stopOwner();
      apart.save('a.conf', 'host nas1 # anew\n');
      await apart.startOwner();
      await apart.same();
    });
  });
});
