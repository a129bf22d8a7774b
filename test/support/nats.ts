import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { ENDS_WITH_US } from './ends-with-us.ts';
import { untilStopped } from './stopped.ts';

/** Between two looks whether servers have found together, in milliseconds. */
const LOOK_MS = 50;
/** Limits for hangs only: until servers have found each other, and until one answers a question. */
const TOGETHER_MS = 180_000;
/** They take some five seconds; a start that takes longer comes to nothing most often. */
const BEGIN_MS = 30_000;
/** So much of how they stand is said, where that is not the end of it. */
const SAID = 500;
const ANSWER_MS = 10_000;
const MONITOR = /http monitor on \S+:(\d+)/;
const PROGRAM = '/usr/sbin/nats-server';

export interface NatsSetup {
  /** Further lines of the server's configuration, and further entries of its parts about JetStream and routes. */
  readonly lines?: readonly string[];
  readonly jetstream?: readonly string[];
  readonly routing?: readonly string[];
  /** Configuration for a part of a cluster; routes as `host:port`. */
  readonly cluster?: { readonly name: string; readonly port: number; readonly routes: readonly string[] };
  readonly port?: number;
  /** Where it listens; loopback when absent. */
  readonly host?: string;
  /** Where JetStream keeps what it has, where that is no folder of the server's own. */
  readonly store?: string;
  /** The program, where it is not Debian's; and what is run before it, with the program as its arguments. */
  readonly program?: string;
  readonly before?: readonly string[];
}

/** A real server with JetStream, in a folder of its own. */
export class NatsServer {
  readonly port: number;
  readonly folder = mkdtempSync(join(tmpdir(), 'warmspare-nats-'));
  readonly said: string[] = [];
  private child: ChildProcess | undefined;
  private readonly looks = new Set<() => void>();

  constructor(
    port: number,
    private readonly setup: NatsSetup = {},
  ) {
    this.port = port;
    writeFileSync(join(this.folder, 'nats.conf'), configuration(this, setup));
  }

  static async make(setup: NatsSetup = {}): Promise<NatsServer> {
    return new NatsServer(setup.port ?? (await freePort()), setup);
  }

  static async started(setup: NatsSetup = {}): Promise<NatsServer> {
    const server = await NatsServer.make(setup);
    await server.start();
    return server;
  }

  /** As it calls itself. */
  get name(): string {
    return `s-${this.host}-${this.port}`.replaceAll('.', '-');
  }

  get url(): string {
    return `nats://${this.host}:${this.port}`;
  }

  get host(): string {
    return this.setup.host ?? '127.0.0.1';
  }

  get store(): string {
    return this.setup.store ?? join(this.folder, 'store');
  }

