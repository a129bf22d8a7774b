import {
  type ConnectionOptions,
  connect,
  createInbox,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
  type Status,
} from '@nats-io/transport-node';
import type { Failure, Place } from '../../core/failure.ts';
import { Contacts } from '../contacts.ts';
import { word } from '../engine.ts';
import { Queue } from '../queue.ts';
import { configurationFailure, forbidden, reasonOf } from './reasons.ts';
import { tooOld } from './versions.ts';

/** What a write or a read may take before it is `unknown`, or rejects. */
export const REQUEST_MS = 1500;

/** A server that answers nothing is dead to us after two pings that got no answer: between 1.2 and 1.8 s. */
const PING_MS = 600;
const PINGS_UNANSWERED = 2;

/** One try to reach a server that takes the connection and says nothing, as a stopped one does. */
const DIAL_MS = 1000;

/** Between two tries; spread, so that the members do not all come at once. */
const RETRY_MS = 250;

/** While a server refuses the credentials: somebody has to mend that. */
const REFUSED_MS = 5000;

export interface NatsOptions {
  readonly servers: readonly string[];
  /** Prefix of everything in NATS. */
  readonly name: string;
  /** This member's name: its inbox has it, so that a server can keep the others from listening there. */
  readonly node: string;
  readonly credentials?: {
    readonly kind: 'creds' | 'seed';
    readonly bytes: Uint8Array;
    readonly at?: Place;
  };
  /** Texts in PEM. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly at?: Place };
  /** One sentence for the log about what nobody asked for and somebody has to know. */
  readonly report?: (what: string) => void;
}

/** The connection to NATS: kept for ever, and told when it is lost and found. */
export class Line {
  readonly queue = new Queue();
  readonly contacts = new Contacts(deliver => this.queue.add(deliver));
  private readonly options: NatsOptions;
  private readonly openers = new Set<(connection: NatsConnection) => void>();
  private readonly reported = new Set<string>();
  private open: NatsConnection | undefined;
  private closing = false;
  private waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(options: NatsOptions) {
    this.options = options;
  }

  /** The address that is spoken to, or would be. */
  get address(): string {
    return this.open?.getServer() ?? this.options.servers.join(', ');
  }

  /** Undefined without contact: what would be sent now would only wait. */
  get connection(): NatsConnection | undefined {
    return this.contacts.now.is === 'there' ? this.open : undefined;
  }

  /** The connection, or an error that says why there is none. */
  reach(): NatsConnection {
    const now = this.contacts.now;
    if (now.is === 'lost') throw new Error(now.why);
    return this.open!;
  }

  /** What comes of it, or an error at once when contact is lost: the server's answer will not come any more. */
  whileThere<T>(answer: Promise<T>): Promise<T> {
    return new Promise((done, failed) => {
      const unlost = this.contacts.lost(why => failed(new Error(why)));
      answer.then(done, failed).finally(unlost);
    });
  }

  /**
   * The first try. Undefined also where no server is there: it goes on trying then. A Failure is a
   * configuration that no server will take.
   */
  async begin(): Promise<Failure | undefined> {
    const error = await this.dial();
    if (error === undefined) return undefined;
    const failure = this.failureOf(error);
    if (failure === undefined) this.again(error);
    return failure;
  }

  /** Calls the work for the connection that is open, and for each one that is opened in its place. */
  opened(work: (connection: NatsConnection) => void): () => void {
    this.openers.add(work);
    if (this.open !== undefined) work(this.open);
    return () => this.openers.delete(work);
  }

  /** A subject that only this member listens to. */
  inbox(): string {
    return createInbox(inboxPrefix(this.options));
  }

  /** One sentence for the log, once. */
  report(what: string): void {
    if (this.reported.has(what)) return;
    this.reported.add(what);
    this.options.report?.(what);
  }

