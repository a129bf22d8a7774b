import { z } from 'zod';
import type { Operation } from '../../core/change/patch.ts';
import type { Failure } from '../../core/failure.ts';

/**
 * What the journal remembers, one record per event. It is memory and not authority: the primary's
 * files and the backup's ledger decide. The one place that says the shape of a record; everything
 * that comes back from the disk is held against it.
 */

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.number();
const count = z.int().nonnegative();

const failure = z.custom<Failure>(
  value =>
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Failure).failure === 'string' &&
    typeof (value as Failure).message === 'string',
);

const patch = z.custom<readonly Operation[]>(
  value =>
    Array.isArray(value) && value.every(one => typeof one?.op === 'string' && typeof one.path === 'string'),
);

const file = z.object({
  path: z.string(),
  /** SHA-256 of the backup's bytes before and after; null: nothing there. */
  before: hash.nullable(),
  after: hash.nullable(),
  /** How many operations the primary's change has, even where the patch itself was too large to keep. */
  operations: count,
  /** RFC 6902, in the backup's terms, with the real values. Absent: too large. */
  patch: patch.exactOptional(),
  /** Identifiers that stand swapped in the file. */
  swaps: count,
  /** SHA-256 of the primary's bytes that this was made from; absent where it has no such file. */
  primary: hash.exactOptional(),
});

/** What `planned`, `applied` and `undone` share; `sequence` is the ledger's, as `undo` takes it. */
const change = {
  sequence: count,
  plan: z.string(),
  what: z.enum(['baseline', 'update', 'approve', 'reject', 'undo']),
  who: z.string(),
  reason: z.string().exactOptional(),
  files: z.array(file),
  /** Files that were too many to be listed. */
  more: count.exactOptional(),
};

const decision = { who: z.string(), reason: z.string().exactOptional() };

const event = z.discriminatedUnion('type', [
  /** A version of a primary's file was read; `revision` null: the file is gone there. */
  z.object({ type: z.literal('captured'), path: z.string(), revision: hash.nullable(), size: count }),
  z.object({ type: z.literal('planned'), ...change }),
  /** `latency`: milliseconds from the hint to the acknowledgement. */
  z.object({ type: z.literal('applied'), ...change, latency: z.number().exactOptional() }),
  /** `undoes`: the change that was taken back; 0: all, to before the first baseline. */
  z.object({ type: z.literal('undone'), ...change, undoes: count }),
  z.object({
    type: z.literal('held'),
    path: z.string(),
    id: z.string(),
    since: time,
    failures: z.array(failure),
  }),
  /** No longer held: approved by somebody, or its cause is gone (then without `who`). */
  z.object({
    type: z.literal('released'),
    path: z.string(),
    id: z.string(),
    who: z.string().exactOptional(),
    reason: z.string().exactOptional(),
  }),
  z.object({ type: z.literal('rejected'), path: z.string(), id: z.string(), ...decision }),
  /** A person ended the relationship. */
  z.object({ type: z.literal('ended'), ...decision }),
  z.object({ type: z.literal('paused'), until: time.exactOptional(), ...decision }),
  /** Without `who`: the time was up. */
  z.object({
    type: z.literal('resumed'),
    who: z.string().exactOptional(),
    reason: z.string().exactOptional(),
  }),
  /** The watcher is blind, and looks again by itself in shorter intervals; `sighted` ends it. */
  z.object({ type: z.literal('degraded'), failure }),
  z.object({ type: z.literal('sighted') }),
  z.object({ type: z.literal('started'), version: z.string(), node: z.string() }),
  z.object({ type: z.literal('stopped'), reason: z.string().exactOptional() }),
  z.object({ type: z.literal('reloaded'), configuration: z.string().exactOptional() }),
  z.object({ type: z.literal('failed'), failure, path: z.string().exactOptional() }),
]);

const envelope = z.object({
  /** The relationship's name; '' is the daemon itself. */
  relationship: z.string(),
  /** Counts from 1 within the relationship, without a gap. */
  number: z.int().positive(),
  /** Milliseconds since 1970, by the clock of whoever wrote it; order is by number alone. */
  at: time,
  event,
});

export type JournalEvent = z.infer<typeof event>;
export type JournalRecord = z.infer<typeof envelope>;
export type JournalFile = z.infer<typeof file>;
/** A record before the journal gives it its number. */
export type JournalEntry = Omit<JournalRecord, 'number'>;

/** The relationship of records that concern the daemon as a whole. */
export const DAEMON = '';

/** A patch longer than this (bytes of JSON) is only counted. */
const PATCH_MAX = 16 * 1024;
/** All patches of one record together. */
const PATCHES_MAX = 128 * 1024;
const FILES_MAX = 500;
const FAILURES_MAX = 50;

/** The record as it was written, or undefined where it is none. */
export function asRecord(value: unknown): JournalRecord | undefined {
  const parsed = envelope.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** The event cut down to what the journal keeps of it, so that one change cannot fill the journal. */
export function bounded(event: JournalEvent): JournalEvent {
  if (event.type === 'held') return { ...event, failures: event.failures.slice(0, FAILURES_MAX) };
  if (event.type !== 'planned' && event.type !== 'applied' && event.type !== 'undone') return event;
  let left = PATCHES_MAX;
  const files = event.files.slice(0, FILES_MAX).map(file => {
    const { patch, ...rest } = file;
    if (patch === undefined) return file;
    const size = Buffer.byteLength(JSON.stringify(patch));
    if (size > Math.min(PATCH_MAX, left)) return rest;
    left -= size;
    return file;
  });
  const cut = event.files.length - files.length;
  return cut === 0 ? { ...event, files } : { ...event, files, more: (event.more ?? 0) + cut };
}
