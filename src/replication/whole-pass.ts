import type { FileInput, FileRules } from '../core/apply/file-input.ts';
import { type FilePlan, fileId } from '../core/apply/plan.ts';
import { planFile } from '../core/apply/plan-file.ts';
import type { Failure } from '../core/failure.ts';

/** The whole pass over one file, in whichever process or thread: it never throws. */
export function wholePass(input: FileInput, rules: FileRules): FilePlan<string> {
  try {
    return planFile(input, rules);
  } catch (error) {
    const { message } = error as Error;
    // The stack and the longest string are limits on a file like time and memory are.
    const failure = error instanceof RangeError ? costly(input.path, message) : internal(input.path, message);
    return unplanned(input, rules, failure);
  }
}

/** SHA-256 of both sides, as a plan has them. */
export interface Hashes {
  readonly primary?: string;
  readonly before?: string;
}

/** The plan of a file that could not be planned: the backup keeps what it has. */
export function unplanned(
  input: FileInput,
  rules: FileRules,
  failure: Failure,
  hashes: Hashes = hashesOf(input, rules),
): FilePlan<string> {
  const { path, known } = input;
  const plan = {
    path,
    action: 'keep' as const,
    ...hashes,
    edits: [],
    patch: [],
    swaps: [],
    held: [failure],
    notes: [],
    deletions: 0,
    local: known?.local ?? [],
    baseline: known === undefined,
  };
  return { ...plan, id: fileId(rules.relationship, plan, rules.digest) };
}

export function hashesOf(
  { primary, local }: Pick<FileInput, 'primary' | 'local'>,
  { digest }: FileRules,
): Hashes {
  return {
    ...(primary === undefined ? {} : { primary: digest(primary) }),
    ...(local === undefined ? {} : { before: digest(local) }),
  };
}

/** @param why what it ran into, as a clause */
export function costly(path: string, why: string): Failure {
  return {
    failure: 'too-costly',
    message: `${path} cannot be planned within the limits on time and memory: ${why}`,
    at: { file: path },
    hint: 'exclude the file or split it; it is planned again as soon as it changes',
  };
}

export function internal(path: string, why: string): Failure {
  return {
    failure: 'internal',
    message: `${path} was not planned: ${why}`,
    at: { file: path },
    hint: 'nothing was written; report this, if the file is not planned after the next change either',
  };
}
