import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import { FailureError } from '../../core/failure.ts';
import { shippedPath } from '../../installation.ts';

/** Where distributions put a server that is not in everybody's PATH. */
const ALSO = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin'];

/** The processes of the demo's cluster: a nats-server and a warmspare for each member, all in one folder. */
export class DemoMembers {
  private readonly children = new Map<string, ChildProcess>();
  private readonly ends = new Set<Promise<unknown>>();
  /** What members said, `name: sentence`. */
  readonly said: string[] = [];
  private port = 0;

  constructor(
    private readonly folder: string,
    private readonly relationships: Readonly<Record<string, unknown>>,
  ) {}

  /** A server with JetStream on loopback. */
  async startServer(env: NodeJS.ProcessEnv): Promise<void> {
    const program = programIn(env, 'nats-server');
    if (program === undefined) {
      throw new FailureError({
        failure: 'not-found',
        message:
          'there is no nats-server on this machine, and a cluster of several members speaks through one',
        hint: 'install it (apt install nats-server), and run the demo again; `warmspare demo` needs none',
      });
    }
    this.port = await freePort();
    const file = join(this.folder, 'nats.conf');
    writeFileSync(
      file,
      `listen: "127.0.0.1:${this.port}"\njetstream: {store_dir: "${join(this.folder, 'nats')}"}\n`,
    );
    this.begin('nats-server', program, ['-c', file]);
  }

  /** One that keeps its memory where an earlier process of that name left it. */
  start(member: string): void {
    const home = join(this.folder, member);
    mkdirSync(home, { recursive: true });
    const file = this.config(member);
    writeFileSync(
      file,
      stringify({
        version: 1,
        node: member,
        state: join(home, 'state'),
        relationships: this.relationships,
        cluster: { engine: 'nats', servers: [`nats://127.0.0.1:${this.port}`], name: 'demo' },
      }),
    );
    const child = this.begin(member, process.execPath, [shippedPath('bin/warmspare.js'), 'run', '-c', file]);
    createInterface({ input: child.stderr! }).on('line', line => {
      if (line.startsWith('{')) this.said.push(`${member}: ${JSON.parse(line).msg}`);
    });
  }

  /** The configuration file of a member. */
  config(member: string): string {
    return join(this.folder, member, 'warmspare.yaml');
  }

  /** As a power cut ends it: nothing is finished, nobody is told. */
  kill(member: string): void {
    this.children.get(member)?.kill('SIGKILL');
  }

  /** At once, where the demo itself is ended: nothing is left running. */
  killAll(): void {
    for (const child of this.children.values()) child.kill('SIGKILL');
  }

  /** Members in good order, then their server. */
  async stop(): Promise<void> {
    for (const [name, child] of this.children) if (name !== 'nats-server') child.kill('SIGTERM');
    const server = this.children.get('nats-server');
    await Promise.all(
      [...this.children].flatMap(([name, child]) => (name === 'nats-server' ? [] : ended(child))),
    );
    server?.kill('SIGTERM');
    await Promise.all(this.ends);
  }

  private begin(name: string, program: string, args: readonly string[]): ChildProcess {
    const { NOTIFY_SOCKET: _, ...env } = process.env;
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
    child.stderr!.resume();
    this.children.set(name, child);
    this.ends.add(ended(child));
    return child;
  }
}

function ended(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise(done => child.once('exit', done).once('error', done));
}

function programIn(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const folders = [...(env.PATH ?? '').split(delimiter), ...ALSO].filter(folder => folder !== '');
  return folders
    .map(folder => join(folder, name))
    .find(path => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise(done => server.close(done));
  return port;
}
