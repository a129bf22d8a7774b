import type { Report } from './member.ts';
import type { Floor } from './state.ts';

const NONE: Floor = { epoch: 0, edition: 0 };

/** The highest of what was known and what is told now. */
export function risen(
  floors: ReadonlyMap<string, Floor>,
  told: Iterable<readonly [task: string, floor: Floor]>,
): ReadonlyMap<string, Floor> {
  let risen: Map<string, Floor> | undefined;
  for (const [task, { epoch, edition }] of told) {
    const known = (risen ?? floors).get(task) ?? NONE;
    if (epoch <= known.epoch && edition <= known.edition) continue;
    risen ??= new Map(floors);
    risen.set(task, { epoch: Math.max(epoch, known.epoch), edition: Math.max(edition, known.edition) });
  }
  return risen ?? floors;
}

/** The same with what owners tell: their own epochs, and what they found at the backups. */
export function risenBy(
  floors: ReadonlyMap<string, Floor>,
  reports: readonly Report[],
): ReadonlyMap<string, Floor> {
  return risen(
    floors,
    reports.map(({ task, epoch, seen = 0, seenEdition = 0 }) => [
      task,
      { epoch: Math.max(epoch, seen), edition: seenEdition },
    ]),
  );
}

const SPREAD = 1_000_000;

/**
 * The epoch above which a row is made that the engine does not have, or a backup knows better. The engine may have
 * lost it, and whoever had the task meanwhile, and remembers, may be gone; so it is not one above what is
 * remembered, but somewhere far above, elsewhere for any two who make it: `mark` is of who does (FNV-1a).
 */
export function above(floor: Floor | undefined, mark: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < mark.length; i++) hash = Math.imul(hash ^ mark.charCodeAt(i), 0x01000193);
  return (floor?.epoch ?? 0) + ((hash >>> 0) % SPREAD);
}
