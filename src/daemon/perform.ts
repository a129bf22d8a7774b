import { type FilePlan, isEffective } from '../core/apply/plan.ts';
import { sameVersion } from '../core/capture/look.ts';
import type { Effect, Remark, Settled } from '../core/effect.ts';
import type { Obstacle, Verdict } from '../core/event.ts';
import { type Failure, type FailureCode, isFailure } from '../core/failure.ts';
import { bytesInTurns } from '../replication/encoded.ts';
import { own } from '../replication/owner.ts';
import { isNoted, perform } from '../replication/perform.ts';
import { emptyPrimary, openSides, type Prepared, replicatedInScope } from '../replication/prepare.ts';
import { prepareFiles, refusedPlan, withFiles } from '../replication/prepare-files.ts';
import { waitsForBreak } from '../replication/ready.ts';
import { brokenFailure } from '../replication/roles.ts';
import { writeWitness } from '../replication/witness.ts';
import type { Follower, Happening } from './follower.ts';
import { appliedEvent, remarkEvent } from './journal/events.ts';
import type { BoundedPlan } from './planner/bounded.ts';
import { withDeletionsSeen } from './still-there.ts';

type Answer = Promise<Happening | undefined>;

/** Does what the core asked for: a case per effect. The answer is the event that the core waits for. */
export function performEffect(effect: Effect, follower: Follower): Answer | undefined {
  switch (effect.is) {
    case 'open':
      return open(follower);
    case 'scan':
      return scan(follower);
    case 'look':
      return look(follower, effect.path);
    case 'prepare':
      return prepare(follower, effect.batch, effect.paths);
    case 'commit':
      return commit(follower, effect.batch, effect.paths);
    case 'prove':
      return prove(follower);
    case 'say':
      follower.world.log.say(effect.level, effect.text, { relationship: follower.opened.name });
      return undefined;
    case 'record':
      record(follower, effect.record);
      return undefined;
    case 'serve':
    case 'stopped':
      return undefined;
  }
}

async function open(follower: Follower): Answer {
  const { opened, world } = follower;
  const sides = await openSides(opened, opened.target, { now: world.clock.wall() });
  if ('unreachable' in sides)
    return { is: 'opened', obstacle: { failure: sides.unreachable, unreachable: true } };
  // That it is broken is known also while it is looked at again.
  if ('held' in sides && sides.ledger?.broken === true) follower.ledger = sides.ledger;
  if ('held' in sides) return { is: 'opened', obstacle: obstacleOf(sides.held) };
  const taken = await own(opened, sides.ledger);
  if (isFailure(taken)) {
    const unreachable = taken.failure === 'unwritable';
    return { is: 'opened', obstacle: { failure: taken, unreachable } };
  }
  const ledger = taken === undefined ? sides.ledger : taken.ledger;
  follower.ledger = ledger;
  const ended = ledger?.history.at(-1);
  if (ended !== undefined && ledger!.sequence > (sides.ledger?.sequence ?? 0)) {
    const paths = ended.files.map(({ path }) => path).join(', ');
    const text = `change ${ended.sequence} (${paths}) was begun by a process that ended in the middle of it, and is carried out now`;
    world.log.say('warn', text, { relationship: opened.name, sequence: ended.sequence });
  }
  const unconfirmed = await opened.target.confirm(opened.name);
  if (unconfirmed !== undefined)
    return { is: 'opened', obstacle: { failure: unconfirmed, unreachable: true } };
  // Seen once, it is missed when it is gone, also by a process that never wrote it.
  if (ledger !== undefined) writeWitness(opened.state, ledger);
  if (ledger !== undefined && ledger.configuration !== opened.configuration) {
    const text = 'the mapping or the rules are not those of the last replication: every file is planned anew';
    world.log.say('warn', text, { relationship: opened.name });
  }
  return { is: 'opened' };
}

async function scan(follower: Follower): Answer {
  const { opened, ledger, eyes } = follower;
  const found = await eyes.scan();
  const replicated = replicatedInScope(opened, ledger);
  const isEmptied = found.looks.size === 0 && found.refused.length === 0 && replicated.length > 0;
  const failure = found.failure ?? (isEmptied ? emptyPrimary(opened.source.title) : undefined);
  return {
    is: 'scanned',
    looks: found.looks,
    refused: found.refused,
    replicated,
    ...(failure === undefined ? {} : { obstacle: obstacleOf(failure) }),
  };
}

