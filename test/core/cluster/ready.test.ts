import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/core/cluster/decide.ts';
import type { ClusterEffect, ClusterEvent } from '../../../src/core/cluster/event.ts';
import { clusterStep, joining } from '../../../src/core/cluster/machine.ts';
import type { Beat, Known, Offer, Profile, Report } from '../../../src/core/cluster/member.ts';
import { CLUSTER_PACE as PACE } from '../../../src/core/cluster/pace.ts';
import type { Route, RouteState } from '../../../src/core/cluster/route.ts';
import type { ClusterState } from '../../../src/core/cluster/state.ts';

const OFFER: Offer = { configuration: 'c', edition: 1, fields: {}, mayOwn: true, kind: 'fenced' };
const TASKS = ['t0', 't1', 't2', 't3', 't4', 't5', 't6', 't7', 't8'];

const profile = (member: string, offer = OFFER): Profile => ({
  member,
  incarnation: `${member}-1`,
  weight: 1,
  labels: [],
  tasks: Object.fromEntries(TASKS.map(task => [task, offer])),
});

const owned = (owner: string): RouteState => ({ is: 'owned', owner, incarnation: `${owner}-1` });
const releasing = (owner: string, next: string | undefined): RouteState => ({
  ...{ is: 'releasing', next, owner, incarnation: `${owner}-1` },
});

const route = (task: string, state: RouteState, epoch = 7): Route => ({
  ...{ task, epoch, state, configuration: 'c', edition: 1, previous: [], why: 'a person asked', mark: '' },
});

const report = (task: string, state: Report['state'], epoch = 7): Report => ({
  ...{ task, epoch, state, progress: 0, busy: false, cost: 0 },
});

/** A member in contact, and what it is told, one event after the other, with what it does about each. */
class Lone {
  state: ClusterState;
  private revision = 0;
  private beats = 0;

  constructor(
    readonly name: string,
    others: readonly string[],
    private at = 1_000,
  ) {
    this.state = joining(profile(name), at);
    this.happen({ is: 'contact' });
    this.happen({ is: 'rows-told', tasks: [] });
    for (const other of others) {
      this.happen({ is: 'profile', member: other, profile: profile(other) });
      this.hear(other);
    }
  }

  happen(event: DistributiveOmit<ClusterEvent, 'at'>): readonly ClusterEffect[] {
    const step = clusterStep(this.state, { ...event, at: this.at } as ClusterEvent, PACE);
    this.state = step.state;
    return step.effects.filter(({ is }) => is !== 'say' && is !== 'write-lease');
  }

  row(one: Route): readonly ClusterEffect[] {
    return this.happen({ is: 'row', task: one.task, route: one, revision: ++this.revision });
  }

  hear(member: string, reports: readonly Report[] = [], leaving = false): readonly ClusterEffect[] {
    const beat: Beat = { member, incarnation: `${member}-1`, beat: ++this.beats, reports, leaving };
    return this.happen({ is: 'heard', beat });
  }

  /** Time goes by, with ticks and the beats of those that live; all that is done meanwhile. */
  pass(time: number, living: readonly string[], reports: readonly Report[] = []): readonly ClusterEffect[] {
    const all: ClusterEffect[] = [];
    for (const end = this.at + time; this.at < end; ) {
      this.at += 50;
      all.push(...this.happen({ is: 'clock' }));
      for (const one of living) all.push(...this.hear(one, reports));
    }
    return all;
  }
}

type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never;

const kinds = (effects: readonly ClusterEffect[]) => effects.map(({ is }) => is).filter(is => is !== 'beat');
const beatIn = (effects: readonly ClusterEffect[]) =>
  effects.flatMap(effect => (effect.is === 'beat' ? [effect.beat] : [])).at(-1);

