import { entryOf } from '../connectors/ledger.ts';
import type { FilePlan } from '../core/apply/plan.ts';
import type { Prepared } from './prepare.ts';

/** Replicated, and then deleted on the backup by somebody else; the primary still has it as it was. */
export function isLostOnBackup(prepared: Prepared, file: FilePlan): boolean {
  const known = entryOf(prepared.ledger, file);
  const wasThere = known !== undefined && known.file !== null;
  return file.action === 'keep' && file.primary !== undefined && file.before === undefined && wasThere;
}

/** A file that the backup lost, and the commands that settle it. */
export interface LostFile {
  readonly path: string;
  readonly hint: string;
}

export function lostFiles(one: Prepared): LostFile[] {
  const { relationship, files } = one.plan;
  return files.filter(file => isLostOnBackup(one, file)).map(({ path }) => lostFile(path, relationship));
}

export function lostFile(path: string, relationship: string): LostFile {
  const back = `warmspare verify --repair --yes ${relationship} puts it back`;
  return { path, hint: `${back}, warmspare verify --accept ${relationship} leaves it deleted` };
}

export function tellLost({ path, hint }: LostFile): string {
  return `${path} was deleted on the backup: ${hint}`;
}

/** Something of the primary is not on the backup yet, or the backup lost a file. */
export function isPending(prepared: Prepared, file: FilePlan): boolean {
  if (file.action !== 'keep') return true;
  const known = entryOf(prepared.ledger, file);
  if (known === undefined) return file.primary !== undefined;
  return known.file !== null && file.before === undefined;
}
