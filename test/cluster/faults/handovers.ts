import type { Entry } from './history.ts';

/** How a task came to another owner after something was done to the one that had it; in milliseconds from then. */
export interface Handover {
  readonly task: string;
  /** When that was done. */
  readonly t: number;
  readonly fault: string;
  readonly from: string;
  readonly wasCoordinator: boolean;
  /** Until its owner said that it lets it go, and began nothing from then on; planned ones only. */
  readonly released: number | undefined;
  /** Until the routing table names the next owner. */
  readonly inTable: number | undefined;
  /** Until the backup was taken: from then on the task runs elsewhere. */
  readonly atBackup: number | undefined;
}

/** Faults after which the tasks of whom they hit go to others. */
const MOVING = new Set(['kill', 'stop', 'cut', 'lose in', 'lose out', 'leave']);

/** All hand-overs of a history, task by task; undefined times: it did not come to that. */
export function handovers(entries: readonly Entry[]): Handover[] {
  const owners = new Map<string, { readonly member: string | undefined; readonly epoch: number }>();
  const found: Handover[] = [];
  // The backup counts its own epochs, one for each process that takes it.
  const highest = (task: string, before: number) =>
    Math.max(
      0,
      ...entries.slice(0, before).flatMap(one => (one.op === 'sight' && one.task === task ? one.epochs : [])),
    );
  let coordinator: string | null = null;
  for (const [place, entry] of entries.entries()) {
    if (entry.op === 'own') owners.set(entry.task, { member: entry.owner?.member, epoch: entry.epoch });
    else if (entry.op === 'coordinate') coordinator = entry.member;
    if (entry.op !== 'fault' || !MOVING.has(entry.fault)) continue;
    const { fault, whom: from, t } = entry;
    const later = entries.slice(place + 1);
    for (const [task, { member, epoch }] of owners) {
      if (member !== from) continue;
      const known = highest(task, place);
      const since = (is: (one: Entry) => boolean) => {
        const first = later.find(is);
        return first === undefined ? undefined : first.t - t;
      };
      found.push({
        ...{ task, t, fault, from, wasCoordinator: coordinator === from },
        released: since(one => one.op === 'let go' && one.task === task && one.proc === from),
        inTable: since(
          one => one.op === 'own' && one.task === task && one.epoch > epoch && one.owner !== null,
        ),
        atBackup: since(
          one => one.op === 'sight' && one.task === task && one.epochs.some(taken => taken > known),
        ),
      });
    }
  }
  return found;
}