describe('an owner that is to let a task go', () => {
  const owner = () => {
    const one = new Lone('a', ['b']);
    expect(kinds(one.row(route('t0', owned('a'))))).toEqual(['begin']);
    return one;
  };

  it('goes on until the next one is ready, and not a moment longer', () => {
    const one = owner();
    expect(kinds(one.row(route('t0', releasing('a', 'b'))))).toEqual([]);
    expect(kinds(one.pass(500, ['b']))).toEqual([]);
    expect(kinds(one.hear('b', [report('t0', 'ready')]))).toEqual(['end']);
  });

  it('goes on for three seconds at most', () => {
    const one = owner();
    one.row(route('t0', releasing('a', 'b')));
    expect(kinds(one.pass(PACE.ready - 50, ['b']))).toEqual([]);
    expect(kinds(one.pass(100, ['b']))).toEqual(['end']);
  });

  it('takes no readiness for an earlier hand-over for one for this', () => {
    const one = owner();
    one.row(route('t0', releasing('a', 'b')));
    expect(kinds(one.hear('b', [report('t0', 'ready', 6)]))).toEqual([]);
  });

  it('waits for nobody who will not come', () => {
    const nobody: readonly (string | undefined)[] = [undefined, 'a', 'c'];
    for (const next of nobody) {
      expect(kinds(owner().row(route('t0', releasing('a', next))))).toEqual(['end']);
    }
    const silent = owner();
    silent.row(route('t0', releasing('a', 'b')));
    expect(kinds(silent.pass(PACE.suspect + 100, []))).toEqual(['end']);
    const leaving = owner();
    leaving.row(route('t0', releasing('a', 'b')));
    expect(kinds(leaving.hear('b', [], true))).toEqual(['end']);
    const differs = owner();
    const other = profile('b', { ...OFFER, configuration: 'another' });
    differs.happen({ is: 'profile', member: 'b', profile: other });
    expect(kinds(differs.row(route('t0', releasing('a', 'b'))))).toEqual(['end']);
  });

  it('waits for nobody where it may not have the task itself any more', () => {
    const one = owner();
    one.row(route('t0', releasing('a', 'b')));
    const self = { ...profile('a', { ...OFFER, configuration: 'another' }) };
    expect(kinds(one.happen({ is: 'configured', self }))).toContain('end');
  });

  it('lets a few go at a time, the next one when one of them is at work elsewhere', () => {
    const one = new Lone('a', ['b']);
    for (const task of TASKS) one.row(route(task, owned('a')));
    for (const task of TASKS) one.row(route(task, releasing('a', 'b')));
    const ready = TASKS.map(task => report(task, 'ready'));
    const ends = (effects: readonly ClusterEffect[]) =>
      effects.flatMap(effect => (effect.is === 'end' ? [effect.task] : []));
    expect(ends(one.hear('b', ready))).toEqual(['t0', 't1', 't2', 't3']);
    one.happen({ is: 'ended', task: 't1', epoch: 7 });
    expect(ends(one.row(route('t1', owned('b'), 8)))).toEqual([]);
    const others = ready.filter(({ task }) => task !== 't1');
    expect(ends(one.hear('b', [...others, report('t1', 'beginning', 8)]))).toEqual([]);
    expect(ends(one.hear('b', [...others, report('t1', 'following', 8)]))).toEqual(['t4']);
    // Whoever does not come to work keeps the others waiting for a second only.
    expect(ends(one.pass(950, ['b'], ready))).toEqual([]);
    expect(ends(one.pass(100, ['b'], ready))).toEqual(['t5', 't6', 't7', 't8']);
  });

  it('keeps nothing that may not go on because others are on their way', () => {
    const one = new Lone('a', ['b']);
    for (const task of TASKS) one.row(route(task, owned('a')));
    for (const task of TASKS) one.row(route(task, releasing('a', undefined)));
    expect(one.state.duties.size).toBe(TASKS.length);
    expect([...one.state.duties.values()].every(({ stage }) => stage === 'ending')).toBe(true);
    const other = new Lone('a', ['b']);
    for (const task of TASKS) other.row(route(task, owned('a')));
    for (const task of TASKS) other.row(route(task, releasing('a', 'b')));
    other.hear(
      'b',
      TASKS.map(task => report(task, 'ready')),
    );
    const self = profile('a', { ...OFFER, configuration: 'another' });
    expect(kinds(other.happen({ is: 'configured', self })).filter(is => is === 'end')).toHaveLength(5);
  });

  it('leaves when nothing was let go for ten seconds, however long all of it takes', () => {
    const one = new Lone('a', ['b']);
    for (const task of TASKS) one.row(route(task, owned('a')));
    one.happen({ is: 'stop' });
    for (const task of TASKS) {
      expect(kinds(one.pass(PACE.release - 1_000, ['b']))).toEqual([]);
      one.row(route(task, releasing('a', undefined)));
      one.happen({ is: 'ended', task, epoch: 7 });
      one.row(route(task, owned('b'), 8));
    }
    expect(one.state.stage).toBe('left');
    const late = new Lone('a', ['b']);
    late.row(route('t0', owned('a')));
    late.happen({ is: 'stop' });
    expect(kinds(late.pass(PACE.release - 50, ['b']))).toEqual([]);
    expect(kinds(late.pass(100, ['b']))).toEqual(['end']);
  });
});

