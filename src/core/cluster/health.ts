import type { Beat, Known, Profile, Reported } from './member.ts';
import type { ClusterPace } from './pace.ts';

/** A member that nothing was heard of yet. It gets as long as everybody to be heard. */
export function unheard(name: string, at: number): Known {
  return {
    name,
    profile: undefined,
    incarnation: undefined,
    beat: 0,
    heard: at,
    leaving: false,
    reports: new Map(),
    health: 'suspect',
    since: at,
    penalty: 0,
    penaltyAt: at,
  };
}

/** Undefined: it is late, was doubled, or comes from a process that is known to have been replaced. */
export function heardOf(known: Known, beat: Beat, at: number): Known | undefined {
  const isSame = known.incarnation === beat.incarnation;
  if (isSame && beat.beat <= known.beat) return undefined;
  // Two processes of one name: the one that wrote the member's record is meant.
  if (known.profile !== undefined && known.profile.incarnation !== beat.incarnation) return undefined;
  const began = isSame && known.health === 'healthy' ? known.since : at;
  return {
    ...known,
    incarnation: beat.incarnation,
    beat: beat.beat,
    heard: at,
    leaving: beat.leaving,
    health: 'healthy',
    since: began,
    reports: reportsOf(known, beat, isSame, at),
  };
}

function reportsOf(
  known: Known,
  { reports }: Beat,
  isSame: boolean,
  at: number,
): ReadonlyMap<string, Reported> {
  return new Map(
    reports.map(report => {
      const found = isSame ? known.reports.get(report.task) : undefined;
      const before = found?.epoch === report.epoch ? found : undefined;
      const isStill = before !== undefined && before.progress === report.progress && report.busy;
      return [
        report.task,
        {
          ...report,
          stateSince: before?.state === report.state ? before.stateSince : at,
          progressSince: isStill && before.busy ? before.progressSince : at,
        },
      ];
    }),
  );
}

/** Its record changed: another process of that name is not the one that was heard. */
export function profiled(known: Known, profile: Profile | undefined, at: number): Known {
  if (profile === undefined || profile.incarnation === known.incarnation) return { ...known, profile };
  const { name, penalty, penaltyAt } = known;
  return { ...unheard(name, at), profile, penalty, penaltyAt };
}

/** What silence makes of a member. */
export function aged(known: Known, at: number, pace: ClusterPace): Known {
  const silent = at - known.heard;
  if (known.health === 'failed' || silent < pace.suspect) return known;
  if (silent < pace.failed) {
    return known.health === 'suspect' ? known : { ...known, health: 'suspect', since: at };
  }
  return {
    ...known,
    health: 'failed',
    since: at,
    // Who was never heard was away before, and who said that it leaves did as it said.
    penalty: penaltyOf(known, at, pace) + (known.incarnation === undefined || known.leaving ? 0 : 1),
    penaltyAt: at,
  };
}

/** Contact was lost: that nobody was heard meanwhile is nobody's failure. */
export function heardAgain(known: Known, at: number): Known {
  return known.health === 'failed' ? known : { ...known, heard: Math.max(known.heard, at) };
}

function penaltyOf({ penalty, penaltyAt }: Known, at: number, { forgive }: ClusterPace): number {
  return penalty * 0.5 ** (Math.max(0, at - penaltyAt) / forgive);
}

/** When a member that is well now has been so for long enough to be given tasks back. */
export function calmAt(known: Known, at: number, pace: ClusterPace): number {
  const penalty = penaltyOf(known, at, pace);
  if (penalty < 0.5) return known.since;
  return known.since + Math.min(pace.calm * 2 ** (Math.ceil(penalty) - 1), pace.calmMost);
}

/** It is there, and wants to be: what it has it may keep. */
export function isPresent({ health, leaving }: Known): boolean {
  return health !== 'failed' && !leaving;
}

/** It may be given something new, if need be. */
export function takesIfNeedBe({ health, leaving }: Known): boolean {
  return health === 'healthy' && !leaving;
}

/** It may be given something new now. */
export function takesTasks(known: Known, at: number, pace: ClusterPace): boolean {
  return takesIfNeedBe(known) && calmAt(known, at, pace) <= at;
}
