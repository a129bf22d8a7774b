import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Which way something is lost: from the client's side. */
export type Way = 'out' | 'in';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/**
 * Stands between a member and a server. What is lost on the way is what TCP makes of lost packets: nothing of it
 * comes while it lasts, and all of it, late, when it is over before anybody gave up. A cut is told to both
 * sides at once, as a machine that lives tells that nobody listens there.
 */
export class Relay {
  private readonly pairs = new Set<Pair>();
  private readonly lost = new Set<Way>();
  private isCut = false;
  /** What becomes of what a client says; of the same length. Each character is a byte. */
  edit: (text: string) => string = text => text;

  private constructor(
    private readonly listener: Server,
    private readonly target: { readonly host: string; readonly port: number },
  ) {
    listener.on('connection', client => this.join(client));
  }

  static async to(target: { readonly host: string; readonly port: number }): Promise<Relay> {
    const listener = createServer();
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return new Relay(listener, target);
  }

  get url(): string {
    const address = this.listener.address();
    return `nats://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  /** How many connections go through it. */
  get count(): number {
    return this.pairs.size;
  }

  /** Ends every connection, and each new one. */
  cut(): void {
    this.isCut = true;
    for (const pair of [...this.pairs]) this.end(pair);
  }

  /** Nothing goes that way any more; both ways: `stall`. */
  lose(way: Way): void {
    this.lost.add(way);
    this.turn();
  }

  stall(): void {
    for (const way of ['in', 'out'] as const) this.lose(way);
  }

  /** All is well again, and what was on the way comes. */
  heal(): void {
    this.isCut = false;
    this.lost.clear();
    this.turn();
  }

  async close(): Promise<void> {
    this.cut();
    if (!this.listener.listening) return;
    this.listener.close();
    await once(this.listener, 'close');
  }

  private join(client: Socket): void {
    if (this.isCut) return void client.destroy();
    const pair = { client, server: connect(this.target) };
    this.pairs.add(pair);
    const { server } = pair;
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.setNoDelay(true);
      from.on('data', bytes => {
        const isOut = from === client;
        if (!to.write(isOut ? this.edit(bytes.toString('latin1')) : bytes, 'latin1')) from.pause();
      });
      to.on('drain', () => this.turn());
      from.on('error', () => this.end(pair));
      from.on('close', () => this.end(pair));
    }
    this.turn();
  }

  /** Reads where something may come through. */
  private turn(): void {
    for (const { client, server } of this.pairs) {
      flow(client, this.lost.has('out') || server.writableNeedDrain);
      flow(server, this.lost.has('in') || client.writableNeedDrain);
    }
  }

  private end(pair: Pair): void {
    if (!this.pairs.delete(pair)) return;
    pair.client.destroy();
    pair.server.destroy();
  }
}

function flow(from: Socket, isStopped: boolean): void {
  if (isStopped) from.pause();
  else from.resume();
}
