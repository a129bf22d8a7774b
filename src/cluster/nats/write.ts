import { jetstream, type PubAck } from '@nats-io/jetstream';
import type { MsgHdrs } from '@nats-io/transport-node';
import type { Written } from '../engine.ts';
import { type Line, REQUEST_MS } from './line.ts';
import type { Streams } from './prepared.ts';
import { isConflict, reasonOf } from './reasons.ts';

export interface Write {
  readonly subject: string;
  readonly bytes: Uint8Array;
  /** Sequence of the last message of that subject; 0: there is none. */
  readonly last?: number;
  /** Within the stream: the same one is written once. */
  readonly id?: string;
  readonly headers?: MsgHdrs;
  /** How long the answer may take. */
  readonly withinMs?: number;
}

/** One write, tried once: what came of it is for the caller to judge. Never rejects. */
export async function write(line: Line, streams: Streams, what: Write): Promise<Written> {
  try {
    const ack = await line.whileThere(publish(line, what));
    return { is: 'written', revision: ack.seq };
  } catch (error) {
    if (isConflict(error)) return { is: 'conflict' };
    // Nobody answering can mean that the stream is gone. Whoever writes next finds it again.
    if (line.connection !== undefined) void streams.prepare();
    return { is: 'unknown', why: reasonOf(error) };
  }
}

async function publish(
  line: Line,
  { subject, bytes, last, id, headers, withinMs = REQUEST_MS }: Write,
): Promise<PubAck> {
  const connection = line.reach();
  return await jetstream(connection, { timeout: withinMs }).publish(subject, bytes, {
    timeout: withinMs,
    ...(id === undefined ? {} : { msgID: id }),
    ...(headers === undefined ? {} : { headers }),
    ...(last === undefined ? {} : { expect: { lastSubjectSequence: last } }),
  });
}
