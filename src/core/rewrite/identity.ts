import type { Json, Span } from '../document.ts';
import type { Failure, Place } from '../failure.ts';

/** Every kind of identifier. `text` is any whole word that no other kind describes. */
export const KINDS = [
  'hostname',
  'fqdn',
  'ipv4',
  'ipv6',
  'cidr',
  'subnet',
  'mac',
  'wwn',
  'iqn',
  'nqn',
  'uuid',
  'serial',
  'interface',
  'path',
  'text',
] as const;

export type Kind = (typeof KINDS)[number];

/** One line of the identity mapping as the administrator wrote it. */
export interface PairSpec {
  readonly kind: Kind;
  readonly primary: string;
  readonly backup: string;
  /** Both ways at once. Default by kind: see product.md. */
  readonly swap?: boolean | undefined;
  /** File patterns (glob, optionally `#` and a place) that limit the pair; empty: everywhere. */
  readonly in?: readonly string[] | undefined;
  readonly not?: readonly string[] | undefined;
  /** A place, which makes it a placed pair: a pointer, or the last segments of one ("VI_1/priority"). */
  readonly at?: string | undefined;
  /** Where it stands in the configuration file. */
  readonly source?: Place | undefined;
}

/** An identifier that is the same on both nodes: never rewritten, residue or unmapped. */
export interface SharedSpec {
  readonly kind: Kind;
  readonly value: string;
  readonly why?: string | undefined;
  readonly source?: Place | undefined;
}

export interface IdentitySpec {
  readonly pairs: readonly PairSpec[];
  readonly shared: readonly SharedSpec[];
}

/** The rule behind a swap, as it is shown to people: `ipv4 10.0.0.1 -> 10.0.1.1`. */
export interface Rule {
  readonly kind: Kind;
  /** As found on the side that leads, as put on the side that follows. */
  readonly from: string;
  readonly to: string;
  /** Index into IdentitySpec.pairs. */
  readonly pair: number;
}

/** One identifier that was replaced, with its provenance. */
export interface Swap {
  readonly rule: Rule;
  /** In the text before. */
  readonly from: Span;
  /** In the text after. */
  readonly to: Span;
  readonly found: string;
  readonly put: string;
  /** Of the scalar it stands in; absent in comments. */
  readonly pointer?: string;
}

export interface Rewritten {
  readonly text: string;
  /** Sorted by position. */
  readonly swaps: readonly Swap[];
  /** Places where rewriting is not safe: a counterpart that already stands in a one-way pair's file ... */
  readonly failures: readonly Failure[];
}

/** A mapping that was proven one-to-one and closed. Opaque outside core/rewrite. */
export interface Mapping {
  readonly spec: IdentitySpec;
  /** The same mapping read from the backup's side: for failback, `verify` and `explain`. */
  readonly reversed: () => Mapping;
  /** Compiled matcher; its shape belongs to core/rewrite/scanner. */
  readonly compiled: unknown;
}

/** Rewrites values without any text: the right-hand side of the law. */
export interface ValueRewriter {
  value(value: Json, pointer: string): Json;
  /**
   * A pointer, segment by segment, unescaped first. The index of a list stays: `within`, the value that
   * the pointer points into, tells it from a key; without it, digits are taken for an index.
   */
  pointer(pointer: string, within?: Json): string;
}

/** One primary identifier that the mapping does not account for, found in final bytes. */
export interface Residue {
  readonly pair: number;
  readonly kind: Kind;
  /** As it stands. */
  readonly found: string;
  readonly span: Span;
  /** In which view it was found. */
  readonly view: 'raw' | 'decoded' | 'percent';
}

/** A string worth an administrator's look: `near` or `unmapped`, with a ready-made pair. */
export interface Lookalike {
  readonly sort: 'near' | 'unmapped';
  readonly kind: Kind;
  readonly found: string;
  readonly span: Span;
  /** A line for the configuration file; where the counterpart is unknown it says so in the pair. */
  readonly suggestion: string;
  /** In how many places of the file it stands; `span` is the first. */
  readonly count: number;
}

/** Where a pair is found in one file, for `check`. */
export interface Occurrences {
  /** Index into IdentitySpec.pairs. */
  readonly pair: number;
  readonly count: number;
  /** How many of them stand in keys, section names and header words. */
  readonly inKeys: number;
  readonly first: Span;
}
