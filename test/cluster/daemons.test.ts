import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MemberView, RouteView } from '../../src/daemon/membership/view.ts';
import { NatsServer } from '../support/nats.ts';
import { type Round, type RoundSetup, withRound } from './faults/round.ts';

/** What people ask of a cluster, by any member: real members, and a real server. */

const NAMES = ['nas1', 'nas2', 'nas3'];
const TASKS = 6;
/** A limit for hangs only. */
const HANG_MS = 60_000;
const BETWEEN_MS = 100;

let server: NatsServer;
beforeEach(async () => {
  server = await NatsServer.started();
});
afterEach(() => server.remove());

const setup = (): RoundSetup => ({
  names: NAMES,
  tasks: TASKS,
  nodesOf: task => ({ primary: NAMES[Number(task.slice(1)) % NAMES.length]! }),
  cluster: () => ({ engine: 'nats', servers: [server.url], name: 'test' }),
});

interface Row {
  readonly relationship: string;
  readonly state: string;
  readonly owner?: string;
  readonly epoch?: number;
}

class Asked {
  constructor(private readonly round: Round) {}

  warmspare(member: string, ...words: string[]) {
    return this.round.members.named(member).warmspare(...words);
  }

  private async data(member: string, ...words: string[]) {
    const { stdout } = await this.warmspare(member, ...words, '--json');
    return JSON.parse(stdout === '' ? '{}' : stdout);
  }

  async rows(member: string): Promise<readonly Row[]> {
    return (await this.data(member, 'status')).relationships ?? [];
  }

  async members(member: string): Promise<readonly MemberView[]> {
    return (await this.data(member, 'cluster', 'members')).members ?? [];
  }

  async routes(member: string): Promise<readonly RouteView[]> {
    return (await this.data(member, 'cluster', 'routes')).routes ?? [];
  }

  /** Asks again and again until it is so. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + HANG_MS;
    while (!(await isSo())) {
      if (performance.now() > deadline)
        throw new Error(`no end in sight\n${this.round.members.lines().slice(-30).join('\n')}`);
      // The load of whoever asks: nothing tells when another process has changed its mind.
      await pause(BETWEEN_MS);
    }
  }

  inSync(member: string): Promise<void> {
    return this.until(async () => {
      const rows = await this.rows(member);
      return rows.length === TASKS && rows.every(({ state }) => state === 'in sync');
    });
  }
}

describe('a cluster of daemons', () => {
  it('tells of every relationship by its owner’s word, and never calls one in sync whose owner is dead', async () => {
    await withRound(setup(), async round => {
      const asked = new Asked(round);
      await round.begin();
      await asked.inSync('nas1');
      const told = await Promise.all(NAMES.map(name => asked.rows(name)));
      for (const rows of told)
        expect(rows.map(({ relationship }) => relationship).sort()).toHaveLength(TASKS);
      const [coordinator] = (await asked.warmspare('nas1', 'cluster', 'members')).stdout.match(
        /nas\d(?= \(coord)/,
      )!;
      const victim = NAMES.find(
        name => name !== coordinator && told[0]!.some(({ owner }) => owner === name),
      )!;
      const witness = NAMES.find(name => name !== victim)!;
      await round.members.kill(victim);
      const said = new Set<string>();
      await asked.until(async () => {
        const rows = await asked.rows(witness);
        for (const { owner, state } of rows) if (owner === victim) said.add(state);
        return rows.every(({ owner }) => owner !== undefined && owner !== victim);
      });
      // From the first question on, before anybody had noticed.
      expect([...said]).toEqual([]);
      const { exit, stdout } = await asked.warmspare(witness, 'cluster', 'members');
      expect([exit, stdout]).toEqual([0, expect.stringMatching(new RegExp(`${victim} +failed`))]);
      await round.members.start(victim);
      await asked.inSync(witness);
    });
  });

  it('takes commands at the owner alone, and none while it is cut off', async () => {
    await withRound(setup(), async round => {
      const asked = new Asked(round);
      await round.begin();
      await asked.inSync('nas1');
      const rows = await asked.rows('nas1');
      const { relationship, owner } = rows.find(row => row.owner !== 'nas1')!;
      const elsewhere = await asked.warmspare('nas1', 'update', relationship);
      expect([elsewhere.exit, elsewhere.stderr]).toEqual([
        5,
        expect.stringContaining(`${relationship} is kept in step by ${owner}`),
      ]);
      expect((await asked.warmspare(owner!, 'update', relationship)).exit).toBe(0);
      await server.kill();
      await asked.until(async () =>
        (await asked.rows('nas1')).every(({ state }) => state === 'owner unknown'),
      );
      const own = rows.find(row => row.owner === 'nas1')!;
      const cutOff = await asked.warmspare('nas1', 'update', own.relationship);
      expect([cutOff.exit, cutOff.stderr]).toEqual([5, expect.stringContaining('cut off from the cluster')]);
      expect((await asked.warmspare('nas1', 'status')).exit).toBe(6);
      await server.start();
      await asked.inSync('nas1');
    });
  });

  it('drains a member, and a pause holds where its task goes', async () => {
    await withRound(setup(), async round => {
      const asked = new Asked(round);
      await round.begin();
      await asked.inSync('nas1');
      const { owner, relationship } = (await asked.rows('nas1'))[0]!;
      expect((await asked.warmspare(owner!, 'pause', relationship, '--reason', 'migration')).exit).toBe(0);
      const other = NAMES.find(name => name !== owner)!;
      const drained = await asked.warmspare(other, 'cluster', 'drain', owner!, '--reason', 'new disks');
      expect([drained.exit, drained.stderr]).toEqual([0, '']);
      await asked.until(async () => {
        const routes = await asked.routes(other);
        return (
          routes.length === TASKS && routes.every(route => route.owner !== undefined && route.owner !== owner)
        );
      });
      const view = (await asked.members(other)).find(({ member }) => member === owner)!;
      expect(view).toMatchObject({
        health: 'drained',
        tasks: 0,
        notes: [expect.stringContaining('new disks')],
      });
      await asked.until(async () => {
        const row = (await asked.rows(other)).find(one => one.relationship === relationship)!;
        return row.owner !== owner && row.state === 'paused';
      });
      const next = (await asked.rows(other)).find(one => one.relationship === relationship)!.owner!;
      expect((await asked.warmspare(next, 'resume', relationship)).exit).toBe(0);
      expect((await asked.warmspare(other, 'cluster', 'undrain', owner!)).exit).toBe(0);
      await asked.until(async () => (await asked.routes(other)).some(route => route.owner === owner));
      await asked.inSync(other);
      expect((await asked.warmspare(other, 'cluster', 'drain', 'nas9')).exit).toBe(2);
    });
  });
});
