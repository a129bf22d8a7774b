import type { Failure, Place } from '../failure.ts';
import type { Kind, PairSpec, SharedSpec } from './identity.ts';
import type { Spelling } from './kinds/kind.ts';
import { type Region, regionOf } from './kinds/region.ts';
import { guessKind, KIND_RULES, SWAPPED_BY_DEFAULT } from './kinds/registry.ts';
import { limitOf } from './scope.ts';

/** One end of a pair. */
export interface Side {
  readonly written: string;
  readonly canonical: string;
  /** What stands on this side, with what then stands on the other; empty for a region. */
  readonly spellings: readonly Spelling[];
  readonly region: Region | undefined;
}

/** A pair whose two sides are valid identifiers of its kind. */
export interface Pair {
  readonly index: number;
  readonly spec: PairSpec;
  readonly kind: Kind;
  readonly primary: Side;
  readonly backup: Side;
  /** Both ways at once. */
  readonly isSwap: boolean;
  /** The administrator has said which; otherwise a one-way pair asks where its counterpart stands. */
  readonly isSaid: boolean;
  readonly isPlaced: boolean;
  /** Equal for pairs with the same limits; '' for none. */
  readonly limit: string;
}

/** A shared identifier: a pair with itself. */
export interface Shared {
  readonly index: number;
  readonly spec: SharedSpec;
  readonly kind: Kind;
  readonly side: Side;
}

export function pairOf(spec: PairSpec, index: number): Pair | Failure {
  const { kind } = spec;
  const failure = sideFailure(spec, 'primary') ?? sideFailure(spec, 'backup') ?? pairFailure(spec);
  if (failure !== undefined) return failure;
  const primary = sideOf(kind, spec.primary, spec.backup);
  const backup = sideOf(kind, spec.backup, spec.primary);
  if (primary.canonical === backup.canonical) return sameOnBoth(spec);
  return {
    index,
    spec,
    kind,
    primary,
    backup,
    isSwap: spec.swap ?? SWAPPED_BY_DEFAULT.has(kind),
    isSaid: spec.swap !== undefined,
    isPlaced: spec.at !== undefined,
    limit: limitOf(spec),
  };
}

export function sharedOf(spec: SharedSpec, index: number): Shared | Failure {
  const { kind, value } = spec;
  const problem = KIND_RULES[kind].problem(value);
  if (problem === undefined) return { index, spec, kind, side: sideOf(kind, value, value) };
  return invalid(`shared ${kind} ${value} ${problem}`, spec.source, hintFor(kind, value));
}

/** `ipv4 10.0.0.1 -> 10.0.1.1`, the way a pair is named in every message. */
export function pairName({ kind, primary, backup }: PairSpec): string {
  return `${kind} ${primary} -> ${backup}`;
}

function sideOf(kind: Kind, written: string, other: string): Side {
  const rules = KIND_RULES[kind];
  const region = regionOf(kind, written);
  return {
    written,
    canonical: rules.canonical(written),
    spellings: region === undefined ? rules.spellings(written, other) : [],
    region,
  };
}

function sideFailure(spec: PairSpec, side: 'primary' | 'backup'): Failure | undefined {
  const { kind } = spec;
  const value = spec[side];
  const problem = KIND_RULES[kind].problem(value);
  if (problem === undefined) return undefined;
  const guess = guessKind(value);
  // A subnet with a host part is still meant as one.
  if (guess === undefined || guess === kind || (kind === 'subnet' && guess === 'cidr')) {
    return invalid(`${pairName(spec)}: ${value} ${problem}`, spec.source, hintFor(kind, value));
  }
  return {
    failure: 'pair-kind',
    message: `${pairName(spec)}: ${value} is of kind ${guess}, not ${kind}`,
    ...placed(spec.source),
    hint: `write the ${side}'s ${kind} there, or make it a pair of kind ${guess}`,
  };
}

function pairFailure(spec: PairSpec): Failure | undefined {
  const problem = KIND_RULES[spec.kind].mismatch?.(spec.primary, spec.backup);
  if (problem === undefined) return undefined;
  const differ = problem.includes('families');
  return {
    failure: differ ? 'pair-kind' : 'pair-invalid',
    message: `${pairName(spec)}: the two ${problem}`,
    ...placed(spec.source),
    hint: 'write the counterpart that stands on the backup in the same place',
  };
}

function sameOnBoth(spec: PairSpec): Failure {
  return invalid(
    `${pairName(spec)}: primary and backup are the same`,
    spec.source,
    `list it under shared: {kind: ${spec.kind}, value: ${spec.primary}}`,
  );
}

function hintFor(kind: Kind, value: string): string {
  const guess = guessKind(value);
  const isOther = guess !== undefined && guess !== kind && kind !== 'subnet';
  return isOther ? `write kind: ${guess}` : 'correct the identifier';
}

function invalid(message: string, source: Place | undefined, hint: string): Failure {
  return { failure: 'pair-invalid', message, ...placed(source), hint };
}

function placed(source: Place | undefined): { at?: Place } {
  return source === undefined ? {} : { at: source };
}