/** A primary elsewhere that is not known now is waited for like a backup that is away. */
function obstacleOf(failure: Failure): Obstacle {
  return { failure, unreachable: failure.failure === 'unreachable' };
}

async function look({ eyes }: Follower, path: string): Answer {
  return { is: 'looked', path, ...(await eyes.look(path)) };
}

async function prepare(follower: Follower, batch: number, settled: readonly Settled[]): Answer {
  const { opened, world } = follower;
  // Before anything is read: what is read after that is no older.
  const late = behind(follower);
  if (late !== undefined) return { is: 'prepared', batch, verdicts: [], obstacle: late };
  // Both sides are read meanwhile, but nothing is planned before the ledger is known to be the one it was.
  const moved = ledgerMoved(follower);
  const planned = world.plan();
  const doubtful = new Set(settled.filter(({ anew }) => anew === true).map(({ path }) => path));
  const isAlone = settled.length === 1;
  const foresee = (path: string) => async (text: string) => {
    const bytes = await bytesInTurns(text);
    // A stop does not wait for a plan that is under way.
    if (follower.state.batch?.id !== batch) return;
    await opened.target.foresee(opened.name, { path, bytes });
  };
  const prepared = await prepareFiles(
    opened,
    opened.target,
    follower.ledger,
    settled.map(({ path }) => path),
    {
      now: world.clock.wall(),
      trustLedger: path => !doubtful.has(path),
      plan: async (input, rules) => {
        const obstacle = await moved;
        return obstacle === undefined
          ? planned(
              input,
              rules,
              isAlone && !waitsForBreak(opened, input.path) ? foresee(input.path) : undefined,
            )
          : refusedPlan(opened.name, input.path, obstacle.failure);
      },
    },
  );
  const obstacle = await moved;
  if (obstacle !== undefined) return { is: 'prepared', batch, verdicts: [], obstacle };
  follower.prepared = prepared;
  // What somebody wrote while it was read has been heard of then, and takes its version out of the batch.
  await follower.eyes.told();
  const plans = new Map(prepared.plan.files.map(file => [file.path, file]));
  const verdicts = settled.map(version => verdictOn(prepared, plans.get(version.path)!, version));
  const { eyes, state } = follower;
  const seen = await withDeletionsSeen(eyes, state, { settled, verdicts }, hint =>
    follower.happen({ is: 'hinted', ...hint }),
  );
  return { is: 'prepared', batch, verdicts: seen };
}

/** What is known here of a primary elsewhere may be older than what the backup was given by another owner. */
function behind({ opened, ledger }: Follower): Obstacle | undefined {
  const failure = opened.lags?.(ledger);
  return failure === undefined ? undefined : { failure, unreachable: true };
}

function verdictOn(prepared: Prepared, file: FilePlan, { path, look: settled }: Settled): Verdict {
  const read = prepared.primary.get(path);
  const isMissing = file.held.length === 0 || file.held.some(({ failure }) => failure === 'file-deleted');
  const wasRead = read !== undefined || isMissing;
  if (wasRead && !sameVersion(read?.look, settled)) return { path, is: 'moved', look: read?.look };
  if (file.held.length > 0) return { path, is: 'held', id: file.id, failures: file.held };
  if (isEffective(file)) return { path, is: 'ready', write: true };
  return isNoted(prepared, file) ? { path, is: 'ready', write: false } : { path, is: 'same' };
}

/**
 * The backup's ledger must be the one that this process read or wrote last, before anything is decided: a
 * file system that was unmounted shows an empty folder, to which every file would seem new.
 */
async function ledgerMoved({ opened, ledger }: Follower): Promise<Obstacle | undefined> {
  const found = await opened.target.ledger(opened.name);
  const isThere = found !== undefined && !isFailure(found);
  if (isThere && found.broken) return { failure: brokenFailure(opened.name, found), unreachable: false };
  const isSame = (key: 'backup' | 'sequence' | 'epoch') => isThere && found[key] === ledger?.[key];
  if (isSame('backup') && isSame('sequence') && isSame('epoch')) return undefined;
  const unreachable = await opened.target.reachable();
  if (unreachable !== undefined) return { failure: unreachable, unreachable: true };
  if (isFailure(found)) return { failure: found, unreachable: false };
  if (found === undefined && ledger === undefined) return undefined;
  // Somebody else has written it: asking for the backup again tells whether it is lost to them.
  const lost = found === undefined ? undefined : await own(opened, found);
  if (isFailure(lost)) return { failure: lost, unreachable: false };
  const failure: Failure = {
    failure: 'ledger-gone',
    message: `${opened.name}: the backup's ledger is not the one that was there before`,
    hint: 'both sides are read anew; if the backup was unmounted or restored, mount the right one',
  };
  return { failure, unreachable: false };
}

