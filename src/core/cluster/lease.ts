import type { ClusterPace } from './pace.ts';

/**
 * Who coordinates: whoever last wrote the lease, until it was not renewed for as long as it is valid. Each goes by
 * its own clock: the holder counts from when it sent the renewal that was acknowledged, the others from when they
 * saw it, so that the holder always ends first. Two who both think they coordinate, because a process was stopped,
 * do no harm: rows of the routing table are changed by compare-and-set.
 */
export interface Lease {
  readonly holder: string;
  readonly incarnation: string;
  /** Rises with each holder. */
  readonly term: number;
  /** Rises with each renewal, so that each write is told from the one before. */
  readonly renewal: number;
  /** The holder ended in good order: anybody may take it now. */
  readonly resigned?: boolean;
}

/** The lease as one member sees it. */
export interface LeaseView {
  readonly lease: Lease | undefined;
  /** Of the entry; undefined: there is none. */
  readonly revision: number | undefined;
  /** When this revision was seen first. */
  readonly seen: number;
  /** Of one's own: when the newest write that is known to have succeeded was sent. */
  readonly confirmed: number;
  /** When the newest write was sent, whatever came of it. */
  readonly tried: number;
  /** A write that is under way. */
  readonly writing: { readonly sent: number; readonly lease: Lease } | undefined;
}

export function noLease(at: number): LeaseView {
  return {
    lease: undefined,
    revision: undefined,
    seen: at,
    confirmed: Number.NEGATIVE_INFINITY,
    tried: Number.NEGATIVE_INFINITY,
    writing: undefined,
  };
}

/** Who coordinates, as far as this member knows. */
export function holderOf({ lease }: LeaseView): string | undefined {
  return lease?.resigned === true ? undefined : lease?.holder;
}

/** A write is sent. */
export function leaseSent(view: LeaseView, lease: Lease, at: number): LeaseView {
  return { ...view, tried: at, writing: { sent: at, lease } };
}

/** The entry as the engine tells it; `refuted` as of the event. */
export function leaseSeen(
  view: LeaseView,
  lease: Lease | undefined,
  revision: number,
  at: number,
  refuted?: number,
): LeaseView {
  if (!isNews(view.revision, revision, refuted)) return view;
  return { ...view, lease, revision: lease === undefined ? undefined : revision, seen: at };
}

/** Whether an entry at that revision says anything to whoever has it at another one. */
export function isNews(known: number | undefined, revision: number, refuted: number | undefined): boolean {
  return known === undefined || revision > known || (revision < known && known === refuted);
}

/** What came of the write that was sent then; of one over which contact was lost, nothing is made here. */
export function leaseWritten(
  view: LeaseView,
  sent: number,
  outcome: { readonly is: 'written'; readonly revision: number } | { readonly is: 'conflict' | 'unknown' },
  at: number,
): LeaseView {
  const { writing } = view;
  if (writing?.sent !== sent) return view;
  const rest: LeaseView = { ...view, writing: undefined };
  if (outcome.is !== 'written') return rest;
  return { ...leaseSeen(rest, writing.lease, outcome.revision, at), confirmed: writing.sent };
}

/** Whether this process may decide now. */
export function coordinates(view: LeaseView, incarnation: string, at: number, pace: ClusterPace): boolean {
  const { lease, confirmed } = view;
  return (
    lease?.incarnation === incarnation && lease.resigned !== true && at - confirmed < pace.lease - pace.renew
  );
}

export interface Candidate {
  readonly member: string;
  readonly incarnation: string;
  /** How many others would be quicker: keeps all from asking at once. */
  readonly rank: number;
}

/** Milliseconds between two candidates. */
const RANK_MS = 40;

/**
 * Milliseconds between two attempts. An engine that has lost contact answers at once, before it says so: whoever
 * asked again at once would never come to hear it.
 */
const AGAIN_MS = 100;

/** The lease to write now, if any. */
export function leaseDue(
  view: LeaseView,
  { member, incarnation, rank }: Candidate,
  at: number,
  pace: ClusterPace,
): Lease | undefined {
  const { lease, writing } = view;
  // Without an answer for as long as a lease, it is asked again.
  if (writing !== undefined && at - writing.sent < pace.lease) return undefined;
  if (at - view.tried < AGAIN_MS) return undefined;
  if (lease?.incarnation === incarnation && lease.resigned !== true) {
    const isDue = at - Math.max(view.confirmed, writing?.sent ?? view.confirmed) >= pace.renew;
    return isDue ? { ...lease, renewal: lease.renewal + 1 } : undefined;
  }
  const free = lease === undefined || lease.resigned === true;
  const since = free ? view.seen : view.seen + pace.lease;
  if (at < since + rank * RANK_MS) return undefined;
  const term = 1 + (lease?.term ?? 0);
  return { holder: member, incarnation, term, renewal: 0 };
}
