import type { JetStreamManager, StoredMsg, StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { type Line, retryDelay } from './line.ts';
import type { Names } from './names.ts';
import { isMissing, reasonOf } from './reasons.ts';
import { managerOf, prepareStreams } from './streams.ts';

/** Sees to it that the streams are there: after each contact, and when somebody finds one missing. */
export class Streams {
  private readonly line: Line;
  private readonly names: Names;
  private preparing: Promise<void> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly managers = new WeakMap<NatsConnection, Promise<JetStreamManager>>();

  constructor(line: Line, names: Names) {
    this.line = line;
    this.names = names;
    line.contacts.found(() => this.prepare());
    this.prepare();
  }

  /** Asks at once whether all are there; tried again until they are, or contact is lost. */
  prepare(): Promise<void> {
    this.preparing ??= this.attempt().finally(() => {
      this.preparing = undefined;
    });
    return this.preparing;
  }

  /** What the stream is now; one that is missing is made first, where this member may. */
  async info(manager: JetStreamManager, stream: string): Promise<StreamInfo> {
    try {
      return await manager.streams.info(stream);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.prepare();
      return await manager.streams.info(stream);
    }
  }

  manager(connection: NatsConnection): Promise<JetStreamManager> {
    const known = this.managers.get(connection) ?? managerOf(connection);
    this.managers.set(connection, known);
    return known;
  }

  /** The newest message of a subject as some server has it; null: there is none. Rejects without contact. */
  async newest(stream: string, subject: string): Promise<StoredMsg | null> {
    const manager = await this.manager(this.line.reach());
    return await this.line.whileThere(manager.direct.getMessage(stream, { last_by_subj: subject }));
  }

  /** The same as the server has it that leads the stream, which decides what is written. */
  async decided(stream: string, subject: string): Promise<StoredMsg | null> {
    const manager = await this.manager(this.line.reach());
    return await this.line.whileThere(manager.streams.getMessage(stream, { last_by_subj: subject }));
  }

  close(): void {
    clearTimeout(this.retry);
  }

  private async attempt(): Promise<void> {
    clearTimeout(this.retry);
    const connection = this.line.connection;
    if (connection === undefined) return;
    try {
      await prepareStreams(connection, this.names);
    } catch (error) {
      this.line.report(reasonOf(error));
      // A member that may not make them waits for one that may.
      if (this.line.connection !== undefined)
        this.retry = setTimeout(() => void this.prepare(), retryDelay());
    }
  }
}
