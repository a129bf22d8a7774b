import { performance } from 'node:perf_hooks';
import { isFailure } from '../../core/failure.ts';
import { backOff } from '../../core/replicator/state.ts';
import { judgeFor, type Trust } from './host-key.ts';
import { LIMITS, type Limits, Line, Unreached, unreached } from './line.ts';
import { waysIn } from './login.ts';
import type { Address } from './url.ts';

/** What is needed besides its address to get in. */
export interface Access extends Trust {
  /** File with the private key; absent: the agent's, and those that lie where ssh looks. */
  readonly key?: string;
}

/** Milliseconds between attempts; who asks in between is answered as the last one was. */
const PACE = { retry: 250, retryMax: 10_000 };

/** The connection of this process to one server: made when it is needed, and anew where it broke. */
export class Session {
  private line: Promise<Line> | undefined;
  private present: Line | undefined;
  private lines = 0;
  private failed: { readonly times: number; readonly until: number; readonly error: unknown } | undefined;

  constructor(
    readonly address: Address,
    private access: Access,
    private limits: Limits = LIMITS,
  ) {}

  /** Of the connection that there is now; undefined: there is none, and the next has a number of its own. */
  get number(): number | undefined {
    return this.present?.isOver === false ? this.present.number : undefined;
  }

  /** The connection, also a new one. Throws `Unreached`. */
  async open(): Promise<Line> {
    if (this.present?.isOver === true) {
      this.present = undefined;
      this.line = undefined;
    }
    if (this.line !== undefined) return this.line;
    if (this.failed !== undefined && performance.now() < this.failed.until) throw this.failed.error;
    this.line = this.connect();
    return this.line;
  }

  private async connect(): Promise<Line> {
    const { access } = this;
    try {
      const judge = await judgeFor(this.address, access);
      if (isFailure(judge)) throw new Unreached(judge, 'EHOSTKEY');
      const { utils } = (await import('ssh2')).default;
      const ways = await waysIn(this.address.user, access.key, utils.parseKey);
      if (isFailure(ways)) throw new Unreached(ways, 'EACCES');
      const line = await Line.to(this.address, ++this.lines, { judge, ways, limits: this.limits });
      if (access !== this.access) {
        line.break('ECONNRESET', 'was ended');
        throw unreached(this.address, new Error('its access was exchanged'));
      }
      this.failed = undefined;
      this.present = line;
      return line;
    } catch (thrown) {
      // Whatever it was, it is told as a failure, and never ends the process.
      const error = thrown instanceof Unreached ? thrown : unreached(this.address, thrown);
      // What was begun with another access says nothing of this one.
      if (access !== this.access) throw error;
      const times = (this.failed?.times ?? 0) + 1;
      this.failed = { times, until: performance.now() + backOff(PACE, times), error };
      this.line = undefined;
      throw error;
    }
  }

  /** From now on by this access. With another one the connection ends, and the next has a number of its own. */
  use(access: Access, limits: Limits = LIMITS): void {
    if (isSame(this.access, access)) return;
    this.close();
    this.access = access;
    this.limits = limits;
    this.present = undefined;
    this.line = undefined;
    this.failed = undefined;
  }

  /** Ends the connection that there is. */
  close(): void {
    this.present?.break('ECONNRESET', 'was ended');
  }
}

function isSame(one: Access, other: Access): boolean {
  const parts = ({ key, hostKey, knownHosts }: Access) => JSON.stringify([key, hostKey, knownHosts]);
  return parts(one) === parts(other);
}
