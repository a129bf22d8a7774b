import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { NatsServer } from '../support/nats.ts';

/** Does something with the rights of an administrator of one server. */
export async function administrator<T>(
  server: NatsServer,
  work: (manager: JetStreamManager) => Promise<T>,
): Promise<T> {
  const connection = await connect({ servers: server.url });
  try {
    return await work(await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

/** Who leads a stream of members' engines, and of how many copies. */
export function streamState(
  server: NatsServer,
  stream = 'test-changes',
): Promise<{ leader: string | undefined; replicas: number }> {
  return administrator(server, async manager => {
    const { cluster, config } = await manager.streams.info(stream);
    return { leader: cluster?.leader, replicas: config.num_replicas };
  });
}
