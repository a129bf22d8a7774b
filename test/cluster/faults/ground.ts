import { openNats } from '../../../src/cluster/nats/engine.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { NatsServer } from '../../support/nats.ts';
import { EngineEyes } from './engine-eyes.ts';
import { Relay, type Way } from './relay.ts';
import { type Round, type RoundSetup, withRound } from './round.ts';

/** What the members of a round stand on: an engine, and ways to it that can be lost. */
export interface Ground {
  /** Addresses that nothing happens to, for whoever looks on. */
  readonly urls: readonly string[];
  /** Addresses that a member is given. */
  serversFor(member: string): readonly string[];
  /** What a member is run by. */
  before(member: string): readonly string[];
  /** Parts a member from the engine, both ways. */
  cut(member: string): void;
  lose(member: string, way: Way): void;
  heal(): void;
  remove(): Promise<void>;
}

/** One real server, with a relay for each member. */
export class OneServer implements Ground {
  private constructor(
    readonly server: NatsServer,
    private readonly relays: ReadonlyMap<string, Relay>,
  ) {}

  static async started(members: readonly string[]): Promise<OneServer> {
    const server = await NatsServer.started();
    const relays = new Map<string, Relay>();
    for (const member of members) relays.set(member, await Relay.to(server));
    return new OneServer(server, relays);
  }

  get urls(): readonly string[] {
    return [this.server.url];
  }

  serversFor(member: string): readonly string[] {
    return [this.relays.get(member)!.url];
  }

  before(): readonly string[] {
    return [];
  }

  cut(member: string): void {
    this.relays.get(member)!.cut();
  }

  lose(member: string, way: Way): void {
    this.relays.get(member)!.lose(way);
  }

  heal(): void {
    for (const relay of this.relays.values()) relay.heal();
  }

  async remove(): Promise<void> {
    for (const relay of this.relays.values()) await relay.close();
    await this.server.remove();
  }
}

const NAME = 'test';

/** Faults of a ground that are in the history. */
export type Faults = Pick<Ground, 'cut' | 'lose' | 'heal'>;

/** A round whose members have an engine, with an observer of it; the ground is removed with it, whatever happens. */
export async function withCluster<G extends Ground>(
  ground: G,
  setup: Omit<RoundSetup, 'cluster' | 'before'>,
  work: (round: Round, faults: Faults) => Promise<void>,
): Promise<void> {
  const cluster = (member: string) => ({
    engine: 'nats',
    servers: [...ground.serversFor(member)],
    name: NAME,
  });
  try {
    await withRound({ ...setup, cluster, before: member => ground.before(member) }, async round => {
      const engine = await openNats({ servers: ground.urls, name: NAME, node: 'eyes' });
      if (isFailure(engine)) throw new Error(engine.message);
      const eyes = new EngineEyes(engine, round.workload.tasks, round.history);
      round.afterwards(() => eyes.close());
      await work(round, noted(ground, round));
    });
  } finally {
    await ground.remove();
  }
}

function noted(ground: Ground, round: Round): Faults {
  return {
    cut: member => {
      round.fault('cut', member);
      ground.cut(member);
    },
    lose: (member, way) => {
      round.fault(`lose ${way}`, member);
      ground.lose(member, way);
    },
    heal: () => {
      round.fault('heal', 'all');
      ground.heal();
    },
  };
}
