import { connect, type Socket } from 'node:net';
import type { AnyAuthMethod, Client, SFTPWrapper } from 'ssh2';
import type { Failure } from '../../core/failure.ts';
import { code } from '../file/place.ts';
import type { Judge } from './host-key.ts';
import { type Address, urlOf } from './url.ts';

/** Milliseconds until a server, or one answer of it, is given up. */
export interface Limits {
  readonly connectMs: number;
  readonly callMs: number;
}

export const LIMITS: Limits = { connectMs: 15_000, callMs: 30_000 };

/** What a file system says of a name. */
const OF_NAMES = ['ENOENT', 'ENOTDIR', 'EEXIST', 'ENOTEMPTY'];

/** No connection, and why in words; its `code` is what a file system would say. */
export class Unreached extends Error {
  readonly code: string;

  constructor(
    readonly failure: Failure,
    reason: string,
  ) {
    super(failure.message);
    // Who cannot ask must not hear that nothing is there.
    this.code = OF_NAMES.includes(reason) ? 'ECONNRESET' : reason;
  }
}

/** What a transaction cannot do without, by the names that OpenSSH gives them. */
const NEEDED = ['posix-rename@openssh.com', 'hardlink@openssh.com', 'fsync@openssh.com'];

/** In the order in which ssh2 asks for them by itself. */
const HOST_KEYS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

/** A call is given up after so many times its limit, whatever else the server answers. */
const ROUNDS = 10;

type Done<T> = (error: unknown, value?: T) => void;

/**
 * One connection to a server, with its SFTP channel. ssh2 answers no call that a close overtakes, and none that the
 * server never answers: so each has a time limit, and with the first that passes it the connection is given up. Of the calls
 * that were under way then nobody knows whether they were carried out, or still will be: see `SftpDisk`.
 */
export class Line {
  private readonly waiting = new Set<(error: Error) => void>();
  private end: Error | undefined;

  private constructor(
    readonly number: number,
    private readonly address: Address,
    private readonly limits: Limits,
    private readonly socket: Socket,
    readonly client: Client,
    readonly sftp: SFTPWrapper,
  ) {
    for (const emitter of [socket, client, sftp] as NodeJS.EventEmitter[]) {
      emitter.on('close', () => this.break('ECONNRESET', 'was closed'));
      emitter.on('error', () => this.break('ECONNRESET', 'broke'));
    }
    client.on('end', () => this.break('ECONNRESET', 'was ended by the server'));
    // An idle connection keeps no process from its end.
    socket.unref();
  }

  static async to(
    address: Address,
    number: number,
    { judge, ways, limits }: { judge: Judge; ways: AnyAuthMethod[]; limits: Limits },
  ): Promise<Line> {
    const socket = connect({ host: address.host, port: address.port, noDelay: true });
    const { Client } = (await import('ssh2')).default;
    const client = new Client();
    let timer: NodeJS.Timeout | undefined;
    let refused: Failure | undefined;
    const met: Met = { isLoggingIn: false, agent: undefined };
    try {
      const sftp = await new Promise<SFTPWrapper>((done, fail) => {
        timer = setTimeout(() => fail(errorOf('ETIMEDOUT')), limits.connectMs);
        for (const emitter of [socket, client] as NodeJS.EventEmitter[])
          emitter
            .on('error', error => {
              // After it ssh2 goes on to the next way in.
              if (error.level === 'agent') met.agent = error;
              else fail(error);
            })
            .on('close', () => fail(errorOf('ECONNRESET')));
        client.on('handshake', () => {
          met.isLoggingIn = true;
        });
        client.on('ready', () => {
          met.isLoggingIn = false;
          client.setNoDelay(true);
          client.sftp((error, channel) =>
            error === undefined || error === null ? done(channel) : fail(error),
          );
        });
        client.connect({
          sock: socket,
          username: address.user,
          authHandler: ways,
          readyTimeout: 0,
          algorithms: { serverHostKey: orderOf(judge.types) },
          hostVerifier: (key: Buffer) => {
            refused = judge.refuse(key);
            return refused === undefined;
          },
        });
      });
      const missing = NEEDED.filter(name => extensionsOf(sftp)[name] === undefined);
      if (missing.length > 0) throw new Unreached(lacking(address, missing), 'EOPNOTSUPP');
      return new Line(number, address, limits, socket, client, sftp);
    } catch (error) {
      client.on('error', () => undefined);
      socket.on('error', () => undefined);
      client.destroy();
      socket.destroy();
      if (refused !== undefined) throw new Unreached(refused, 'EHOSTKEY');
      if (error instanceof Unreached) throw error;
      throw unreached(address, error, met);
    } finally {
      clearTimeout(timer);
    }
  }

  get isOver(): boolean {
    return this.end !== undefined;
  }

  /** The program at the other end, as it calls itself. */
  get server(): string {
    return (this.client as unknown as { _remoteVer?: string })._remoteVer ?? 'an SSH server';
  }

