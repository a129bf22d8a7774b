import { type Look, sameVersion } from './look.ts';

/**
 * When has a burst of writes stopped? Per path, from hints (an event came) and looks (we went and saw).
 *
 *     nothing --hint--> settling --looked: same, quiet long enough, nobody writes--> settled
 *                        |    ^
 *                        +----+ changed: quiet starts anew; a writer has it open: looked at again, later and
 *                               later; gone: the hold-off starts; back: as if it had never been gone
 *     nothing --hint, whole--> settled at once
 *
 * Nothing is settled because time ran out: a file that keeps changing, or that a tool keeps open for
 * writing, is waited for (`overdue` says when that should be told to people).
 *
 * All times are monotonic milliseconds, given by the caller.
 */
export interface Settling {
  /** When the burst was first seen; a burst that goes on keeps it. */
  readonly since: number;
  /** When it last changed, as far as was seen; of a missing path: when it was first seen missing, or heard of since. */
  readonly quietSince: number;
  /** The version that is waited for; undefined: nothing is there. */
  readonly look: Look | undefined;
  /** The version was complete before it had its name: it may be read now, whatever `nextLook` says. */
  readonly whole: boolean;
  /** When to look next, with the question who is writing. */
  readonly nextLook: number;
  /** How often in a row a writer was found. */
  readonly written: number;
}

/** What an event brought: the path as it stands now, and whether it arrived there complete. */
export interface Hinted {
  readonly look: Look | undefined;
  readonly whole: boolean;
  readonly at: number;
}

/** What a look brought. `writing`: some process has it open for writing; undefined: nobody could tell. */
export interface Seen {
  readonly look: Look | undefined;
  readonly writing: boolean | undefined;
  readonly at: number;
}

/** Would this format's parse notice a file that is cut off? JSON: `parsed`; every other: `unparsed`. */
export type Manner = 'parsed' | 'unparsed';

export type Settled =
  | { readonly settled: true; readonly look: Look | undefined }
  | { readonly settled: false; readonly settling: Settling };

/** Quiet before the first look: longer than the pauses that tools make between two writes, mostly. */
export const QUIET_MS = 30;
/** Quiet that is enough where nobody can tell who writes. */
const QUIET_UNTOLD_MS: Readonly<Record<Manner, number>> = { parsed: 50, unparsed: 300 };
/** Between two looks at a file that is open for writing: the first, and the longest. */
const WRITTEN_MS = 50;
const WRITTEN_MAX_MS = 250;
/** `rm` and a new file is how many a script saves: only then is a missing file believed. */
export const MISSING_MS = 5_000;
/** Between two looks at a missing file: events are lost, and it may come and go in between. */
const MISSING_LOOK_MS = 1_000;
/**
 * So long the name that a file had before must be missing, before it counts as renamed: a tool that moves
 * the old version aside writes the new one right after.
 */
export const RENAMED_MS = 300;
/** After this people should be told that it is waited for. */
const OVERDUE_MS = 2_000;

/** The first hint of a burst. */
export function unsettled(hint: Hinted): Settling {
  return begun(hint, hint.at);
}

/**
 * A further hint before the last one was consumed. A whole arrival takes the place of whatever was
 * unfinished before it. Any other hint, even one of the same look, undoes `whole` and starts the quiet
 * anew: two writes within one tick of the file system's clock give one look, and a file that is missing
 * again may have been there in between.
 */
export function hintedAgain(settling: Settling, hint: Hinted): Settling {
  return begun(hint, sinceOf(settling, hint));
}

/** A version that is complete, and that nobody may read before `until`. */
export function held(
  look: Look,
  { since, at, until }: { since: number; at: number; until: number },
): Settling {
  return { since, quietSince: at, look, whole: true, nextLook: until, written: 0 };
}

/** The answer to a look that was due. */
export function looked(settling: Settling, seen: Seen, manner: Manner): Settled {
  const same = sameVersion(settling.look, seen.look);
  if (!same) {
    const hint = { look: seen.look, whole: false, at: seen.at };
    return waits(begun(hint, sinceOf(settling, hint)));
  }
  const quiet = seen.at - settling.quietSince;
  if (seen.look === undefined) return quietFor(MISSING_MS, seen.at + MISSING_LOOK_MS);
  if (settling.whole) return { settled: true, look: seen.look };
  if (seen.writing === true) {
    const pause = Math.min(WRITTEN_MS * 2 ** settling.written, WRITTEN_MAX_MS);
    return waits({ ...settling, nextLook: seen.at + pause, written: settling.written + 1 });
  }
  return quietFor(seen.writing === false ? QUIET_MS : QUIET_UNTOLD_MS[manner]);

  function quietFor(needed: number, most = Number.POSITIVE_INFINITY): Settled {
    if (quiet >= needed) return { settled: true, look: seen.look };
    return waits({ ...settling, nextLook: Math.min(settling.quietSince + needed, most), written: 0 });
  }
}

/** Whether people should be told that this path is waited for. A missing file is no burst. */
export function overdue(settling: Settling, at: number): boolean {
  return settling.look !== undefined && at - settling.since >= OVERDUE_MS;
}

/** A file that comes back begins a burst of its own. */
function sinceOf(settling: Settling, { look, at }: Hinted): number {
  return settling.look === undefined && look !== undefined ? at : settling.since;
}

function begun({ look, whole, at }: Hinted, since: number): Settling {
  if (look === undefined) {
    return { since, quietSince: at, look, whole: false, nextLook: at + MISSING_LOOK_MS, written: 0 };
  }
  return { since, quietSince: at, look, whole, nextLook: whole ? at : at + QUIET_MS, written: 0 };
}

function waits(settling: Settling): Settled {
  return { settled: false, settling };
}
