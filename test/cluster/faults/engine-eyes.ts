import { type Engine, type Stop, word } from '../../../src/cluster/engine.ts';
import { decodeLease, decodeRoute } from '../../../src/cluster/member/wire.ts';
import { decodeBeat, decodeRevision } from '../../../src/cluster/message.ts';
import { seenTopic } from '../../../src/cluster/topics.ts';
import { revisionId } from '../../../src/core/cluster/revision.ts';
import { ownerOf } from '../../../src/core/cluster/route.ts';
import type { History } from './history.ts';

/** A limit for hangs: a reader that has lost its consumer takes some seconds. */
const READ_MS = 60_000;

const EYES = { proc: 'reader', type: 'ok' } as const;

/**
 * Somebody who speaks with the engine as a member does, by a connection of its own, and only listens: notes rows of
 * the routing table, who coordinates, messages of the logs, and what capturing members say to be acknowledged.
 */
export class EngineEyes {
  private readonly stops: Stop[] = [];
  private reading: Promise<void> = Promise.resolve();
  /** By task: the last message of the log that was told here. */
  private readonly last = new Map<string, number>();

  constructor(
    private readonly engine: Engine,
    private readonly tasks: readonly string[],
    private readonly history: History,
  ) {
    this.stops.push(this.routes(), this.coordinator());
    for (const task of tasks) this.stops.push(this.log(task), this.acknowledged(task));
  }

  /** Ends when everything that the engine has is noted, as far as it says so; the engine is closed with it. */
  async close(): Promise<void> {
    await Promise.all(this.tasks.map(task => this.caughtUp(task)));
    for (const stop of this.stops) stop();
    await this.reading;
    await this.engine.close();
  }

  private async caughtUp(task: string): Promise<void> {
    const last = await this.engine
      .log(task)
      .last()
      .catch(() => undefined);
    await this.history.until(() => (this.last.get(task) ?? 0) >= (last?.sequence ?? 0), READ_MS);
  }

  private routes(): Stop {
    const seen = new Map<string, string>();
    return this.engine.table('routes').watch({
      entry: ({ value, revision }) => {
        const route = value === undefined ? undefined : decodeRoute(value);
        if (route === undefined || seen.get(route.task) === route.mark) return;
        seen.set(route.task, route.mark);
        const { task, epoch } = route;
        const of = ownerOf(route);
        const owner = of === undefined ? null : { member: of.owner, incarnation: of.incarnation };
        this.history.add({ ...EYES, op: 'own', task, revision, epoch, owner });
      },
      current: () => undefined,
    });
  }

  private coordinator(): Stop {
    let last = '';
    return this.engine.table('coordinator').watch({
      entry: ({ value }) => {
        const lease = value === undefined ? undefined : decodeLease(value);
        const member = lease === undefined || lease.resigned === true ? null : lease.holder;
        const term = lease?.term ?? 0;
        if (last === `${member} ${term}`) return;
        last = `${member} ${term}`;
        this.history.add({ ...EYES, op: 'coordinate', member, term });
      },
      current: () => undefined,
    });
  }

  private log(task: string): Stop {
    let log = 1;
    return this.engine.log(task).follow(0, ({ sequence: seq, id, bytes }) => {
      if (seq <= (this.last.get(task) ?? 0)) log += 1;
      this.last.set(task, seq);
      const mine = log;
      this.reading = this.reading.then(async () => {
        const told = await decodeRevision(task, bytes, this.engine.texts).catch(() => undefined);
        if (typeof told !== 'object') return;
        const files = Object.fromEntries([...told.revision.files].map(([path, { hash }]) => [path, hash]));
        this.history.add({ ...EYES, op: 'log', task, log: mine, seq, id, files });
      });
    });
  }

  private acknowledged(task: string): Stop {
    let last = '';
    return this.engine.hear(seenTopic(task), bytes => {
      const beat = decodeBeat(bytes);
      if (beat === undefined || beat.sequence === 0) return;
      const { capturer, sequence: seq } = beat;
      const id = revisionId(beat);
      if (last === `${id} ${seq}`) return;
      last = `${id} ${seq}`;
      this.history.add({ proc: word(capturer), type: 'ok', op: 'publish', task, id, seq });
    });
  }
}
