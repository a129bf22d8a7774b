import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/cluster/engine.ts';
import { SEED } from '../../runs.ts';
import { Random } from '../../sim/random.ts';
import { NatsServer } from '../../support/nats.ts';
import { opened } from '../nats-world.ts';
import { bytes, text } from '../seen.ts';
import { untilContact } from '../world.ts';
import { type Attempt, isLinearizable } from './register.ts';
import { Relay } from './relay.ts';

const NEVER = Number.POSITIVE_INFINITY;
const read = (begin: number, end: number, found: number | undefined): Attempt => ({
  ...{ begin, end },
  does: { is: 'read', found },
});
const put = (
  begin: number,
  end: number,
  expected: number | undefined,
  came: 'written' | 'conflict' | 'unknown' = 'written',
): Attempt => ({ begin, end, does: { is: 'put', expected, came } });

describe('a register', () => {
  it.each<readonly [string, readonly Attempt[]]>([
    ['one after the other', [put(1, 2, undefined), read(3, 4, 0), put(5, 6, 0), read(7, 8, 2)]],
    ['a read beside a write, before it', [put(1, 9, undefined), read(2, 3, undefined), read(4, 5, 0)]],
    ['of two writers one', [put(1, 5, undefined), put(2, 4, undefined, 'conflict'), read(6, 7, 0)]],
    ['an unknown write that happened', [put(1, NEVER, undefined, 'unknown'), read(2, 3, 0)]],
    [
      'an unknown write that did not',
      [put(1, NEVER, undefined, 'unknown'), put(2, 3, undefined), read(4, 5, 1)],
    ],
    [
      'an unknown write that happened late',
      [put(1, NEVER, undefined, 'unknown'), read(2, 3, undefined), read(4, 5, 0)],
    ],
  ])('can be so: %s', (_, attempts) => {
    expect(isLinearizable(attempts)).toBe(true);
  });

  it.each<readonly [string, readonly Attempt[]]>([
    ['a write that is lost', [put(1, 2, undefined), read(3, 4, undefined)]],
    ['two writers that both win', [put(1, 5, undefined), put(2, 4, undefined)]],
    ['a conflict with nobody', [put(1, 2, undefined, 'conflict')]],
    ['a read that goes back', [put(1, 2, undefined), put(3, 9, 0), read(4, 5, 1), read(6, 7, 0)]],
    [
      'an unknown write that happened, and then not',
      [put(1, NEVER, undefined, 'unknown'), read(2, 3, 0), read(4, 5, undefined)],
    ],
  ])('cannot be so: %s', (_, attempts) => {
    expect(isLinearizable(attempts)).toBe(false);
  });
});

/** Of each member; and which of them meet a way to the server that is cut, or loses the answer. */
const ATTEMPTS = 20;
const CUT = 0.15;
const ANSWER_LOST = new Set([6, 13]);
const KEY = 'lease';
const NODES = ['nas1', 'nas2', 'nas3'];
/** Each so many-th attempt is made by all at once. */
const TOGETHER = 4;

/** What all members did on one key, each through a relay of its own. */
class Contest {
  readonly attempts: Attempt[] = [];
  private readonly random = new Random(SEED);
  /** By attempt: who has read, and waits for the others. */
  private readonly read = new Map<number, (() => void)[]>();

  constructor(private readonly members: number) {}

  /** Writes over what it reads, again and again, whatever comes of it. */
  async contend(engine: Engine, relay: Relay): Promise<void> {
    const table = engine.table('coordinator');
    for (let at = 0; at < ATTEMPTS; at++) {
      await untilContact(engine, 'there');
      const found = await table.get(KEY).catch(() => 'lost' as const);
      if (at % TOGETHER === 0) await this.everybody(at);
      if (found === 'lost') continue;
      if (ANSWER_LOST.has(at)) relay.lose('in');
      else if (this.random.chance(CUT)) relay.cut();
      const value = text(found?.value);
      const number = this.begin(value === undefined ? undefined : Number(value));
      const written = await table.put(KEY, bytes(String(number)), found?.revision);
      this.end(number, written.is);
      relay.heal();
    }
  }

  /** All have read the same, so that only one of them can write over it. */
  private everybody(at: number): Promise<void> {
    return new Promise(done => {
      const waiting = [...(this.read.get(at) ?? []), done];
      this.read.set(at, waiting);
      if (waiting.length === this.members) for (const go of waiting) go();
    });
  }

  private begin(expected: number | undefined): number {
    this.attempts.push(put(performance.now(), NEVER, expected, 'unknown'));
    return this.attempts.length - 1;
  }

  private end(number: number, came: 'written' | 'conflict' | 'unknown'): void {
    const { begin, does } = this.attempts[number]!;
    if (came === 'unknown' || does.is === 'read') return;
    this.attempts[number] = put(begin, performance.now(), does.expected, came);
  }

  came(how: 'written' | 'conflict' | 'unknown'): number {
    return this.attempts.filter(({ does }) => does.is === 'put' && does.came === how).length;
  }
}

describe('a key of the engine', () => {
  it('is one register to members whose ways to the server are cut, and lose answers', async () => {
    const server = await NatsServer.started();
    const contest = new Contest(NODES.length);
    const engines: Engine[] = [];
    const relays: Relay[] = [];
    try {
      for (const node of NODES) {
        const relay = await Relay.to(server);
        relays.push(relay);
        engines.push(await opened({ servers: [relay.url], node }));
      }
      await Promise.all(engines.map((engine, at) => contest.contend(engine, relays[at]!)));
      const came = (['written', 'conflict', 'unknown'] as const).map(how => contest.came(how));
      console.log(
        `writes of a key of the engine: ${came[0]} written, ${came[1]} in conflict, ${came[2]} unknown`,
      );
      expect(Math.min(...came)).toBeGreaterThan(0);
      expect(isLinearizable(contest.attempts)).toBe(true);
    } finally {
      await Promise.all(engines.map(engine => engine.close()));
      for (const relay of relays) await relay.close();
      await server.remove();
    }
  });
});
