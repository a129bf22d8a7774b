import { clusterStep } from '../../../src/core/cluster/machine.ts';
import type { Offer } from '../../../src/core/cluster/member.ts';
import { Random } from '../random.ts';
import { Agenda } from './agenda.ts';
import { SimBackup } from './backup.ts';
import { liveness, loads, safety } from './checker.ts';
import { SimEngine } from './engine.ts';
import { type Disk, SimNode, type Step, type Surroundings } from './node.ts';

export interface Outcome {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly lines: readonly string[];
  /** Rows of the routing table that were written. */
  readonly rows: number;
  readonly effects: number;
  readonly faults: Readonly<Record<string, number>>;
}

/** How long faults go on, and how long the cluster then has, in milliseconds. */
const FAULTS_MS = 20_000;
const PEACE_MS = 26_000;
/** After which of it everything must have settled; later nothing may move any more. */
const SETTLED_MS = 20_000;

interface World {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly engine: SimEngine;
  readonly backups: Map<string, SimBackup>;
  readonly nodes: SimNode[];
  readonly disks: Map<string, Disk>;
  readonly editions: Map<string, Record<string, Offer>>;
  readonly drained: Set<string>;
  readonly lines: string[];
  readonly faults: Record<string, number>;
  readonly around: Surroundings;
  births: number;
}

/** Plays one seed: members, tasks and faults all come from it. */
export function play(seed: number, step: Step = clusterStep): Outcome {
  const world = worldOf(new Random(seed), step);
  const { agenda, random, engine, backups, lines } = world;
  for (const member of world.editions.keys()) {
    agenda.at(random.int(0, 2_000), () => start(world, member));
  }
  const faultsEnd = random.chance(0.1) ? 0 : FAULTS_MS;
  for (let at = 3_000; at < faultsEnd; at += random.int(200, 2_000)) agenda.at(at, () => fault(world));
  agenda.run(FAULTS_MS);
  heal(world);
  agenda.run(FAULTS_MS + SETTLED_MS);
  const moved = engine.written.length;
  const before = rowsWritten(world, 0);
  agenda.run(FAULTS_MS + PEACE_MS);
  const since = FAULTS_MS + SETTLED_MS;
  const violations = [
    ...safety(engine, backups),
    ...liveness({ ...world, since }),
    ...rowsMovedInPeace(world, moved),
    ...unbalanced(world),
  ];
  const effects = [...backups.values()].reduce((sum, one) => sum + one.effects.length, 0);
  return { seed, violations, lines, rows: before, effects, faults: world.faults };
}

function rowsWritten({ engine }: World, from: number): number {
  return engine.written.slice(from).filter(({ table }) => table === 'rows').length;
}

function rowsMovedInPeace(world: World, from: number): string[] {
  const moved = rowsWritten(world, from);
  return moved === 0 ? [] : [`${moved} rows were written although nothing happened any more`];
}

/** Where everybody may have everything, equal tasks are spread evenly. */
function unbalanced({ engine, nodes, backups, drained, editions }: World): string[] {
  const all = [...editions.values()];
  const isFree = all.every(offers => Object.values(offers).every(offer => offer.mayOwn));
  const same = new Set(all.map(offers => JSON.stringify(offers))).size === 1;
  if (!isFree || !same || drained.size > 0) return [];
  const counts = [...loads(engine, nodes).values()];
  const most = Math.max(...counts);
  const mean = backups.size / counts.length;
  return most <= Math.ceil(mean) + 1 ? [] : [`unbalanced: ${counts.join(', ')}`];
}

function worldOf(random: Random, step: Step): World {
  const agenda = new Agenda();
  const engine = new SimEngine(agenda, random);
  const lines: string[] = [];
  const backups = new Map<string, SimBackup>();
  const said = (text: string) => void lines.push(`${agenda.now.toFixed(0).padStart(7)} ${text}`);
  const tasks = random.int(1, 12);
  for (let i = 0; i < tasks; i++) {
    const task = `t${i}`;
    backups.set(task, new SimBackup(task, random.chance(0.25) ? 'leased' : 'fenced'));
  }
  const members = Array.from({ length: random.int(1, 5) }, (_, i) => `m${i}`);
  const isFree = random.chance(0.6);
  const editions = new Map(
    members.map(member => {
      const offers = [...backups].map(([task, { kind }]) => {
        const mayOwn = isFree || random.chance(0.7);
        return [task, { configuration: 'c1', edition: 1, fields: {}, mayOwn, kind }] as const;
      });
      return [member, Object.fromEntries(offers)] as const;
    }),
  );
  const around = { agenda, engine, random, backups, step, said };
  const disks = new Map(members.map(member => [member, { floors: new Map() }]));
  const world = { agenda, random, engine, backups, nodes: [], disks, editions, drained: new Set<string>() };
  return { ...world, lines, faults: {}, around, births: 0 };
}

function start(world: World, member: string): void {
  if (alive(world).some(node => node.setting.member === member)) return;
  const { random, agenda } = world;
  // Clocks run up to a thousandth too quick or slow, and have begun at any time.
  const rate = 1 + (random.next() - 0.5) / 500;
  const offset = random.int(0, 1_000_000) - agenda.now * rate;
  const incarnation = `${member}.${++world.births}`;
  const offers = world.editions.get(member)!;
  world.around.said(`${incarnation} starts`);
  const setting = { member, incarnation, offset, rate, offers, weight: 1 };
  world.nodes.push(new SimNode(setting, world.around, world.disks.get(member)!));
}

function alive({ nodes }: World): SimNode[] {
  return nodes.filter(node => !node.isGone);
}

function count(world: World, what: string, detail = ''): void {
  world.faults[what] = (world.faults[what] ?? 0) + 1;
  world.around.said(`-- ${what} ${detail}`);
}

