import type { FileInput, FileRules } from '../../core/apply/file-input.ts';
import type { Failure } from '../../core/failure.ts';
import { type Hashes, unplanned, wholePass } from '../../replication/whole-pass.ts';
import { type BoundedPlan, bounded } from './bounded.ts';

/** The whole pass over one file, as the daemon keeps its plan. */
export function planWhole(input: FileInput, rules: FileRules): BoundedPlan<string> {
  return bounded(wholePass(input, rules));
}

/** The plan of a file that could not be planned, as the daemon keeps it. */
export function refused(
  input: FileInput,
  rules: FileRules,
  failure: Failure,
  hashes?: Hashes,
): BoundedPlan<string> {
  return bounded(unplanned(input, rules, failure, hashes));
}
