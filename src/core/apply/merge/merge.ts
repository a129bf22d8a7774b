import { type Bias, canonical } from '../../change/align.ts';
import type { Document, FormatName } from '../../document.ts';
import { type Failure, isFailure } from '../../failure.ts';
import type { Format } from '../../formats/format.ts';
import type { Kept, MergeContext } from './context.ts';
import { mergeNode } from './nodes.ts';
import { type Piece, Pieces } from './pieces.ts';
import type { MergePolicy } from './policy.ts';
import { equalAsSets, mergeValues, type Repeats } from './values.ts';

export interface MergeInput {
  /** What replication last made of the primary; absent for a baseline onto other content. */
  readonly base: Document | undefined;
  /** What the primary is now, rewritten. */
  readonly next: Document;
  /** The backup's own text. */
  readonly local: Document;
  readonly file: string;
  readonly format: Format;
  readonly policy: MergePolicy;
}

export interface Merged {
  readonly text: string;
  readonly document: Document;
  readonly pieces: readonly Piece[];
  /** Conflicts and places that are not unique; the text may be applied only when there are none. */
  readonly failures: readonly Failure[];
  /** Settings in conflict that stayed the backup's, where conflicts are rejected. */
  readonly kept: readonly Kept[];
}

const REPEATS: Readonly<Record<FormatName, Repeats>> = {
  json: 'none',
  yaml: 'none',
  toml: 'tables',
  ini: 'labels',
  block: 'labels',
  lines: 'labels',
};

/**
 * Three-way merge: the primary's change lands as edits on the backup's own text; the backup's
 * settings and comments stay. Entries are matched in a tree that all formats share, the bytes come
 * from one of the sides. (The idea of merging trees rather than lines: T. Lindholm, "A three-way
 * merge for XML documents", 2004.)
 *
 * Nothing is guessed: the merge is made twice, with equal twins matched from either end, and is held
 * where that makes a difference to what the file says; its value is proven by a merge of values.
 */
export function merge(input: MergeInput): Merged {
  const first = run(input, 'first');
  if (first.failures.length > 0) return first;
  const last = run(input, 'last');
  if (last.text !== first.text && canonical(last.document.value) !== canonical(first.document.value)) {
    return {
      ...first,
      failures: [ambiguous(input, 'the change could land on more than one of several equal entries')],
    };
  }
  const { base, next, local, policy } = input;
  const repeats = REPEATS[next.format];
  const proven = mergeValues(base?.value, next.value, local.value, policy, repeats);
  if (!equalAsSets(proven, first.document.value)) {
    return { ...first, failures: [ambiguous(input, 'merging the texts and merging the values differ')] };
  }
  return first;
}

function ambiguous(input: MergeInput, message: string): Failure {
  return {
    failure: 'place-ambiguous',
    message,
    at: { file: input.file },
    hint: 'make the backup’s file alike at that place (its order, its indentation), or make its entry distinguishable',
  };
}

function run(input: MergeInput, bias: Bias): Merged {
  const { base, next, local, policy, file, format } = input;
  const out = new Pieces(next, local, base);
  const conflicts: Failure[] = [];
  const kept: Kept[] = [];
  const context: MergeContext = { base, next, local, policy, bias, file, out, conflicts, kept };
  mergeNode(context, base?.root, next.root, local.root, '');
  const text = out.text();
  const document = format.parse(text, file);
  if (isFailure(document)) {
    const failure = ambiguous(
      input,
      `the merged text would not be valid ${format.name}: ${document.message}`,
    );
    return { text, document: local, pieces: out.list, failures: [...conflicts, failure], kept };
  }
  return { text, document, pieces: out.list, failures: conflicts, kept };
}