async function commit(follower: Follower, batch: number, settled: readonly Settled[]): Answer {
  const { opened, world } = follower;
  const wanted = new Set(settled.map(({ path }) => path));
  const whole = follower.prepared!;
  follower.prepared = undefined;
  // What left the batch is no part of the transaction, not even of what the ledger notes.
  const prepared = withFiles(
    whole,
    whole.plan.files.filter(({ path }) => wanted.has(path)),
  );
  const files = prepared.plan.files.filter(isEffective);
  const done = await perform(prepared, files, { what: 'update', now: world.clock.wall() });
  if (isFailure(done)) return refused(follower, batch, prepared, done);
  if (done !== undefined) follower.ledger = done;
  const now = world.clock.now();
  const latency = now - Math.min(...settled.map(({ since }) => since));
  if (files.length > 0) {
    const names = files.map(file => file.path).join(', ');
    const swaps = files.reduce((sum, file) => sum + swapsIn(file), 0);
    const text = `${names} replicated in ${latency.toFixed(1)} ms, change ${done?.sequence}, ${swaps} identifiers swapped`;
    world.log.say('info', text, { relationship: opened.name, sequence: done?.sequence, latency });
    const event = appliedEvent(prepared, files, done!.sequence, latency);
    const revisions = new Map(files.flatMap(({ path }) => revisionOf(prepared, path)));
    world.record({ relationship: opened.name, at: world.clock.wall(), event }, revisions);
  }
  return { is: 'committed', batch };
}

/** Of a file, and of nothing else: the others of the relationship may go on. */
const OF_FILES: ReadonlySet<FailureCode> = new Set([
  'unwritable',
  'unreadable',
  'not-a-file',
  'outside-root',
  'too-large',
  'plan-moved',
]);

async function refused(
  { opened }: Follower,
  batch: number,
  { plan }: Prepared,
  failure: Failure,
): Promise<Happening> {
  await opened.target.foresee(opened.name);
  const away = await opened.target.reachable();
  const ids = new Map(plan.files.map(({ path, id }) => [path, id]));
  const unreachable = away !== undefined || !OF_FILES.has(failure.failure);
  return { is: 'refused', batch, failure: away ?? failure, unreachable, ids };
}

/** The planner cuts long lists, and keeps their true length beside them. */
function swapsIn(file: FilePlan): number {
  return (file as Partial<BoundedPlan>).counts?.swaps ?? file.swaps.length;
}

function revisionOf(prepared: Prepared, path: string): [string, Uint8Array][] {
  const read = prepared.primary.get(path);
  return read === undefined ? [] : [[path, read.bytes]];
}

/** Reads every replicated file of the backup, and compares it with what the ledger says was left there. */
async function prove(follower: Follower): Answer {
  const { opened } = follower;
  const obstacle = await ledgerMoved(follower);
  if (obstacle !== undefined) return { is: 'proved', edited: [], obstacle };
  const edited: string[] = [];
  const gone: string[] = [];
  for (const path of replicatedInScope(opened, follower.ledger)) {
    // What stands at the path of a file that waits is nobody's concern before the break.
    if (waitsForBreak(opened, path)) continue;
    const before = follower.ledger?.files[path];
    const found = await opened.target.read(path);
    if (!isFailure(found) && (found?.hash ?? null) === before?.file) continue;
    // A batch may be passing, or a person's command: what they touch they read back by themselves.
    await follower.until(({ phase, batch }) => batch?.stage !== 'committing' && phase.is !== 'serving');
    if (before === undefined || follower.ledger?.files[path] !== before) continue;
    edited.push(path);
    if (found === undefined) gone.push(path);
  }
  return { is: 'proved', edited, gone };
}

function record({ opened, world, state }: Follower, remark: Remark): void {
  const at = world.clock.wall();
  const since = remark.what === 'held' ? state.holds.get(remark.path)?.since : undefined;
  const sinceWall = since === undefined ? at : at - (world.clock.now() - since);
  const event = remarkEvent(remark, sinceWall);
  if (remark.what === 'held')
    world.rememberHeld(opened.name, remark.path, { since: sinceWall, id: remark.id });
  if (remark.what === 'released') world.rememberHeld(opened.name, remark.path, undefined);
  world.record({ relationship: opened.name, at, event });
}
