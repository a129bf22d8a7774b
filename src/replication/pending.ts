import { entryOf } from '../connectors/ledger.ts';
import type { FilePlan } from '../core/apply/plan.ts';
import type { Prepared } from './prepare.ts';

/** Replicated, and then deleted on the backup by somebody else; the primary still has it as it was. */
export function isLostOnBackup(prepared: Prepared, file: FilePlan): boolean {
  const known = entryOf(prepared.ledger, file);
  const wasThere = known !== undefined && known.file !== null;
  return file.action === 'keep' && file.primary !== undefined && file.before === undefined && wasThere;
}

/** Something of the primary is not on the backup yet, or the backup lost a file. */
export function isPending(prepared: Prepared, file: FilePlan): boolean {
  if (file.action !== 'keep') return true;
  const known = entryOf(prepared.ledger, file);
  if (known === undefined) return file.primary !== undefined;
  return known.file !== null && file.before === undefined;
}