function fault(world: World): void {
  const { random, agenda, engine, backups } = world;
  const living = alive(world).filter(({ isStopped }) => !isStopped);
  const soon = (work: () => void) => agenda.at(agenda.now + random.int(100, 4_000), work);
  const node = living.length === 0 ? undefined : random.pick(living);
  const coordinator = living.find(({ state }) => state.coordinatesSince !== undefined);
  const victim = random.chance(0.3) ? (coordinator ?? node) : node;
  if (victim === undefined) return;
  const { member } = victim.setting;
  const task = random.pick([...backups.keys()]);
  const backup = backups.get(task)!;
  random.weighed<() => void>([
    [
      4,
      () => {
        count(world, 'kill', victim.id);
        victim.kill();
        soon(() => start(world, member));
      },
    ],
    [
      4,
      () => {
        count(world, 'stop', victim.id);
        victim.stop();
        soon(() => victim.goOn());
      },
    ],
    [
      4,
      () => {
        count(world, 'cut', victim.id);
        engine.cut(victim.id, true);
        soon(() => engine.cut(victim.id, false));
      },
    ],
    [
      2,
      () => {
        count(world, 'deaf', victim.id);
        engine.deafen(victim.id, true);
        soon(() => engine.deafen(victim.id, false));
      },
    ],
    [
      2,
      () => {
        count(world, 'engine down');
        engine.stop(true);
        soon(() => engine.stop(false));
      },
    ],
    [
      1,
      () => {
        count(world, 'engine emptied');
        engine.empty();
      },
    ],
    [
      3,
      () => {
        count(world, 'weather');
        engine.weather = { lost: random.next() * 0.3, doubled: 0.2, delay: [1, random.int(3, 200)] };
        soon(() => calm(world));
      },
    ],
    [
      2,
      () => {
        count(world, 'leave', victim.id);
        victim.leave();
        soon(() => start(world, member));
      },
    ],
    [
      2,
      () => {
        count(world, 'unreachable', `${task} from ${member}`);
        backup.unreachable.add(member);
        soon(() => backup.unreachable.delete(member));
      },
    ],
    [
      1,
      () => {
        count(world, 'hung', `${task} at ${victim.id}`);
        victim.hung.add(task);
      },
    ],
    [
      2,
      () => {
        count(world, 'drain', member);
        drain(world, member, 'a person said so');
        soon(() => drain(world, member, undefined));
      },
    ],
    [2, () => reconfigure(world, victim, task)],
  ])();
}

function drain({ engine, nodes }: World, member: string, why: string | undefined): void {
  const by = nodes.find(({ isGone, isStopped }) => !isGone && !isStopped);
  if (by !== undefined) engine.put(by.id, 'drained', member, why, 'any', () => {});
}

/** A person gives a task another configuration at one member, and some time later at the others. */
function reconfigure(world: World, first: SimNode, task: string): void {
  const { random, agenda, editions } = world;
  count(world, 'reconfigure', `${task} at ${first.id}`);
  const configuration = `c${random.int(2, 1_000_000)}`;
  const give = (member: string) => {
    const offers = editions.get(member)!;
    const edition = offers[task]!.edition + 1;
    editions.set(member, { ...offers, [task]: { ...offers[task]!, configuration, edition } });
    for (const node of alive(world)) {
      if (node.setting.member === member) node.configure(editions.get(member)!);
    }
  };
  give(first.setting.member);
  for (const member of editions.keys()) {
    if (member !== first.setting.member) agenda.at(agenda.now + random.int(10, 4_000), () => give(member));
  }
}

function calm({ engine }: World): void {
  engine.weather = { lost: 0, doubled: 0, delay: [1, 3] };
}

/** Every fault ends; every member is there, and has the same configuration. */
function heal(world: World): void {
  const { engine, agenda, backups, editions } = world;
  calm(world);
  engine.stop(false);
  world.around.said('-- peace');
  agenda.at(agenda.now + 4_000, () => {
    for (const node of alive(world)) {
      node.goOn();
      node.hung.clear();
      engine.cut(node.id, false);
      engine.deafen(node.id, false);
    }
    for (const backup of backups.values()) backup.unreachable.clear();
    // Sometimes one stays drained.
    const last = world.random.chance(0.2) && editions.size > 1 ? [...editions.keys()].at(-1) : undefined;
    if (last !== undefined) world.drained.add(last);
    // Sometimes one never comes back.
    const dead = world.random.chance(0.2) && editions.size > 1 ? [...editions.keys()][0] : undefined;
    for (const node of alive(world)) if (node.setting.member === dead) node.kill();
    for (const member of editions.keys()) {
      if (member !== dead) start(world, member);
      drain(world, member, member === last ? 'for good' : undefined);
    }
    // One that was leaving, and could not for a hung backup, leaves now.
    for (const member of editions.keys()) {
      if (member !== dead) agenda.at(agenda.now + 1_500, () => start(world, member));
    }
    for (const [i, member] of [...editions.keys()].entries()) {
      agenda.at(agenda.now + 2_000 + 700 * i, () => settleConfiguration(world, member));
    }
  });
}

/** A person sees to it that all members have one configuration, and has each read it. */
function settleConfiguration(world: World, member: string): void {
  const { editions } = world;
  const before = editions.get(member)!;
  const offers = Object.fromEntries(
    Object.entries(before).map(([task, offer]) => {
      const edition = offer.edition + (offer.configuration === 'last' ? 0 : 1);
      return [task, { ...offer, configuration: 'last', edition }];
    }),
  );
  editions.set(member, offers);
  for (const node of alive(world)) if (node.setting.member === member) node.configure(offers);
}
