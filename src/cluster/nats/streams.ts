import {
  DiscardPolicy,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { MESSAGES_KEPT, type TableName } from '../engine.ts';
import { REQUEST_MS } from './line.ts';
import type { Names } from './names.ts';
import { isMissing, reasonOf } from './reasons.ts';

/** Of texts, over all relationships; the oldest go first. In bytes. */
const TEXTS_MOST = 512 * 1024 * 1024;

/** So long the server knows the id of a message that it was given twice, by a connection that broke; in milliseconds. */
const DOUBLES_MS = 600_000;

const TABLES: readonly TableName[] = ['members', 'coordinator', 'routes'];

type Wanted = Partial<StreamConfig> & { readonly name: string };

/** Every stream, and nothing in it that a server of 2.9 would not know. */
export function wantedStreams(names: Names): readonly Wanted[] {
  const kept = { retention: RetentionPolicy.Limits, storage: StorageType.File, allow_direct: true };
  return [
    ...TABLES.map(table => ({
      ...kept,
      name: names.tableStream(table),
      subjects: [names.key(table, '>')],
      max_msgs_per_subject: 1,
      discard: DiscardPolicy.New,
      deny_delete: true,
    })),
    {
      ...kept,
      name: names.changes,
      subjects: [names.change('*').replace(/[^.]*$/, '*')],
      max_msgs_per_subject: MESSAGES_KEPT,
      discard: DiscardPolicy.Old,
      duplicate_window: nanos(DOUBLES_MS),
      deny_delete: true,
      deny_purge: true,
    },
    {
      ...kept,
      name: names.texts,
      subjects: [names.text('*').replace(/[^.]*\.[^.]*$/, '*.*')],
      max_msgs_per_subject: 1,
      max_bytes: TEXTS_MOST,
      discard: DiscardPolicy.Old,
      deny_delete: true,
      deny_purge: true,
    },
  ];
}

/** Three where the server tells of three or more; two would stop with either of them. */
function replicas(connection: NatsConnection): number {
  const { cluster, connect_urls: known = [] } = connection.info ?? {};
  return cluster !== undefined && known.length >= 3 ? 3 : 1;
}

/**
 * Makes what is missing, and raises the number of copies where servers have come: when a connection was found,
 * and when a stream turned out to be gone; never as a part of failing over. Two members may do it at once: they
 * ask for the same.
 */
export async function prepareStreams(connection: NatsConnection, names: Names): Promise<void> {
  const manager = await managerOf(connection);
  await Promise.all(wantedStreams(names).map(wanted => prepare(manager, wanted, replicas(connection))));
}

export function managerOf(connection: NatsConnection): Promise<JetStreamManager> {
  return jetstreamManager(connection, { checkAPI: false, timeout: REQUEST_MS });
}

async function prepare(manager: JetStreamManager, wanted: Wanted, copies: number): Promise<void> {
  try {
    const { config } = await manager.streams.info(wanted.name);
    if (config.num_replicas < copies)
      await manager.streams.update(wanted.name, { num_replicas: copies }).catch(() => undefined);
  } catch (error) {
    if (!isMissing(error)) throw error;
    try {
      await manager.streams.add({ ...wanted, num_replicas: copies });
    } catch (refused) {
      throw new Error(`the stream ${wanted.name} cannot be made: ${reasonOf(refused)}`);
    }
  }
}
