import type { Ledger, LedgerEntry } from '../../connectors/ledger.ts';
import type { JournalEvent, JournalFile, JournalRecord } from './record.ts';

/** One change of a backup, as far as it is known. */
export interface Change {
  readonly relationship: string;
  /** The ledger's sequence. */
  readonly sequence: number;
  /**
   * `kept`: in the ledger, and may be undone by its number. `past`: older than what the ledger keeps.
   * `earlier`: of an earlier ledger of this backup, whose numbers mean something else now.
   * `unknown`: the journal has it, but the ledger that should know it does not, or cannot be read.
   */
  readonly standing: 'kept' | 'past' | 'earlier' | 'unknown';
  readonly at: number;
  readonly what: LedgerEntry['what'];
  readonly who: string;
  /** The node on which it was done; where that is known. */
  readonly where?: string;
  readonly reason?: string;
  readonly plan: string;
  readonly undoes?: number;
  /** Milliseconds from the hint to the acknowledgement; only of the daemon's changes. */
  readonly latency?: number;
  readonly files: readonly ChangedFile[];
  /** Files that were too many to be listed. */
  readonly more: number;
}

/** What the ledger knows of a changed file, and, where the journal has it, what was changed in it. */
export type ChangedFile = Pick<JournalFile, 'path' | 'before' | 'after'> & Partial<JournalFile>;

type Applied = Extract<JournalEvent, { type: 'applied' | 'undone' }>;

/**
 * What was applied, newest first. The ledger decides what was, the journal tells more of it, and what is
 * older than the ledger keeps. `records` are of this relationship, newest first. `ledger` undefined:
 * there is none; 'unread': nobody knows.
 */
export function changesOf(
  relationship: string,
  found: Ledger | undefined | 'unread',
  records: readonly JournalRecord[],
): Change[] {
  const ledger = found === 'unread' ? undefined : found;
  const kept = new Map((ledger?.history ?? []).map(entry => [entry.sequence, entry]));
  const oldest = Math.min(...kept.keys());
  const changes: Change[] = [];
  const told = new Map<number, Applied>();
  let below = Number.POSITIVE_INFINITY;
  let isEarlier = found === undefined;
  for (const { at, event } of records) {
    if (event.type !== 'applied' && event.type !== 'undone') continue;
    const entry = kept.get(event.sequence);
    if (!isEarlier && entry?.plan === event.plan && !told.has(event.sequence)) {
      told.set(event.sequence, event);
      below = event.sequence;
      continue;
    }
    // A ledger that was begun anew counts from 1 again: a number that rises on the way back tells.
    isEarlier ||= event.sequence >= below;
    const isPast = event.sequence < oldest && event.sequence <= (ledger?.sequence ?? 0);
    if (!isEarlier) below = event.sequence;
    changes.push(ofJournal(relationship, at, event, isEarlier ? 'earlier' : isPast ? 'past' : 'unknown'));
  }
  for (const entry of kept.values()) changes.push(ofLedger(relationship, entry, told.get(entry.sequence)));
  return changes.filter(isTold).sort(newestFirst);
}

/** A change that touched no file is a decision about the relationship, or was only noted. */
function isTold({ files, more, what }: Change): boolean {
  return files.length > 0 || more > 0 || ['break', 'activate', 'resync'].includes(what);
}

/** What the ledger counts goes by number; where one of the two has no such number, the time decides. */
function newestFirst(a: Change, b: Change): number {
  const isCounted = a.standing !== 'earlier' && b.standing !== 'earlier';
  if (isCounted) return b.sequence - a.sequence || b.at - a.at;
  if (a.standing !== b.standing) return a.standing === 'earlier' ? 1 : -1;
  return b.at - a.at;
}

function ofJournal(relationship: string, at: number, event: Applied, standing: Change['standing']): Change {
  const { sequence, what, who, reason, plan, files, more = 0 } = event;
  return {
    relationship,
    sequence,
    standing,
    at,
    what,
    who,
    plan,
    files,
    more,
    ...(reason === undefined ? {} : { reason }),
    ...(event.type === 'undone' ? { undoes: event.undoes } : {}),
    ...(event.type === 'applied' && event.latency !== undefined ? { latency: event.latency } : {}),
  };
}

function ofLedger(relationship: string, entry: LedgerEntry, event: Applied | undefined): Change {
  const { sequence, at, what, who, where, reason, plan, undoes } = entry;
  const known = new Map(event?.files.map(file => [file.path, file]));
  const files = entry.files.map(({ path, before, after }) => {
    const more = known.get(path);
    const isSame = more?.before === before && more.after === after;
    return isSame ? { ...more } : { path, before, after };
  });
  return {
    relationship,
    sequence,
    standing: 'kept',
    at,
    what,
    who,
    plan,
    files,
    more: 0,
    ...(where === undefined ? {} : { where }),
    ...(reason === undefined ? {} : { reason }),
    ...(undoes === undefined ? {} : { undoes }),
    ...(event?.type === 'applied' && event.latency !== undefined ? { latency: event.latency } : {}),
  };
}