  /** Starts it, and waits until it says that it is ready. */
  async start(): Promise<void> {
    const from = this.said.length;
    const { before = [], program = PROGRAM } = this.setup;
    const words = [...before, program, '-c', join(this.folder, 'nats.conf')];
    const [first, ...rest] = [...ENDS_WITH_US, ...words];
    const child = spawn(first, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child = child;
    createInterface({ input: child.stderr! }).on('line', line => {
      this.said.push(line);
      for (const look of [...this.looks]) look();
    });
    const ended = new Promise<never>((_, failed) => {
      child.once('error', failed);
      child.once('exit', () => failed(new Error(`nats-server ended:\n${this.said.join('\n')}`)));
    });
    ended.catch(() => undefined);
    await Promise.race([this.says(/Server is ready/, from), ended]);
  }

  /** Resolves when a line of its log, from `from` on, matches. */
  says(pattern: RegExp, from = 0): Promise<void> {
    return new Promise(done => {
      const look = () => {
        if (!this.said.slice(from).some(line => pattern.test(line))) return;
        this.looks.delete(look);
        done();
      };
      this.looks.add(look);
      look();
    });
  }

  /** What its monitoring says under that name; undefined: nothing just now. */
  async monitor(name: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const [, port] = this.said.findLast(line => MONITOR.test(line))?.match(MONITOR) ?? [];
    try {
      const answer = await fetch(`http://${this.host}:${port}/${name}`, {
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      return (await answer.json()) as Record<string, unknown>;
    } catch {
      return undefined;
    }
  }

  /** Ends it like a power cut of the process alone. */
  async kill(): Promise<void> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>(done => child.once('exit', () => done()));
    child.kill('SIGKILL');
    await ended;
  }

  /** As it is in a machine that hangs: it takes connections and says nothing. Resolves when no thread of it runs. */
  async freeze(): Promise<void> {
    const child = this.child!;
    child.kill('SIGSTOP');
    await untilStopped(child.pid!);
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  /** Everything that JetStream had is gone; only while it does not run. */
  empty(): void {
    rmSync(this.store, { recursive: true, force: true });
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Three servers on loopback that know each other. */
export async function natsCluster(setup: (at: number) => NatsSetup = () => ({})): Promise<NatsServer[]> {
  const ports: number[] = [];
  for (let at = 0; at < 6; at++) ports.push(await freePort(ports));
  const routes = ports.slice(3);
  const addresses = routes.map(port => `127.0.0.1:${port}`);
  const servers = routes.map(
    (port, at) =>
      new NatsServer(ports[at]!, { ...setup(at), cluster: { name: 'three', port, routes: addresses } }),
  );
  await startTogether(servers, 'new');
  return servers;
}

/**
 * Starts servers of one cluster, and waits until JetStream works over all of them. On a busy machine those that begin
 * at one moment can end without a leader, or two of them without the third, and stay so: then they are started once
 * more, and new ones from nothing.
 */
export async function startTogether(servers: readonly NatsServer[], are: 'new' | 'known'): Promise<void> {
  const from = performance.now();
  for (;;) {
    await Promise.all(servers.map(server => server.start()));
    const begun = performance.now();
    while (performance.now() - begun < BEGIN_MS) {
      if (await areTogether(servers)) return;
      await pause(LOOK_MS);
    }
    const told = await apart(servers);
    if (performance.now() - from > TOGETHER_MS) throw new Error(told);
    console.warn(`started once more: ${told.slice(0, SAID)}`);
    await Promise.all(servers.map(server => server.kill()));
    if (are === 'new') for (const server of servers) server.empty();
  }
}

/** How each of them stands, in its own words. */
async function apart(servers: readonly NatsServer[]): Promise<string> {
  const ways = ['healthz', 'jsz', 'routez'] as const;
  const said = await Promise.all(servers.map(server => Promise.all(ways.map(way => server.monitor(way)))));
  const told = said.map(each => JSON.stringify(each).slice(0, 3_000));
  return ['servers do not find each other', ...told].join('\n');
}

/** Each is well by its own word, and the one that leads has all others. */
async function areTogether(servers: readonly NatsServer[]): Promise<boolean> {
  const health = await Promise.all(servers.map(server => server.monitor('healthz')));
  if (!health.every(each => each?.status === 'ok')) return false;
  const all = await Promise.all(servers.map(server => server.monitor('jsz')));
  return all.some(each => {
    const meta = each?.meta_cluster as Meta | undefined;
    const replicas = meta?.replicas ?? [];
    return replicas.length === servers.length - 1 && replicas.every(({ offline }) => offline !== true);
  });
}

/** What the server that leads JetStream says of the others; those say nothing of it. */
interface Meta {
  readonly replicas?: readonly { readonly offline?: boolean }[];
}

/** A port of loopback that nobody has, and none of those. */
export async function freePort(others: readonly number[] = []): Promise<number> {
  const probe = createServer();
  await new Promise<void>(done => probe.listen(0, '127.0.0.1', done));
  const address = probe.address();
  await new Promise<void>(done => probe.close(() => done()));
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return others.includes(port) ? freePort(others) : port;
}

function configuration(
  server: NatsServer,
  { lines = [], jetstream = [], routing = [], cluster }: NatsSetup,
): string {
  const { host } = server;
  const limits = ['max_file_store: 2GB', 'max_memory_store: 64MB', ...jetstream].join(', ');
  return [
    `server_name: ${server.name}`,
    `listen: "${host}:${server.port}"`,
    `http: "${host}:-1"`,
    `jetstream: {store_dir: "${server.store}", ${limits}}`,
    ...(cluster === undefined
      ? []
      : [
          `cluster: {name: ${cluster.name}, listen: "${host}:${cluster.port}", routes: [${cluster.routes
            .map(address => `"nats://${address}"`)
            .join(', ')}]${routing.map(entry => `, ${entry}`).join('')}}`,
        ]),
    ...lines,
    '',
  ].join('\n');
}
