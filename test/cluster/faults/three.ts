import { NatsServer, type NatsSetup, startTogether } from '../../support/nats.ts';
import { streamState } from '../administrator.ts';
import type { Ground } from './ground.ts';
import { Lab } from './lab.ts';
import type { Way } from './relay.ts';

const CLIENTS = 4222;
const ROUTES = 6222;
/** Of the servers. */
export const HOSTS = ['s1', 's2', 's3'];

/** Three servers with JetStream, each on a host of its own; further hosts are for members. */
export class Three implements Ground {
  readonly lab: Lab;
  readonly servers: readonly NatsServer[];

  /** `runs`: what a member's program is run by on its host. */
  constructor(
    members: readonly string[] = [],
    setup: (at: number) => NatsSetup = () => ({}),
    private readonly runs: (member: string) => readonly string[] = () => [],
  ) {
    this.lab = new Lab([...HOSTS, ...members]);
    const addresses = HOSTS.map(host => this.lab.address(host));
    const cluster = { name: 'three', port: ROUTES, routes: addresses.map(each => `${each}:${ROUTES}`) };
    this.servers = addresses.map((host, at) => {
      const own = setup(at);
      const before = [...this.lab.on(HOSTS[at]!), ...(own.before ?? [])];
      return new NatsServer(CLIENTS, { ...own, host, cluster, before });
    });
  }

  static async started(...setup: ConstructorParameters<typeof Three>): Promise<Three> {
    const three = new Three(...setup);
    try {
      await startTogether(three.servers, 'new');
      return three;
    } catch (error) {
      await three.remove();
      throw error;
    }
  }

  get urls(): string[] {
    return this.servers.map(({ url }) => url);
  }

  serversFor(): readonly string[] {
    return this.urls;
  }

  before(member: string): readonly string[] {
    return [...this.lab.on(member), ...this.runs(member)];
  }

  cut(member: string): void {
    this.lab.part([member], HOSTS);
  }

  lose(member: string, way: Way): void {
    for (const host of HOSTS)
      if (way === 'out') this.lab.lose(member, host);
      else this.lab.lose(host, member);
  }

  heal(): void {
    this.lab.heal();
  }

  hostOf(server: NatsServer): string {
    return HOSTS[this.servers.indexOf(server)]!;
  }

  start(): Promise<void> {
    return startTogether(this.servers, 'known');
  }

  /** As a power cut of the processes alone, all at once. */
  async killAll(): Promise<void> {
    await Promise.all(this.servers.map(server => server.kill()));
  }

  /** The server that leads a stream of the members' engines. */
  async leader(stream?: string): Promise<NatsServer> {
    for (;;) {
      for (const server of this.servers) {
        const { leader } = await streamState(server, stream).catch(() => ({ leader: undefined }));
        const found = this.servers.find(({ name }) => name === leader);
        if (found !== undefined) return found;
      }
    }
  }

  async remove(): Promise<void> {
    await Promise.all(this.servers.map(server => server.remove()));
    this.lab.remove();
  }
}

/** Works with three servers that have started, and removes them whatever happens. */
export async function withThree(
  work: (three: Three) => Promise<void>,
  members: readonly string[] = [],
  setup: (at: number) => NatsSetup = () => ({}),
): Promise<void> {
  const three = await Three.started(members, setup);
  try {
    await work(three);
  } finally {
    await three.remove();
  }
}
