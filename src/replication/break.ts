import { HISTORY_KEPT, type Ledger, type LedgerEntry } from '../connectors/ledger.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import type { Opened } from './opened.ts';
import { dropOutdated } from './perform.ts';
import { mayRemember, writeWitness } from './witness.ts';

/** Of a person's decision, for the history. */
export interface Deciding {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly reason?: string;
}

export interface Broken {
  readonly ledger: Ledger;
  /** It was broken before, and stays so. */
  readonly isOld: boolean;
}

/**
 * Frees the side that follows to serve: from the commit on no owner of any epoch writes to it, because
 * each reads the ledger first. Needs that side alone. What stood there and is not the last replicated text
 * is kept, because whoever leads it back has to tell what was changed since. Breaking again does nothing.
 */
export async function breakNow(
  opened: Opened,
  definition: string,
  deciding: Deciding,
): Promise<Broken | Failure> {
  const { target, name } = opened;
  const ledger = (await target.reachable()) ?? (await target.ledger(name));
  if (isFailure(ledger)) return ledger.failure === 'ledger-gone' ? damaged(ledger) : ledger;
  if (ledger === undefined) return nothingToBreak(name, target.title);
  if (ledger.broken) return { ledger, isOld: true };
  // Whoever had it before has it no more, also in the middle of a commit.
  const taken = await target.takeOver(name, {
    above: ledger.epoch,
    direction: ledger.direction,
    follows: ledger.backup,
  });
  if (isFailure(taken)) return taken;
  const last = taken.ledger ?? ledger;
  const { atBreak, texts } = await standingNow(opened, last);
  const next: Ledger = {
    ...withEntry(last, opened, 'break', deciding),
    epoch: taken.epoch,
    broken: true,
    atBreak,
  };
  const isOurs = await mayRemember(opened, last);
  const failure =
    (await target.keepTexts(name, texts)) ??
    (await target.commit({
      relationship: name,
      puts: [],
      deletes: [],
      expected: new Map(),
      bases: new Map(),
      definition,
      ledger: next,
    }));
  if (failure !== undefined) return failure;
  if (isOurs) writeWitness(opened.state, next);
  await dropOutdated(target, name, last, next);
  return { ledger: next, isOld: false };
}

/** The ledger after a decision: with its entry in the history, under the next number. */
export function withEntry(
  ledger: Ledger,
  { who, where }: Pick<Opened, 'who' | 'where'>,
  what: LedgerEntry['what'],
  { now, reason }: Deciding,
  files: LedgerEntry['files'] = [],
): Ledger {
  const sequence = ledger.sequence + 1;
  const entry: LedgerEntry = {
    sequence,
    at: now,
    plan: '',
    what,
    who,
    where,
    ...(reason === undefined ? {} : { reason }),
    files,
  };
  return { ...ledger, sequence, history: [...ledger.history, entry].slice(-HISTORY_KEPT) };
}

/** Files that have settings of their own, as they stand now. */
async function standingNow({ target }: Opened, ledger: Ledger) {
  const atBreak: Record<string, string> = {};
  const texts: Uint8Array[] = [];
  for (const [path, { base, file }] of Object.entries(ledger.files)) {
    if (file === null || file === base) continue;
    const found = await target.read(path);
    if (found === undefined || isFailure(found)) continue;
    atBreak[path] = found.hash;
    texts.push(found.bytes);
  }
  return { atBreak, texts };
}

function damaged(failure: Failure): Failure {
  return {
    ...failure,
    hint: 'while the ledger is damaged nothing is replicated here, so that the node may serve; restore the .warmspare folder from before the damage, and break then',
  };
}

function nothingToBreak(name: string, title: string): Failure {
  return {
    failure: 'not-found',
    message: `${name}: nothing was ever replicated to ${title}, so there is nothing to break`,
    hint: 'see `warmspare status`; the first `warmspare update` makes it a backup',
  };
}
