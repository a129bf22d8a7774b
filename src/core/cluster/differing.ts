import { offerOf } from './fitness.ts';
import type { ClusterState } from './state.ts';

/**
 * In which fields a member's configuration of a task is another one than the one in force; undefined: it is the same,
 * or nobody who has that one has ever told what is in it. For people: a hash names nothing.
 */
export function differingFields(
  state: ClusterState,
  member: string,
  task: string,
): readonly string[] | undefined {
  const inForce = state.rows.get(task)?.route.configuration;
  const offer = offerOf(state.members.get(member), task);
  if (offer === undefined || inForce === undefined || offer.configuration === inForce) return undefined;
  const others = [...state.members.values()].flatMap(known => offerOf(known, task) ?? []);
  const right = others.find(({ configuration }) => configuration === inForce);
  if (right === undefined) return undefined;
  const keys = new Set([...Object.keys(offer.fields), ...Object.keys(right.fields)]);
  return [...keys].filter(key => offer.fields[key] !== right.fields[key]).sort();
}
