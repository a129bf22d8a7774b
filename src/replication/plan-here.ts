import { Worker } from 'node:worker_threads';
import type { FileInput, FileRules } from '../core/apply/file-input.ts';
import type { FilePlan } from '../core/apply/plan.ts';
import { isReversed } from '../core/rewrite/mapping.ts';
import { entryOf } from '../installation.ts';
import { heapForLarge, youngOf } from './heap.ts';
import type { Job } from './plan-thread.ts';
import { costly, internal, unplanned, wholePass } from './whole-pass.ts';

/** Above so many bytes a file is planned in a thread of its own. */
const LARGE_BYTES = 2 * 1024 * 1024;

/**
 * Plans a file for a command that runs once. A large one in a thread of its own: it may have more memory
 * there than Node.js gives to a program by itself, and where that is too little the file is held by
 * `too-costly`, instead of the program ending in the middle. Never rejects.
 */
export function planHere(
  input: FileInput,
  rules: FileRules,
  heapMb = heapForLarge(),
): FilePlan | Promise<FilePlan> {
  const { primary, local } = input;
  if (Math.max(primary?.length ?? 0, local?.length ?? 0) <= LARGE_BYTES) return wholePass(input, rules);
  const { mapping, digest: _, ...others } = rules;
  const job: Job = { input, rules: others, spec: mapping.spec, reversed: isReversed(mapping) };
  return new Promise(done => {
    const thread = new Worker(entryOf('plan-thread'), {
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 3 * youngOf(heapMb) },
    });
    thread.once('message', done);
    thread.once('error', error => {
      const failure = isOutOfMemory(error)
        ? costly(input.path, `${heapMb} MB of memory are too little`)
        : internal(input.path, error.message);
      done(unplanned(input, rules, failure));
    });
  });
}

function isOutOfMemory(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