describe('the one for whom it is', () => {
  const next = () => {
    const one = new Lone('b', ['a']);
    expect(kinds(one.row(route('t0', releasing('a', 'b'))))).toEqual(['make-ready']);
    return one;
  };

  it('says at once that it is ready, and in every beat from then on', () => {
    const one = next();
    expect(beatIn(one.pass(300, ['a']))!.reports).toEqual([]);
    expect(beatIn(one.happen({ is: 'made-ready', task: 't0', epoch: 7 }))!.reports).toEqual([
      report('t0', 'ready'),
    ]);
    expect(kinds(one.happen({ is: 'made-ready', task: 't0', epoch: 7 }))).toEqual([]);
    expect(beatIn(one.pass(300, ['a']))!.reports).toEqual([report('t0', 'ready')]);
  });

  it('begins with it when it is its own, ready or not', () => {
    for (const isReady of [true, false]) {
      const one = next();
      if (isReady) one.happen({ is: 'made-ready', task: 't0', epoch: 7 });
      expect(kinds(one.row(route('t0', owned('b'), 8)))).toEqual(['begin']);
      expect(one.state.making.size).toBe(0);
      // Late, and of no use.
      one.happen({ is: 'made-ready', task: 't0', epoch: 7 });
      expect(beatIn(one.pass(300, ['a']))!.reports).toMatchObject([{ state: 'beginning', epoch: 8 }]);
    }
  });

  it('drops it when another one has the task, when it leaves, or may not have it any more', () => {
    expect(kinds(next().row(route('t0', owned('c'), 8)))).toEqual(['unready']);
    expect(kinds(next().row(route('t0', { is: 'unowned' })))).toEqual(['unready']);
    expect(kinds(next().row(route('t0', releasing('a', 'c'))))).toEqual(['unready']);
    expect(kinds(next().happen({ is: 'stop' }))).toContain('unready');
    const self = profile('b', { ...OFFER, configuration: 'another' });
    expect(kinds(next().happen({ is: 'configured', self }))).toContain('unready');
  });

  it('makes ready anew for another owner', () => {
    const one = next();
    one.happen({ is: 'made-ready', task: 't0', epoch: 7 });
    expect(kinds(one.row(route('t0', releasing('c', 'b'), 8)))).toEqual(['unready', 'make-ready']);
    expect(beatIn(one.pass(300, ['a']))!.reports).toEqual([]);
  });
});

/** As the one that coordinates three members has them, `a` of which leaves. */
function coordinating(reports: readonly Report[] = []): ClusterState {
  const told = reports.map(one => [one.task, { ...one, stateSince: 0, progressSince: 0 }] as const);
  const known = (name: string, leaving: boolean): Known => ({
    ...{ name, profile: profile(name), incarnation: `${name}-1`, beat: 1, heard: 0, leaving },
    ...{
      reports: new Map(name === 'b' ? told : []),
      health: 'healthy',
      since: -1e9,
      penalty: 0,
      penaltyAt: 0,
    },
  });
  const rows = TASKS.map((task, i) => {
    const row = { route: route(task, owned(['a', 'b', 'c'][i % 3]!)), revision: 1 };
    return [task, row] as const;
  });
  return {
    ...joining(profile('c'), 0),
    ...{ stage: 'running', contact: 0, isTold: true, coordinatesSince: 0, rows: new Map(rows) },
    members: new Map(['a', 'b', 'c'].map(name => [name, known(name, name === 'a')])),
  };
}

const mark = (count: number) => `m/${count}`;

it('who coordinates chooses the next ones when it asks for the tasks, and loads them alike', () => {
  const state = coordinating();
  const moved = (pace: typeof PACE, from = state) =>
    decide(from, 10_000, pace, mark).rows.map(({ task, state: now }) => ({
      ...{ task, is: now.is, next: 'next' in now ? now.next : undefined },
    }));
  const all = moved(PACE);
  expect(all.map(({ task, is }) => `${task} ${is}`)).toEqual([
    't0 releasing',
    't3 releasing',
    't6 releasing',
  ]);
  const counts = ['b', 'c'].map(name => all.filter(({ next }) => next === name).length);
  expect(counts.sort()).toEqual([1, 2]);
  // One by one what is on its way already counts where it goes.
  const [first] = moved({ ...PACE, moves: 1 });
  const onWay = new Map(state.rows).set('t0', {
    route: route('t0', releasing('a', first!.next)),
    revision: 2,
  });
  const [second] = moved({ ...PACE, moves: 2 }, { ...state, rows: onWay });
  expect([first!.next, second!.next].sort()).toEqual(['b', 'c']);
});

it('who made ready is nobody that runs it', () => {
  for (const [state, why] of [
    ['ready', 'nobody had it'],
    ['following', 'b goes on with it'],
  ] as const) {
    const one = coordinating([report('t0', state)]);
    const rows = new Map(one.rows).set('t0', { route: route('t0', { is: 'unowned' }), revision: 1 });
    const given = decide({ ...one, rows }, 10_000, PACE, mark).rows.find(({ task }) => task === 't0');
    expect(given?.why).toBe(why);
  }
});
