import type { Failure } from '../failure.ts';

/**
 * A failure of a file as it stands on the backup. What would be said of the primary's is turned round:
 * nobody is to mend the primary for it.
 */
export function onBackup(failure: Failure): Failure {
  const hint = HINTS[failure.failure] ?? failure.hint;
  return {
    ...failure,
    message: `on the backup: ${failure.message}`,
    ...(hint === undefined ? {} : { hint }),
  };
}

const MOVE = 'Move it away on the backup, and the primary\u2019s file takes its place; or exclude it';
const MEND = 'Mend the file on the backup, or move it away there: replication then goes on by itself';

const HINTS: Partial<Record<Failure['failure'], string>> = {
  'not-a-file': MOVE,
  'outside-root': MOVE,
  'too-large': MOVE,
  binary: MOVE,
  'nul-byte': MEND,
  'not-utf8': MEND,
  'too-deep': MEND,
  'alias-bomb': MEND,
  syntax: MEND,
  'duplicate-key': MEND,
  'forbidden-key': MEND,
};
