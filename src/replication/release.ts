import type { Target } from '../connectors/connector.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { type Direction, directionHere, type Opened } from './opened.ts';
import { endsOf, turnOf } from './roles.ts';
import { checkReleased, writeReleased } from './witness.ts';

/**
 * Ends a relationship: what replication knows of it goes at both ends, the files stay as they are. A side
 * that is not reached keeps its ledger, which says of itself that it is outdated. In the state it is kept
 * that a person ended it, so that a configuration file which still names it begins nothing.
 */
export async function release(opened: Opened, now: number): Promise<Failure | undefined> {
  const { target, leading, name, state, who } = opened;
  const away = await target.reachable();
  if (away !== undefined) return away;
  const ends = await endsOf(opened);
  const ledger = opened.isReversed ? ends.primary : ends.backup;
  const here = directionHere(opened);
  const there = here === 'forward' ? 'reverse' : 'forward';
  // A damaged ledger tells nothing of whose it is, and is one more reason to end it.
  const stranger =
    ledger === undefined || isFailure(ledger) ? undefined : await checkReleased(opened, ledger, here);
  if (stranger !== undefined) return stranger;
  const other = opened.isReversed ? ends.backup : ends.primary;
  const isOurs =
    other !== undefined &&
    !isFailure(other) &&
    other.direction === there &&
    (ledger === undefined || isFailure(ledger) || turnOf(other) !== turnOf(ledger)) &&
    (await checkReleased(opened, other, there)) === undefined;
  // The note comes first: a ledger that is gone and no note of it would be a backup that was exchanged.
  const unwritten = state === '' ? undefined : await writeReleased(state, name, { at: now, who });
  if (unwritten !== undefined) return unwritten;
  const failure = isOurs ? await forget(leading, name, there, other.epoch) : undefined;
  return failure ?? forget(target, name, here, isFailure(ledger) ? 0 : (ledger?.epoch ?? 0));
}

/** Only who has it may remove what lies there. */
async function forget(
  end: Target,
  name: string,
  direction: Direction,
  above: number,
): Promise<Failure | undefined> {
  const taken = await end.takeOver(name, { above, direction, broken: true, anew: true });
  return isFailure(taken) ? taken : end.forget(name);
}
