import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Access } from '../../src/connectors/sftp/session.ts';
import type { Address } from '../../src/connectors/sftp/url.ts';
import { ENDS_WITH_US } from './ends-with-us.ts';
import { freePort } from './nats.ts';

const PROGRAM = '/usr/sbin/sshd';

export interface SshdSetup {
  /** Of which type all keys are; ed25519 when absent. */
  readonly keys?: string;
  /** Whether commands may be run besides SFTP. */
  readonly runs?: boolean;
  /** What serves SFTP; OpenSSH's own part when absent. */
  readonly subsystem?: string;
}

/** A real OpenSSH server on a port of loopback, with keys of its own, in a folder of its own. */
export class Sshd {
  readonly folder = mkdtempSync(join(tmpdir(), 'warmspare-sshd-'));
  readonly said: string[] = [];
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly setup: SshdSetup,
  ) {
    this.makeKey('host');
    this.makeKey('user');
    writeFileSync(join(this.folder, 'authorized'), this.key('user'));
    this.know();
  }

  static async started(setup: SshdSetup = {}): Promise<Sshd> {
    const server = new Sshd(await freePort(), setup);
    await server.start();
    return server;
  }

  get address(): Address {
    return { user: userInfo().username, host: '127.0.0.1', port: this.port, path: '/' };
  }

  get access(): Access {
    return { key: join(this.folder, 'user'), knownHosts: [this.knownHosts] };
  }

  get knownHosts(): string {
    return join(this.folder, 'known_hosts');
  }

  /** A public key: `type base64`. */
  key(name: 'host' | 'user'): string {
    return readFileSync(join(this.folder, `${name}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');
  }

  /** Makes a key, in the place of the one before. */
  makeKey(name: 'host' | 'user'): void {
    const { keys: type = 'ed25519' } = this.setup;
    const file = join(this.folder, name);
    for (const old of [file, `${file}.pub`]) rmSync(old, { force: true });
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file]);
  }

  /** Puts the present host key into known_hosts. */
  know(): void {
    writeFileSync(this.knownHosts, `[127.0.0.1]:${this.port} ${this.key('host')}\n`);
  }

  async start(): Promise<void> {
    // As root sshd wants this folder; Debian's own service makes it.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
    const file = join(this.folder, 'sshd_config');
    writeFileSync(file, this.configuration());
    const [first, ...rest] = [...ENDS_WITH_US, PROGRAM, '-D', '-e', '-f', file];
    const child = spawn(first, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child = child;
    await new Promise<void>((ready, failed) => {
      child.once('error', failed);
      child.once('exit', () => failed(new Error(`sshd ended:\n${this.said.join('\n')}`)));
      createInterface({ input: child.stderr! }).on('line', line => {
        this.said.push(line);
        if (/Server listening/.test(line)) ready();
      });
    });
  }

  private configuration(): string {
    const { runs = false, subsystem = 'internal-sftp' } = this.setup;
    return [
      `Port ${this.port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(this.folder, 'host')}`,
      `AuthorizedKeysFile ${join(this.folder, 'authorized')}`,
      `PidFile ${join(this.folder, 'pid')}`,
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin yes',
      'PasswordAuthentication no',
      'MaxStartups 100',
      `Subsystem sftp ${subsystem}`,
      ...(runs ? [] : [`ForceCommand ${subsystem}`]),
      '',
    ].join('\n');
  }

  /** The processes that serve those who are connected now, from the first one on. */
  sessions(): number[] {
    return this.child?.pid === undefined ? [] : below(this.child.pid);
  }

  /** Ends it, with all that it serves. */
  async stop(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined) return;
    const pids = child.pid === undefined ? [] : below(child.pid);
    const ended = new Promise(done => child.once('exit', done));
    for (const pid of pids) signal(pid, 'SIGKILL');
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}

/** The processes below one, each before its own children. */
function below(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    const children = text === '' ? [] : text.split(' ').map(Number);
    return children.flatMap(child => [child, ...below(child)]);
  } catch {
    return [];
  }
}
