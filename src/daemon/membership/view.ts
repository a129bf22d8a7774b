import { differingFields } from '../../core/cluster/differing.ts';
import { holderOf } from '../../core/cluster/lease.ts';
import type { Known } from '../../core/cluster/member.ts';
import { ownerOf, type Route } from '../../core/cluster/route.ts';
import type { ClusterState } from '../../core/cluster/state.ts';

/** The cluster as one of its members knows it, for people. */
export interface ClusterView {
  readonly self: string;
  /** There is no contact with the others: all of this may be outdated. */
  readonly cutOff: boolean;
  readonly coordinator: string | undefined;
  readonly members: readonly MemberView[];
  readonly routes: readonly RouteView[];
}

export interface MemberView {
  readonly member: string;
  /** `healthy`, `suspect`, `failed`, `leaving`, `draining` or `drained`. */
  readonly health: string;
  readonly tasks: number;
  /** Measured, in thousandths of a core. */
  readonly cost: number;
  readonly weight: number;
  readonly labels: readonly string[];
  /** Milliseconds for which its health has been so. */
  readonly since: number;
  readonly notes: readonly string[];
}

export interface RouteView {
  readonly task: string;
  readonly owner: string | undefined;
  readonly epoch: number;
  /** Of the route, and of the task as its owner tells it. */
  readonly state: string;
  readonly operation?: string;
  /** How a stale owner is kept from the backup. */
  readonly class: string;
  /** Newest first. */
  readonly previous: readonly { readonly owner: string; readonly epoch: number }[];
  readonly why: string;
}

export function clusterView(state: ClusterState, at: number): ClusterView {
  const { self, contact } = state;
  const routes = [...state.rows.values()]
    .map(({ route }) => route)
    .sort((a, b) => (a.task < b.task ? -1 : 1));
  return {
    self: self.member,
    cutOff: contact === undefined,
    coordinator: holderOf(state.lease),
    members: [...state.members.keys()].sort().map(name => memberView(state, name, routes, at)),
    routes: routes.map(route => routeView(state, route)),
  };
}

function memberView(state: ClusterState, name: string, routes: readonly Route[], at: number): MemberView {
  const known = state.members.get(name)!;
  const { profile, since, reports } = known;
  const tasks = routes.filter(route => ownerOf(route)?.owner === name).length;
  const drained = state.drained.get(name);
  return {
    member: name,
    health: healthOf(known, drained !== undefined, tasks),
    tasks,
    cost: [...reports.values()].reduce((sum, { cost }) => sum + cost, 0),
    weight: profile?.weight ?? 1,
    labels: profile?.labels ?? [],
    since: at - since,
    notes: [...(drained === undefined ? [] : [`drained: ${drained}`]), ...differences(state, name, routes)],
  };
}

function healthOf({ health, leaving }: Known, isDrained: boolean, tasks: number): string {
  if (health === 'failed') return health;
  if (isDrained) return tasks > 0 ? 'draining' : 'drained';
  return leaving ? 'leaving' : health;
}

/** Fields first: they are what a person corrects, mostly the same one in many relationships. */
function differences(state: ClusterState, name: string, routes: readonly Route[]): string[] {
  const byFields = new Map<string, string[]>();
  for (const { task } of routes) {
    const fields = differingFields(state, name, task)?.join(', ');
    if (fields !== undefined) byFields.set(fields, [...(byFields.get(fields) ?? []), task]);
  }
  return [...byFields].map(([fields, tasks]) => {
    const more = tasks.length > TASKS_SHOWN ? ` and ${tasks.length - TASKS_SHOWN} more` : '';
    return `its configuration is another one (${fields}) of ${tasks.slice(0, TASKS_SHOWN).join(', ')}${more}: it may not have ${tasks.length === 1 ? 'it' : 'them'}`;
  });
}

const TASKS_SHOWN = 3;

function routeView(state: ClusterState, route: Route): RouteView {
  const { task, epoch, previous, why } = route;
  const owner = ownerOf(route)?.owner;
  const report = owner === undefined ? undefined : state.members.get(owner)?.reports.get(task);
  const told = report?.epoch === epoch ? report : undefined;
  const operation = told?.operation;
  const kinds = [...state.members.values()].flatMap(({ profile }) => profile?.tasks[task]?.kind ?? []);
  return {
    task,
    owner,
    epoch,
    state: route.state.is === 'owned' ? (told?.state ?? 'owned') : route.state.is,
    ...(operation === undefined ? {} : { operation }),
    class: kinds.includes('leased') ? 'leased' : 'fenced',
    previous: [...previous].reverse(),
    why,
  };
}
