import type { Bounds, Counts, Finding } from './checker.ts';
import type { Hash } from './history.ts';
import type { Of, Story, Version, Versions } from './story.ts';

/** C6, C7, C8, C10: what stood on the backup, and when. */
export function checkBackup(story: Story, bounds: Bounds, counts: Counts): Finding[] {
  return story.tasks.flatMap(task => {
    const sees = story.of(task, 'see', 'sight');
    return [
      ...[...story.versionsOf(task)].flatMap(([file, versions]) => {
        const one = { task, file, versions };
        return [
          ...inOrder(one, sees, counts),
          ...whole(one, sees),
          ...soonEnough(story, one, sees, bounds, counts),
        ];
      }),
      ...nothingElse(story, task),
      ...inStep(story, task, sees, bounds, counts),
    ];
  });
}

interface Followed {
  readonly task: string;
  readonly file: string;
  readonly versions: Versions;
}

type Sees = readonly (Of<'see'> | Of<'sight'>)[];

const seenOf = (sees: Sees, file: string) =>
  sees.filter((one): one is Of<'see'> => one.op === 'see' && one.file === file);

/**
 * Versions come in the order in which they were saved, and the last one comes. One that no ledger has acknowledged
 * may be taken back, to the version that is acknowledged: its owner died in the middle of it.
 */
function inOrder({ task, file, versions }: Followed, sees: Sees, counts: Counts): Finding[] {
  const found: Finding[] = [];
  const reached = new Set<number>();
  let acknowledged = -1;
  let newest = -1;
  for (const one of sees) {
    if (one.op === 'sight') {
      const version = versions.rewritten(one.ledger?.files[file] ?? null);
      if (version !== undefined) acknowledged = Math.max(acknowledged, version.number);
      continue;
    }
    if (one.file !== file) continue;
    const version = versions.rewritten(one.hash);
    // What is none of the versions is for C7 to say.
    if (version === undefined && (one.hash !== null || acknowledged >= 0)) continue;
    const number = version?.number ?? -1;
    reached.add(number);
    if (number < acknowledged || (number < newest && number !== acknowledged))
      found.push({
        check: 'C6',
        ...{ t: one.t, task },
        text: `${file} went back to ${said(version)} after ${said(versions.all[Math.max(newest, acknowledged)])}`,
      });
    else if (number < newest) counts.takenBack += 1;
    newest = Math.max(newest, number);
  }
  const last = versions.lastEnded;
  const t = sees.at(-1)?.t ?? 0;
  if (last !== undefined && ![...reached].some(number => number >= last.number))
    found.push({ check: 'C6', t, task, text: `${file} never got ${said(last)}, the last one` });
  return found;
}

const said = (version: Version | undefined) =>
  version === undefined ? 'nothing' : `revision ${version.revision}`;

/** Nothing torn or invented, no version that nobody has begun to save yet, and no file that is gone again. */
function whole({ task, file, versions }: Followed, sees: Sees): Finding[] {
  const found: Finding[] = [];
  let isAcknowledged = false;
  for (const one of sees) {
    if (one.op === 'see' && one.file !== file) continue;
    const { t } = one;
    const hash = one.op === 'see' ? one.hash : (one.ledger?.files[file] ?? null);
    const why = oddity(versions, t, hash, one.op === 'see' && isAcknowledged);
    const where = one.op === 'see' ? file : `to the ledger ${file}`;
    if (why !== undefined) found.push({ check: 'C7', t, task, text: `${where} ${why}` });
    if (one.op === 'sight' && hash !== null) isAcknowledged = true;
  }
  return found;
}

function oddity(versions: Versions, t: number, hash: Hash, isExpected: boolean): string | undefined {
  if (hash === null) return isExpected ? 'is gone' : undefined;
  const version = versions.rewritten(hash);
  if (version === undefined) return `is ${hash.slice(0, 12)}, which is no version of it`;
  return version.began > t ? `is revision ${version.revision}, which nobody had begun to save` : undefined;
}

/** A file that nobody saved has nothing to look for on a backup. */
function nothingElse(story: Story, task: string): Finding[] {
  const known = story.versionsOf(task);
  return story
    .of(task, 'see')
    .filter(({ file, hash }) => hash !== null && !known.has(file))
    .map(({ t, file }) => ({ check: 'C7' as const, t, task, text: `${file} is no file of this task` }));
}

/** Once everything is calm the backup becomes rewrite(primary), and soon. */
function inStep(story: Story, task: string, sees: Sees, { converge }: Bounds, counts: Counts): Finding[] {
  return story.of(task, 'end').flatMap(({ t, file, expected, found }): Finding[] => {
    if (expected !== found)
      return [
        {
          check: 'C8',
          t,
          task,
          text: `${file} is not rewrite(primary): ${found?.slice(0, 12) ?? 'it is not there'}`,
        },
      ];
    const since = seenOf(sees, file).at(-1)?.t ?? 0;
    const late = since - story.calm;
    counts.converged = Math.max(counts.converged, late);
    return late <= converge
      ? []
      : [
          {
            check: 'C8',
            t,
            task,
            text: `${file} was in step ${late.toFixed(0)} ms after the last fault, and not ${converge}`,
          },
        ];
  });
}

/** No version waits longer than the bound: from the end of its save until it, or a later one, is seen. */
function soonEnough(
  story: Story,
  { task, file, versions }: Followed,
  sees: Sees,
  { gap }: Bounds,
  counts: Counts,
): Finding[] {
  const found: Finding[] = [];
  const waiting = versions.all.filter(({ ended }) => ended !== undefined);
  for (const { t, hash } of seenOf(sees, file)) {
    const number = versions.rewritten(hash)?.number ?? -1;
    const done = waiting.findIndex(version => version.number > number);
    // The first of them has waited longest.
    const [next] = waiting.splice(0, done < 0 ? waiting.length : done);
    if (next === undefined) continue;
    const waited = Math.max(0, t - next.ended! - story.outage(task, next.ended!, t));
    counts.longest = Math.max(counts.longest, waited);
    const text = `revision ${next.revision} of ${file} waited ${waited.toFixed(0)} ms, and not ${gap}`;
    if (waited > gap) found.push({ check: 'C10', t, task, text });
  }
  return found;
}