  /** Waits until the server has what was sent, and no longer than that. */
  async lastWords(withinMs: number): Promise<void> {
    const connection = this.connection;
    if (connection === undefined) return;
    let late: ReturnType<typeof setTimeout> | undefined;
    const waited = new Promise<void>(done => {
      late = setTimeout(done, withinMs);
    });
    await Promise.race([connection.flush().catch(() => undefined), waited]);
    clearTimeout(late);
  }

  async close(): Promise<void> {
    this.closing = true;
    clearTimeout(this.waiting);
    this.queue.end();
    this.contacts.set({ is: 'lost', why: 'the engine was closed' });
    await this.open?.close();
  }

  /** The error, where it did not come to a connection. */
  private async dial(): Promise<unknown> {
    try {
      const connection = await connect(connectionOptions(this.options));
      if (this.closing) return void (await connection.close());
      this.open = connection;
      void this.attend(connection);
      for (const opener of this.openers) opener(connection);
      this.found();
      return undefined;
    } catch (error) {
      this.contacts.set({ is: 'lost', why: `${this.address}: ${reasonOf(error)}` });
      return error;
    }
  }

  private again(error: unknown): void {
    if (this.closing) return;
    const failure = this.failureOf(error);
    if (failure !== undefined) this.report(failure.message);
    const wait = failure === undefined ? retryDelay() : REFUSED_MS;
    this.waiting = setTimeout(async () => {
      const next = await this.dial();
      if (next !== undefined) this.again(next);
    }, wait);
  }

  private failureOf(error: unknown): Failure | undefined {
    const { credentials, tls } = this.options;
    return configurationFailure(error, this.address, {
      ...(credentials?.at === undefined ? {} : { credentials: credentials.at }),
      ...(tls?.at === undefined ? {} : { tls: tls.at }),
    });
  }

  private async attend(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) this.heard(status);
    const error = await connection.closed();
    if (this.closing) return;
    // The library gives up where it cannot even try; we never do.
    this.open = undefined;
    this.contacts.set({ is: 'lost', why: `${this.address}: ${reasonOf(error ?? 'closed')}` });
    this.again(error);
  }

  private found(): void {
    this.contacts.set({ is: 'there' });
    const info = this.open?.info;
    const doubt = info === undefined ? undefined : tooOld(info);
    if (doubt !== undefined) this.report(doubt);
  }

  private heard(status: Status): void {
    if (this.closing) return;
    if (status.type === 'disconnect')
      this.contacts.set({ is: 'lost', why: `${status.server} does not answer any more` });
    else if (status.type === 'reconnect') this.found();
    else if (status.type === 'error') this.report(forbidden(status.error) ?? reasonOf(status.error));
  }
}

/** Between 0.75 and 1.25 of the wait. */
export function retryDelay(): number {
  return RETRY_MS * (0.75 + Math.random() / 2);
}

/** A server can give each member the right to its own inbox alone. */
function inboxPrefix({ node }: NatsOptions): string {
  return `_INBOX.${word(node)}`;
}

function connectionOptions(options: NatsOptions): ConnectionOptions {
  const { servers, credentials, tls } = options;
  const encrypted = tls !== undefined || servers.some(server => server.startsWith('tls:'));
  return {
    servers: [...servers],
    name: `warmspare ${options.node}`,
    inboxPrefix: inboxPrefix(options),
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: retryDelay,
    // A server that refuses us once may be one that has not read its new configuration.
    ignoreAuthErrorAbort: true,
    pingInterval: PING_MS,
    maxPingOut: PINGS_UNANSWERED,
    timeout: DIAL_MS,
    ...(credentials === undefined
      ? {}
      : {
          authenticator:
            credentials.kind === 'creds'
              ? credsAuthenticator(credentials.bytes)
              : nkeyAuthenticator(credentials.bytes),
        }),
    // Once TLS is asked for nothing goes without: the library refuses a server that has none.
    ...(encrypted ? { tls: pem(tls) } : {}),
  };
}

function pem(tls: NatsOptions['tls'] = {}): { ca?: string; cert?: string; key?: string } {
  const { at: _, ...texts } = tls;
  return texts;
}
