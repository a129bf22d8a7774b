import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/cluster/engine.ts';
import { type Backups, backupsOf, counts, Hand, offersOf, settled } from './crew.ts';
import { embeddedWorld } from './embedded-world.ts';
import { natsWorld } from './nats-world.ts';
import type { World } from './world.ts';

const WORLDS: readonly (readonly [name: string, open: () => World | Promise<World>])[] = [
  ['embedded', embeddedWorld],
  ['nats', natsWorld],
];

const TASKS = 12;

describe.each(WORLDS)('members over the %s engine', (_, open) => {
  let end: (() => Promise<void>) | undefined;
  afterEach(async () => {
    await end?.();
    end = undefined;
  });

  async function crew(names: readonly string[], backups: Backups): Promise<{ world: World; hands: Hand[] }> {
    const world = await open();
    end = () => world.end();
    const hands: Hand[] = [];
    for (const name of names) hands.push(new Hand(name, await joined(world, name), backups));
    return { world, hands };
  }

  const joined = (world: World, name: string): Promise<Engine> => world.join(name);

  it('one alone has everything', async () => {
    const backups = backupsOf(3);
    const { hands } = await crew(['nas1'], backups);
    await settled(hands, backups);
    expect(counts(hands)).toEqual([3]);
    await hands[0]!.leave();
  });

  it('share evenly, and all have the same table', async () => {
    const backups = backupsOf(TASKS);
    const { hands } = await crew(['nas1', 'nas2', 'nas3'], backups);
    await balanced(hands, backups);
    const marks = hands.map(({ member }) =>
      [...member.state.rows.values()].map(({ route }) => `${route.task} ${route.mark}`).sort(),
    );
    expect(marks[1]).toEqual(marks[0]);
    expect(marks[2]).toEqual(marks[0]);
    expect(hands.filter(({ member }) => member.state.coordinatesSince !== undefined)).toHaveLength(1);
    for (const hand of hands) await hand.leave();
  });

  it('one that is killed loses its tasks to the others, in a higher epoch, and writes nothing any more', async () => {
    const backups = backupsOf(TASKS);
    const { hands } = await crew(['nas1', 'nas2', 'nas3'], backups);
    await balanced(hands, backups);
    const victim = hands.find(({ member }) => member.state.coordinatesSince === undefined)!;
    const had = [...victim.tasks];
    await victim.kill();
    const rest = hands.filter(hand => hand !== victim);
    await settled(rest, backups);
    for (const [task, epoch] of had) {
      expect(backups.get(task)!.epoch).toBeGreaterThan(epoch);
      // The stale owner, woken up, is refused.
      expect(victim.write(task)).toBe(false);
    }
    expect(rest.flatMap(({ said }) => said).join('\n')).toContain(
      `${victim.name} has failed: not heard of for`,
    );
    for (const hand of rest) await hand.leave();
  });

  it('the coordinator is killed: another one takes its place, and its tasks', async () => {
    const backups = backupsOf(TASKS);
    const { hands } = await crew(['nas1', 'nas2', 'nas3'], backups);
    await balanced(hands, backups);
    const victim = hands.find(({ member }) => member.state.coordinatesSince !== undefined)!;
    await victim.kill();
    const rest = hands.filter(hand => hand !== victim);
    await settled(rest, backups);
    expect(rest.filter(({ member }) => member.state.coordinatesSince !== undefined)).toHaveLength(1);
    for (const hand of rest) await hand.leave();
  });

  it('one that leaves gives everything away first, and each task is at work all the time but for its hand-over', async () => {
    const backups = backupsOf(TASKS);
    const { hands } = await crew(['nas1', 'nas2', 'nas3'], backups);
    await balanced(hands, backups);
    const [leaver, ...rest] = hands as [Hand, Hand, Hand];
    await leaver.leave();
    expect(leaver.tasks.size).toBe(0);
    await settled(rest, backups);
    expect(counts(rest).sort()).toEqual([TASKS / 2, TASKS / 2]);
    for (const backup of backups.values()) expect(backup.refused).toEqual([]);
    for (const hand of rest) await hand.leave();
  });

  it('a drained member has nothing, by a word to any of them; undrained it gets back what it had', async () => {
    const backups = backupsOf(TASKS);
    const { hands } = await crew(['nas1', 'nas2', 'nas3'], backups);
    await balanced(hands, backups);
    const [, second, third] = hands as [Hand, Hand, Hand];
    const had = [...third.tasks.keys()].sort();
    expect(await second.order({ order: 'drain', member: 'nas3', why: 'new disks' })).toBeUndefined();
    await third.member.until(() => third.tasks.size === 0);
    await settled(hands, backups);
    expect(await second.order({ order: 'undrain', member: 'nas3' })).toBeUndefined();
    await third.member.until(() => third.tasks.size === had.length);
    await settled(hands, backups);
    expect([...third.tasks.keys()].sort()).toEqual(had);
    for (const hand of hands) await hand.leave();
  });

  it('a backup that its owner cannot reach goes to one that can', async () => {
    const backups = backupsOf(3);
    backups.get('t1')!.unreachable.add('nas1');
    const { hands } = await crew(['nas1', 'nas2'], backups);
    await settled(hands, backups);
    expect(hands[1]!.tasks.has('t1')).toBe(true);
    for (const hand of hands) await hand.leave();
  });

  it('a new configuration at one member is in force, and who has the old one loses the task', async () => {
    const backups = backupsOf(2);
    const { hands } = await crew(['nas1', 'nas2'], backups);
    await settled(hands, backups);
    const [first, second] = hands as [Hand, Hand];
    const self = first.member.state.self;
    first.member.configured({ ...self, tasks: offersOf(backups, { configuration: 'c2', edition: 2 }) });
    await first.member.until(() => first.tasks.size === 2);
    await settled(hands, backups);
    expect(counts(hands)).toEqual([2, 0]);
    second.member.configured({ ...self, ...second.member.state.self, tasks: first.member.state.self.tasks });
    await second.member.until(() => second.tasks.size === 1);
    await settled(hands, backups);
    for (const hand of hands) await hand.leave();
  });

  it('contact that is lost and found changes no owner', async () => {
    const backups = backupsOf(4);
    const { world, hands } = await crew(['nas1', 'nas2'], backups);
    await settled(hands, backups);
    await balanced(hands, backups);
    const before = [...backups.values()].map(({ epoch }) => epoch);
    await world.lose();
    await Promise.all(hands.map(({ member }) => member.until(({ contact }) => contact === undefined)));
    await world.find();
    await Promise.all(
      hands.map(({ member }) => member.until(({ contact, isTold }) => contact !== undefined && isTold)),
    );
    await hands[0]!.member.until(() =>
      hands.some(({ member }) => member.state.coordinatesSince !== undefined),
    );
    await settled(hands, backups);
    expect([...backups.values()].map(({ epoch }) => epoch)).toEqual(before);
    for (const hand of hands) await hand.leave();
  });
});

/** Each has as many as the others, within one. */
async function balanced(hands: readonly Hand[], backups: Backups): Promise<void> {
  const share = Math.ceil(backups.size / hands.length);
  await hands[0]!.member.until(() => counts(hands).every(count => count <= share && count >= share - 1));
  await settled(hands, backups);
}
