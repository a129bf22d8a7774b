import type { Bias } from '../../change/align.ts';
import type { Document, Span } from '../../document.ts';
import { type Failure, placeAt } from '../../failure.ts';
import type { Pieces } from './pieces.ts';
import type { MergePolicy } from './policy.ts';

/** What one run of the merge carries along. */
export interface MergeContext {
  /** What replication last made of the primary; absent for a baseline onto other content. */
  readonly base: Document | undefined;
  /** What the primary is now, rewritten. */
  readonly next: Document;
  /** The backup's own text. */
  readonly local: Document;
  readonly policy: MergePolicy;
  readonly bias: Bias;
  readonly file: string;
  readonly out: Pieces;
  readonly conflicts: Failure[];
  /** Settings in conflict that stay the backup's, where conflicts are rejected. */
  readonly kept: Kept[];
}

/** A setting of the backup, as a pointer into its value; one that is gone there: into the primary's. */
export interface Kept {
  readonly pointer: string;
  readonly isGone: boolean;
}

/** Who wins a place that both sides changed. Under `hold` a conflict is recorded for a person. */
export function decide(context: MergeContext, pointer: string, at: Span, what: string): 'next' | 'local' {
  const { policy, local } = context;
  if (policy.rejected(pointer, local.text.slice(at.start, at.end))) return 'next';
  if (policy.conflict === 'primary') return 'next';
  if (policy.conflict === 'local' || policy.conflict === 'backup') return 'local';
  context.conflicts.push({
    failure: 'conflict',
    message: `${pointer || 'the whole file'}: ${what}`,
    at: placeAt(local.text, at.start, context.file),
    hint: 'approve to take the primary’s, reject to keep the backup’s, or preserve the place in the configuration file',
  });
  return 'local';
}

/** The same for what a setting says, and not how it is written: where conflicts are rejected its place is kept. */
export function decideSetting(
  context: MergeContext,
  pointer: string,
  at: Span | undefined,
  what: string,
): 'next' | 'local' {
  const winner = decide(context, pointer, at ?? { start: 0, end: 0 }, what);
  if (winner === 'local' && context.policy.conflict === 'backup')
    context.kept.push({ pointer, isGone: at === undefined });
  return winner;
}
