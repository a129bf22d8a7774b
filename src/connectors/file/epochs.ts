import type { Failure } from '../../core/failure.ts';
import { type Acting, type Claim, refusalOf } from '../../core/fence/epoch.ts';
import { outranked, type Tenure } from '../../core/fence/tenure.ts';
import { readdir } from './disk.ts';

/** The epochs whose directories lie in a relationship's folder, in no order. */
export async function epochsIn(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names.flatMap(name => {
    const [, number] = /^epoch-([1-9]\d{0,14})$/.exec(name) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
}

export function fencedBy(root: string, epoch: number): Failure {
  return {
    failure: 'fenced',
    message: `another warmspare has taken the backup over (epoch ${epoch}); this one writes nothing to it any more`,
    at: { file: root },
    hint: 'let only one warmspare replicate to this backup: stop the other one, then start this one again',
  };
}

export function neverTaken(root: string): Failure {
  return {
    failure: 'fenced',
    message: 'the backup was not taken over in the epoch that this change was made for; nothing was written',
    at: { file: root },
    hint: 'run the command again',
  };
}

export function ownFolderGone(root: string): Failure {
  return {
    failure: 'ledger-gone',
    message:
      "the replication's own folder is gone from the backup: it is unmounted, was restored, or is another one",
    at: { file: root },
    hint: 'mount the right backup; nothing is replicated meanwhile',
  };
}

/** What a ledger, or a tenure that is known, says to people where it forbids to act. */
export function refusedBy(
  root: string,
  claim: Claim,
  ledger: Acting | undefined,
  known: Tenure | undefined = ledger?.task,
): Failure | undefined {
  const why = refusalOf(ledger, claim, known);
  if (why === undefined) return undefined;
  if (why === 'outranked') return outranked(known!, claim.task!, root);
  if (why === 'fenced') return fencedBy(root, ledger!.epoch);
  const broken = why === 'broken';
  return {
    failure: 'broken',
    message: broken
      ? 'the relationship is broken: the backup is free to serve, and nothing is replicated to it'
      : 'the relationship is reversed: this backup leads now, and nothing is replicated to it',
    at: { file: root },
    hint: broken
      ? 'see `warmspare status`; `warmspare resync` begins replication again, in the direction that you choose'
      : 'see `warmspare status`; `warmspare resync` turns the direction again',
  };
}
