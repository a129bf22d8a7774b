import { isPresent } from '../../../src/core/cluster/health.ts';
import { ownerOf, type Route } from '../../../src/core/cluster/route.ts';
import type { SimBackup } from './backup.ts';
import type { SimEngine } from './engine.ts';
import type { SimNode } from './node.ts';

/** What must hold of a whole run, by rules of its own. Sentences about what does not. */

/** Rows of the routing table as they were ever written, and effects as they ever happened. */
export function safety(engine: SimEngine, backups: ReadonlyMap<string, SimBackup>): string[] {
  return [...ownersByEpoch(engine), ...[...backups.values()].flatMap(one => effectsInOrder(engine, one))];
}

function ownersByEpoch(engine: SimEngine): string[] {
  const rows = new Map<string, Route>();
  const wrong: string[] = [];
  for (const { table, entry } of engine.written) {
    if (table !== 'rows') continue;
    const route = entry.value as Route;
    const owner = ownerOf(route)?.incarnation;
    if (owner === undefined) continue;
    const key = `${route.task} in epoch ${route.epoch}`;
    const before = rows.get(key) ?? route;
    rows.set(key, before);
    if (ownerOf(before)?.incarnation !== owner)
      wrong.push(`${key} had two owners: ${ownerOf(before)?.incarnation} and ${owner}`);
    if (before.configuration !== route.configuration) wrong.push(`${key} had two configurations`);
  }
  return wrong;
}

/** Epochs and editions never go back, each effect is its epoch's owner's, and made by that epoch's configuration. */
function effectsInOrder(engine: SimEngine, { task, effects }: SimBackup): string[] {
  const wrong: string[] = [];
  const rows = new Map<number, Route>();
  for (const { table, entry } of engine.written) {
    const route = entry.value as Route;
    if (table === 'rows' && route.task === task && ownerOf(route) !== undefined) rows.set(route.epoch, route);
  }
  let highest = { epoch: 0, edition: 0 };
  for (const { epoch, configuration, member, at } of effects) {
    const when = `of epoch ${epoch} by ${member} at ${at.toFixed(0)}`;
    if (epoch < highest.epoch) wrong.push(`${task}: an effect ${when} after one of epoch ${highest.epoch}`);
    const row = rows.get(epoch);
    const edition = row?.edition ?? 0;
    if (edition < highest.edition)
      wrong.push(`${task}: an effect ${when}, of edition ${edition} after ${highest.edition}`);
    if (row === undefined || ownerOf(row)?.incarnation !== member)
      wrong.push(`${task}: an effect ${when}, whose epoch it is not`);
    if (row?.configuration !== configuration)
      wrong.push(`${task}: an effect ${when} with another configuration`);
    highest = { epoch: Math.max(epoch, highest.epoch), edition: Math.max(edition, highest.edition) };
  }
  return wrong;
}

export interface Peace {
  readonly engine: SimEngine;
  readonly backups: ReadonlyMap<string, SimBackup>;
  readonly nodes: readonly SimNode[];
  readonly drained: ReadonlySet<string>;
  /** When the last fault had ended. */
  readonly since: number;
}

/** What must be so once faults have ended and some time has passed. */
export function liveness({ engine, backups, nodes, drained, since }: Peace): string[] {
  const there = nodes.filter(node => !node.isGone);
  const wrong: string[] = [];
  const coordinators = there.filter(({ state }) => state.coordinatesSince !== undefined);
  if (coordinators.length !== 1) wrong.push(`${coordinators.length} members coordinate`);
  const load = new Map(there.map(node => [node.setting.member, 0]));
  for (const [task, backup] of backups) {
    const route = engine.read('rows', task)?.value as Route | undefined;
    const able = there.filter(node => isAble(node, route, task, backup, drained));
    const owner = route === undefined || route.state.is !== 'owned' ? undefined : route.state;
    if (able.length === 0) {
      if (owner !== undefined && !there.some(node => node.id === owner.incarnation))
        wrong.push(`${task} is owned by ${owner.incarnation}, which is gone`);
      continue;
    }
    const node = there.find(({ id }) => id === owner?.incarnation);
    if (node === undefined) {
      wrong.push(`${task} has no owner that lives: ${JSON.stringify(route)}`);
      continue;
    }
    load.set(node.setting.member, load.get(node.setting.member)! + 1);
    if (!able.includes(node))
      wrong.push(`${task} is owned by ${node.id}, which may not have it: ${route!.why}`);
    const last = backup.effects.at(-1);
    if (last === undefined || last.at < since || last.epoch !== route!.epoch || last.member !== node.id)
      wrong.push(
        `${task}: nothing is done by its owner ${node.id} in epoch ${route!.epoch}; last ${JSON.stringify(last)}`,
      );
    for (const { id, state } of there) {
      const copy = state.rows.get(task)?.route.mark;
      if (copy !== route!.mark) wrong.push(`${task}: ${id} has another row (${copy}) than ${route!.mark}`);
    }
  }
  for (const { id, state } of there) {
    for (const { name, health } of state.members.values()) {
      const lives = there.some(node => node.setting.member === name);
      if (lives !== (health === 'healthy')) wrong.push(`${id} takes ${name} for ${health}`);
    }
    if ([...state.members.values()].filter(isPresent).length !== there.length)
      wrong.push(`${id} counts members wrongly`);
  }
  return wrong;
}

function isAble(
  node: SimNode,
  route: Route | undefined,
  task: string,
  backup: SimBackup,
  drained: ReadonlySet<string>,
): boolean {
  const { member, offers } = { ...node.setting, offers: node.state.self.tasks };
  const offer = offers[task];
  return (
    offer?.mayOwn === true &&
    (route === undefined || offer.configuration === route.configuration) &&
    !drained.has(member) &&
    !backup.unreachable.has(member) &&
    !node.hung.has(task)
  );
}

/** Tasks of each member that may have every task, for the judgement of balance. */
export function loads(engine: SimEngine, nodes: readonly SimNode[]): Map<string, number> {
  const counts = new Map(nodes.filter(node => !node.isGone).map(({ setting }) => [setting.member, 0]));
  for (const { value } of engine.entries('rows')) {
    const owner = ownerOf(value as Route)?.owner;
    if (owner !== undefined) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
  return counts;
}
