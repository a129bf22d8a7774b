import type { FilePlan } from '../../core/apply/plan.ts';
import type { Remark } from '../../core/effect.ts';
import type { Prepared } from '../../replication/prepare.ts';
import type { JournalEvent, JournalFile } from './record.ts';

/** A change that is on the backup, as the journal keeps it. `latency` in milliseconds from its first sign. */
export function appliedEvent(
  { ledger, opened, plan }: Prepared,
  files: readonly FilePlan[],
  sequence: number,
  latency: number,
): JournalEvent {
  return {
    type: 'applied',
    sequence,
    plan: plan.hash,
    what: ledger === undefined ? 'baseline' : 'update',
    who: opened.who,
    files: files.map(fileOf),
    latency,
  };
}

function fileOf(file: FilePlan): JournalFile {
  return {
    path: file.path,
    before: file.before ?? null,
    after: file.after ?? null,
    operations: file.patch.length,
    patch: file.patch,
    swaps: file.swaps.length,
    ...(file.primary === undefined ? {} : { primary: file.primary }),
  };
}

/** `since`: when the path was first held, in milliseconds since 1970. */
export function remarkEvent(remark: Remark, since: number): JournalEvent {
  switch (remark.what) {
    case 'held':
      return { type: 'held', path: remark.path, id: remark.id, since, failures: [...remark.failures] };
    case 'released':
      return { type: 'released', path: remark.path, id: remark.id };
    case 'degraded':
      return { type: 'degraded', failure: remark.failure };
    case 'sighted':
      return { type: 'sighted' };
    case 'failed':
      return { type: 'failed', failure: remark.failure };
  }
}
