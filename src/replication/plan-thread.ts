import { parentPort, workerData } from 'node:worker_threads';
import { sha256 } from '../connectors/file/digest.ts';
import type { FileInput, FileRules } from '../core/apply/file-input.ts';
import type { IdentitySpec } from '../core/rewrite/identity.ts';
import { compileMapping } from '../core/rewrite/mapping.ts';
import { wholePass } from './whole-pass.ts';

/** One file, without what cannot be handed to another thread: functions and the compiled mapping. */
export interface Job {
  readonly input: FileInput;
  readonly rules: Omit<FileRules, 'mapping' | 'digest'>;
  readonly spec: IdentitySpec;
  /** Read from the backup's side. */
  readonly reversed: boolean;
}

const { input, rules, spec, reversed } = workerData as Job;
// Whoever asks has compiled the same definition, so it is known to be valid.
const compiled = compileMapping(spec).mapping!;
const mapping = reversed ? compiled.reversed() : compiled;
parentPort!.postMessage(wholePass(input, { ...rules, mapping, digest: sha256 }));
