import { z } from 'zod';
import type { Failure } from '../../core/failure.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const look = z.object({ inode: z.string(), size: z.number(), modified: z.string(), changed: z.string() });

const held = z.object({
  kind: z.literal('held'),
  relationship: z.string(),
  path: z.string(),
  /** Milliseconds since 1970 at which this place was first held, whatever has been folded in since. */
  since: z.number(),
  id: z.string(),
});

const captured = z.object({
  kind: z.literal('captured'),
  relationship: z.string(),
  path: z.string(),
  look,
  /** SHA-256 of the primary's bytes that the look saw. */
  hash,
});

const fact = z.discriminatedUnion('kind', [held, captured]);

export type Fact = z.infer<typeof fact>;
export type HeldFact = Omit<z.infer<typeof held>, 'kind' | 'relationship' | 'path'>;
export type CapturedFact = Omit<z.infer<typeof captured>, 'kind' | 'relationship' | 'path'>;

/** A person's word that nothing is to be replicated for now. */
export interface Pause {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Absent: until `resume`. */
  readonly until?: number;
  readonly who: string;
  readonly reason?: string;
}

/** What is so until it is said otherwise, and outlives a restart. By path where it is about a file. */
export interface Facts {
  readonly paused?: Pause;
  readonly held: ReadonlyMap<string, HeldFact>;
  readonly captured: ReadonlyMap<string, CapturedFact>;
  /** What could not be believed, and was left out. */
  readonly failures: readonly Failure[];
}

export function asFact(value: unknown): Fact | undefined {
  const parsed = fact.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
