import type { Config, Relationship } from '../config/config.ts';
import { readOnly } from '../connectors/read-only.ts';
import type { FilePlan, Plan } from '../core/apply/plan.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import type { Opened } from './opened.ts';
import { findOverlap } from './overlaps.ts';
import { isPending } from './pending.ts';
import { type Prepared, type PrepareOptions, prepare } from './prepare.ts';
import type { PlanOne } from './prepare-files.ts';
import { openDirected, refusing } from './roles.ts';
import { astray } from './verdict.ts';

/** Prepares the selected relationships; every backup is opened so that it cannot be written. */
export async function prepareAll(
  config: Config,
  selected: readonly Relationship[],
  options: PrepareOptions,
  opening: Opening = {},
): Promise<Prepared[] | Failure> {
  const opened: Opened[] = [];
  for (const relationship of selected) {
    const one = opening.opened?.(relationship.name) ?? (await openDirected(config, relationship));
    if (isFailure(one)) return one;
    opened.push(opening.who === undefined ? one : { ...one, who: opening.who });
  }
  const prepared: Prepared[] = [];
  for (const one of opened) {
    const plan = opening.plan?.(one);
    prepared.push(
      await prepare(one, readOnly(one.target), plan === undefined ? options : { ...options, plan }),
    );
  }
  // Whoever has them open has looked at all of them together.
  if (opening.opened !== undefined) return prepared;
  return (await findOverlap(config, prepared)) ?? prepared;
}

/** Relationships that are open already, and how their files are planned. */
export interface Opening {
  readonly opened?: (name: string) => Opened | undefined;
  /** The person, where that is not the user of the process. */
  readonly who?: string;
  readonly plan?: (opened: Opened) => PlanOne;
}

/** A held file of some relationship, found by the id that was shown with it. */
export interface Held {
  readonly prepared: Prepared;
  readonly file: FilePlan;
}

/** Finds what an id, or the beginning of one, names; several matches are a Failure. */
export function findHeld(all: readonly Prepared[], id: string): Held | Failure {
  const found = all.flatMap(prepared =>
    prepared.plan.files
      .filter(file => file.id.startsWith(id) && file.held.length > 0)
      .map(file => ({ prepared, file })),
  );
  if (found.length === 1 && id.length >= 4) return found[0]!;
  return {
    failure: found.length > 1 || id.length < 4 ? 'usage' : 'not-found',
    message:
      found.length > 1
        ? `${id} names ${found.length} held changes`
        : id.length < 4
          ? `${id} is too short to name a held change`
          : `no held change is called ${id}: it was released, or one of the two sides has moved since`,
    hint: 'see `warmspare status` for what is held now',
  };
}

/** The relationship's state in one word, for status and exit codes. */
export type State = 'in sync' | 'behind' | 'held' | 'drift' | 'no baseline' | 'unreachable' | 'broken';

export function stateOf(prepared: Prepared): State {
  const { plan, ledger, unreachable } = prepared;
  if (unreachable !== undefined) return 'unreachable';
  if (refusing(plan.held) !== undefined) return 'broken';
  if (isHeld(plan)) return 'held';
  if (ledger === undefined) return 'no baseline';
  if (plan.files.some(file => isPending(prepared, file))) return 'behind';
  return astray(prepared).length > 0 ? 'drift' : 'in sync';
}

export function isHeld(plan: Plan): boolean {
  return plan.held.length > 0 || plan.files.some(file => file.held.length > 0);
}