  has(extension: string): boolean {
    return extensionsOf(this.sftp)[extension] !== undefined;
  }

  /** Makes one call; rejects where it is not answered in time, or the connection breaks before. */
  call<T>(begin: (line: this, done: Done<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.end !== undefined) return reject(this.end);
      let [timer, heard, rounds] = [undefined as NodeJS.Timeout | undefined, -1, 0];
      const watch = () => {
        // What waits behind others on a slow line is not given up while their answers come.
        if (heard === this.socket.bytesRead || rounds++ === ROUNDS)
          return this.break('ETIMEDOUT', `gave no answer for ${(rounds * this.limits.callMs) / 1000} s`);
        heard = this.socket.bytesRead;
        timer = setTimeout(watch, this.limits.callMs);
      };
      watch();
      const settle = () => {
        clearTimeout(timer);
        this.waiting.delete(give);
        if (this.waiting.size === 0) this.socket.unref();
      };
      const give = (error: Error) => {
        settle();
        reject(error);
      };
      this.waiting.add(give);
      this.socket.ref();
      try {
        begin(this, (error, value) => {
          // What ssh2 answers to when a connection ends is no word of the server's.
          if (!this.waiting.has(give)) return;
          settle();
          if (error === undefined || error === null) return resolve(value as T);
          reject(isOfServer(error) ? error : (this.end ?? errorOf('ECONNRESET', (error as Error).message)));
        });
      } catch (error) {
        give(this.end ?? (error as Error));
      }
    });
  }

  /** Ends it: whatever waits for an answer is told so. */
  break(reason: string, why: string): void {
    if (this.end !== undefined) return;
    this.end = errorOf(reason, `the connection to ${urlOf(this.address)} ${why}`);
    for (const give of [...this.waiting]) give(this.end);
    this.client.destroy();
    this.socket.destroy();
  }
}

function extensionsOf(sftp: SFTPWrapper): Readonly<Record<string, string>> {
  return (sftp as unknown as { _extensions: Record<string, string> })._extensions;
}

function errorOf(reason: string, message = reason): Error {
  return Object.assign(new Error(message), { code: reason });
}

/** A server's own answers have a number. */
function isOfServer(error: unknown): boolean {
  return typeof (error as { code?: unknown }).code === 'number';
}

/** Those that a server is known by come first, so that it shows one of them. */
function orderOf(types: readonly string[]): (typeof HOST_KEYS)[number][] {
  const known = types.flatMap(type => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type]));
  const first = HOST_KEYS.filter(name => known.includes(name));
  return [...first, ...HOST_KEYS.filter(name => !known.includes(name))];
}

function lacking(address: Address, missing: readonly string[]): Failure {
  return {
    failure: 'unsupported',
    message: `the SFTP server of ${urlOf(address)} has no ${missing.join(', no ')}: without it no file can be replaced whole and for good`,
    hint: 'use OpenSSH’s sftp-server 6.5 or newer, without a list of requests that leaves it out (-P, -p)',
  };
}

/** What happened on the way in. */
interface Met {
  /** The host key was the right one, and nobody is let in yet. */
  isLoggingIn: boolean;
  /** Why the agent could not be used. */
  agent: unknown;
}

/** Why there is no connection, whatever was thrown. */
export function unreached(address: Address, error: unknown, met?: Met): Unreached {
  const { level } = error as { level?: string };
  const name = urlOf(address);
  const notIn = `${name}: ${address.user} is not let in`;
  if (met?.isLoggingIn === true && isOfServer(error))
    return new Unreached(
      {
        failure: 'root-missing',
        message: `${notIn} (${whyOf(error)})`,
        hint: 'name one key as `key:` beside the url: of an agent’s keys each one is an attempt',
      },
      'EACCES',
    );
  if (level === 'client-authentication') {
    const agent = met?.agent === undefined ? '' : `; the agent cannot be used (${whyOf(met.agent)})`;
    return new Unreached(
      {
        failure: 'root-missing',
        message: `${notIn} with any key that there is${agent}`,
        hint: `put the public key into ${address.user}’s authorized_keys there; \`ssh -p ${address.port} ${address.user}@${address.host}\` shows whether it works`,
      },
      'EACCES',
    );
  }
  return new Unreached(
    {
      failure: 'root-missing',
      message: `${name} cannot be reached (${whyOf(error)})`,
      hint: 'check that the machine runs, and its sshd with the sftp subsystem; it is tried again',
    },
    reasonOf(error) ?? 'ECONNRESET',
  );
}

/** A server's own reason is a number, and no file system's. */
function reasonOf(error: unknown): string | undefined {
  const reason: unknown = code(error);
  return typeof reason === 'string' ? reason : undefined;
}

/** In one line: a server may write what it wants. */
function whyOf(error: unknown): string {
  return reasonOf(error) ?? (error as Error).message.replace(/\p{C}+/gu, ' ').slice(0, 200);
}
