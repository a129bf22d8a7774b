import type { Config, Relationship } from '../config/config.ts';
import type { Ledger } from '../connectors/ledger.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { notNear } from './near.ts';
import { type Direction, type Opened, openRelationship } from './opened.ts';

/** What lies at the two ends about one relationship; a Failure where an end cannot be asked. */
export interface Ends {
  readonly primary: Ledger | undefined | Failure;
  readonly backup: Ledger | undefined | Failure;
}

/**
 * Which end leads, as the ledgers at both ends say. Each end that has followed has a ledger; of two the one
 * with the higher turn is the present, and the other end serves. Where that cannot be told, nothing may be
 * written anywhere:
 *
 *     primary's ledger   backup's ledger    direction
 *     none               any, or none       forward
 *     reverse, turn t    none, turn < t     reverse
 *     reverse, turn t    turn > t           forward
 *     reverse, turn t    turn t             nobody knows
 */
export function directionOf({ primary, backup }: Ends): Direction | Failure {
  // An end that cannot be reached stops everything by itself; the other one alone tells what to say meanwhile.
  const forth = isFailure(backup) || backup?.direction !== 'forward' ? undefined : backup;
  const back = isFailure(primary) || primary?.direction !== 'reverse' ? undefined : primary;
  if (back === undefined) return 'forward';
  if (forth === undefined) return back.broken && isFailure(backup) ? 'forward' : 'reverse';
  if (turnOf(back) === turnOf(forth)) return unknown(back.relationship);
  return turnOf(back) > turnOf(forth) ? 'reverse' : 'forward';
}

export function turnOf(ledger: Ledger): number {
  return ledger.turn ?? 0;
}

/** Opens a relationship in the direction that its ends tell, where both lie at this member. */
export async function openDirected(config: Config, relationship: Relationship): Promise<Opened | Failure> {
  const far = notNear(config, relationship);
  if (far !== undefined) return far;
  const forth = openRelationship(config, relationship);
  if (isFailure(forth)) return forth;
  const direction = directionOf(await endsOf(forth));
  // Open all the same: `refusedHere` says what is wrong to whoever wants to write.
  if (isFailure(direction) || direction === 'forward') return forth;
  return openRelationship(config, relationship, 'reverse');
}

/** Reads the ledgers of both ends. */
export async function endsOf({ leading, target, name, isReversed }: Opened): Promise<Ends> {
  const read = async (end: typeof target) => (await end.reachable()) ?? end.ledger(name);
  const [leads, follows] = await Promise.all([read(leading), read(target)]);
  return isReversed ? { primary: follows, backup: leads } : { primary: leads, backup: follows };
}

/**
 * Why nothing may be written to the side that was opened as the following one: it serves, the roles were
 * exchanged since, or nobody can tell. `ledger` is its own, just read.
 */
export async function refusedHere(opened: Opened, ledger: Ledger | undefined): Promise<Failure | undefined> {
  const ends = await endsOf(opened);
  const direction = directionOf(ends);
  const isTurned = !isFailure(direction) && (direction === 'reverse') !== opened.isReversed;
  if (isTurned) return turned(opened);
  if (ledger?.broken === true) return brokenFailure(opened.name, ledger);
  const leads = opened.isReversed ? ends.backup : ends.primary;
  if (isFailure(leads) && leads.failure !== 'root-missing') {
    return {
      ...leads,
      message: `${opened.name}: whether ${opened.leading.title} follows cannot be told: ${leads.message}`,
    };
  }
  return isFailure(direction) ? direction : undefined;
}

/** The last look before a commit: whoever broke the relationship since it was planned has the last word. */
export async function brokenSince({ target, name }: Opened): Promise<Failure | undefined> {
  const ledger = await target.ledger(name);
  // A damaged one was given up by name, or the commit refuses it.
  if (isFailure(ledger)) return undefined;
  return ledger?.broken === true ? brokenFailure(name, ledger) : undefined;
}

function turned({ name, target }: Opened): Failure {
  return {
    failure: 'direction',
    message: `${name}: the roles were exchanged meanwhile`,
    at: { file: target.title },
    hint: 'run the command again: it goes the new way',
  };
}

/** What everybody is told who wants to write to a node that serves. */
export function brokenFailure(name: string, ledger: Ledger): Failure {
  const entry = ledger.history.findLast(({ what }) => what === 'break');
  const when =
    entry === undefined
      ? ''
      : ` since ${new Date(entry.at).toISOString()}, by ${entry.who}${reasonOf(entry)}`;
  return {
    failure: 'broken',
    message: `${name} is broken${when}: the node serves, and nothing is written to it`,
    hint: `end it by \`warmspare resync --reverse ${name}\` (the roles are exchanged) or \`--forward\` (it follows again)`,
  };
}

function reasonOf({ reason }: { readonly reason?: string | undefined }): string {
  return reason === undefined ? '' : ` (${reason})`;
}

function unknown(name: string): Failure {
  return {
    failure: 'direction',
    message: `${name}: both ends say that they follow, so nobody can tell which one leads`,
    hint: 'one of the two was restored from an older copy: move the .warmspare folder of the node that is to lead away',
  };
}

/** Those of them because of which a command is refused, and not merely held. */
const REFUSING = new Set(['broken', 'direction']);

export function refusing(held: readonly Failure[]): Failure | undefined {
  return held.find(({ failure }) => REFUSING.has(failure));
}
