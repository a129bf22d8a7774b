import { offerOf } from './fitness.ts';
import { isPresent } from './health.ts';
import type { Offer, Profile } from './member.ts';
import type { Edition } from './route.ts';
import type { ClusterState } from './state.ts';

/**
 * Which configuration a task is run with, where the members have different ones: the one of the highest edition.
 * A member that reads a new configuration while it runs gives it an edition above the one in force; one that
 * comes back with an old file, or with one that was edited while it was down and others moved on, changes nothing.
 * So no clock and no order of members decides. Undefined: none is in force that anybody who is there has, or the members do not agree.
 */
export function configurationOf(
  state: ClusterState,
  task: string,
  inForce: Edition | undefined,
): Edition | undefined {
  const offers = presentOffers(state, task);
  const edition = Math.max(0, ...offers.map(offer => offer.edition));
  // The backup was written with a later one than anybody who is there knows.
  if (Math.max(edition, inForce?.edition ?? 0) < (state.floors.get(task)?.edition ?? 0)) return undefined;
  if (inForce !== undefined && edition <= inForce.edition) return inForce;
  const newest = new Set(offers.filter(offer => offer.edition === edition).map(offer => offer.configuration));
  const [configuration] = newest;
  // Two of one edition: whichever came into force first stays, and where none is, a person has to say.
  if (newest.size !== 1) return inForce;
  return { configuration: configuration!, edition };
}

function presentOffers(state: ClusterState, task: string): Offer[] {
  return [...state.members.values()].filter(isPresent).flatMap(known => offerOf(known, task) ?? []);
}

/**
 * The profile of a member that has read its configuration anew, while it runs: what is not in force is given an
 * edition above that, for a person has just said that it should be.
 */
export function reedited(self: Profile, { rows, floors }: Pick<ClusterState, 'rows' | 'floors'>): Profile {
  const tasks = Object.entries(self.tasks).map(([task, offer]) => {
    const inForce = rows.get(task)?.route;
    const known = floors.get(task)?.edition ?? 0;
    // A later one was, and nobody has it any more: without a higher edition this one never would be.
    if (inForce === undefined && known > offer.edition)
      return [task, { ...offer, edition: known + 1 }] as const;
    if (inForce === undefined) return [task, offer] as const;
    const isSame = inForce.configuration === offer.configuration;
    const edition = isSame ? inForce.edition : Math.max(offer.edition, inForce.edition + 1);
    return [task, { ...offer, edition }] as const;
  });
  return { ...self, tasks: Object.fromEntries(tasks) };
}
