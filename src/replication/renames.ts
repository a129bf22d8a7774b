import type { Ledger } from '../connectors/ledger.ts';
import type { FilePlan } from '../core/apply/plan.ts';

/**
 * A file that was renamed on the primary is no deleted one: its very content stands under a new name. Both
 * names are one group: the old one goes in the transaction in which the new one comes, and stays, held,
 * where the new one is. Without approval, because nothing is lost.
 */
export function withRenames(
  files: readonly FilePlan[],
  ledger: Ledger | undefined,
  mode: 'auto' | 'approve',
): readonly FilePlan[] {
  if (ledger === undefined || mode === 'approve') return files;
  return files.map(file => {
    const isGone = file.action === 'delete' && file.held.some(({ failure }) => failure === 'file-deleted');
    // Of what is only kept ready the ledger knows nothing at the path.
    if (!isGone || file.waits === true || !isRenamed(file, files, ledger)) return file;
    return { ...file, held: file.held.filter(({ failure }) => failure !== 'file-deleted') };
  });
}

/**
 * Whether the content of a file that is gone goes to the backup under a new name, in this very plan. A file
 * that was there before and happens to say the same is no new name.
 */
function isRenamed(gone: FilePlan, files: readonly FilePlan[], ledger: Ledger): boolean {
  const known = ledger.files[gone.path];
  const content = known?.primary;
  // What the backup has of its own in it would be lost with the old name.
  if (content === undefined || known?.base !== known?.file) return false;
  return files.some(
    ({ action, primary, held }) => action === 'create' && primary === content && held.length === 0,
  );
}
