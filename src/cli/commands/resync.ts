import type { Ledger } from '../../connectors/ledger.ts';
import { type Failure, FailureError, isFailure } from '../../core/failure.ts';
import { notBroken } from '../../replication/activate.ts';
import { type Agreed, agreedOn } from '../../replication/agreed.ts';
import { followAgain } from '../../replication/follow-again.ts';
import { directionHere, type Opened, openRelationship } from '../../replication/opened.ts';
import { isDroppable, type Orphan, orphansOfFollowing, orphansOfLeading } from '../../replication/orphans.ts';
import { settledServing } from '../../replication/owner.ts';
import { prepare } from '../../replication/prepare.ts';
import { wholly } from '../../replication/settled.ts';
import { turnRound } from '../../replication/turn-round.ts';
import { checkWitness } from '../../replication/witness.ts';
import { type Exit, exitOf, worst } from '../exit.ts';
import { count } from '../report/plan.ts';
import type { CommandContext } from './command.ts';
import { keepOrphans } from './orphan-patch.ts';
import { prepared } from './prepared.ts';
import { deciding } from './sides.ts';
import { updateOne } from './update.ts';

/** Ends a break: the roles are exchanged, or the broken side follows again. */
export async function resync(context: CommandContext): Promise<Exit> {
  const { options, report } = context;
  if ((options.reverse === true) === (options.forward === true)) {
    throw new FailureError({
      failure: 'usage',
      message: 'resync goes one way: --reverse or --forward',
      hint: '--reverse: the broken side leads from now on; --forward: it follows again',
    });
  }
  const exits = await context.exclusively(async () => {
    const codes: Exit[] = [];
    const data: unknown[] = [];
    for (const { opened } of await prepared(context)) {
      const done = await resyncOne(context, opened);
      if (isFailure(done)) {
        report.fail(done, done.failure === 'orphans' ? 'held' : 'error');
        codes.push(exitOf(done.failure));
        continue;
      }
      codes.push(done.exit);
      data.push(done.data);
    }
    report.set('resynced', data);
    return codes;
  });
  if (isFailure(exits)) throw new FailureError(exits);
  return worst(exits);
}

async function resyncOne(context: CommandContext, opened: Opened) {
  const { options, report, commit } = context;
  const isReverse = options.reverse === true;
  const turned = opened.isReversed ? 'forward' : 'reverse';
  // The same way goes on with the very side that this process has taken over. What cannot lead is refused here, while
  // nothing is turned round yet.
  const again = isReverse ? openRelationship(context.config!, opened.relationship, turned) : opened;
  if (isFailure(again)) return again;
  const found = await brokenLedger(opened);
  if (isFailure(found)) return found;
  const ledger = await commit(() => settledServing(opened, found));
  if (isFailure(ledger)) return ledger;
  if (!ledger.broken) return isReverse ? notBroken(opened.name) : endedNow(context, opened, ledger);
  const agreed = await agreedOn(opened, ledger);
  if (isFailure(agreed)) return agreed;
  const orphans = isReverse
    ? await orphansOfLeading(opened, ledger, agreed)
    : await orphansOfFollowing(opened, agreed);
  if (isFailure(orphans)) return orphans;
  const loser = isReverse ? opened.leading.title : opened.target.title;
  const head = `# ${opened.name}: ${count(orphans.length, 'orphan')}: what ${loser} changed on its own since the last common revision`;
  const patch = orphans.length === 0 ? undefined : keepOrphans(context, head, ledger, orphans);
  if (isFailure(patch)) return patch;
  if (orphans.length > 0 && options.orphans === undefined) return undecided(context, opened, orphans, loser);
  const fate = options.orphans ?? 'keep';
  const work = isReverse ? turnRound : followAgain;
  const done = await commit(() =>
    wholly(opened, () => work(opened, ledger, agreed, orphans, fate, deciding(context))),
  );
  if (isFailure(done)) return done;
  const now = { ...again, who: opened.who };
  report.print(`${opened.name}: ${now.direction}: ${told(isReverse, agreed, orphans, fate)}\n`);
  const plan = await prepare(now, now.target, { now: context.host.now() });
  const exit = await updateOne(context, plan);
  const data = {
    relationship: opened.name,
    direction: now.direction,
    sequence: done.sequence,
    orphans: orphans.map(({ path }) => path),
    ...(orphans.length === 0 ? {} : { fate }),
    ...(patch === undefined ? {} : { patch }),
  };
  return { exit, data };
}

/** A resync that was interrupted is ended already; what is left is what the leading side changed. */
async function endedNow(context: CommandContext, opened: Opened, { sequence }: Ledger) {
  const { name, direction, target } = opened;
  context.report.print(`${name}: ${direction}: follows again, as an interrupted resync had begun it\n`);
  const plan = await prepare(opened, target, { now: context.host.now() });
  const exit = await updateOne(context, plan);
  return { exit, data: { relationship: name, direction, sequence, orphans: [] } };
}

function told(
  isReverse: boolean,
  agreed: readonly Agreed[],
  orphans: readonly Orphan[],
  fate: string,
): string {
  const what = isReverse ? 'the roles are exchanged' : 'follows again';
  const done = fate === 'keep' ? orphans : orphans.filter(isDroppable);
  const left = orphans.length - done.length;
  const own =
    orphans.length === 0
      ? ''
      : `, ${count(done.length, 'orphan')} ${fate === 'keep' ? 'kept' : 'dropped'}${left === 0 ? '' : `, ${left} left`}`;
  return `${what} (${count(agreed.length, 'file')} agreed on${own})`;
}

/** Both ends must be reached, and one of them be broken. */
async function brokenLedger(opened: Opened): Promise<Ledger | Failure> {
  const { target, leading, name } = opened;
  const away = (await target.reachable()) ?? (await leading.reachable());
  if (away !== undefined) return away;
  const ledger = await target.ledger(name);
  if (isFailure(ledger)) return ledger;
  if (ledger?.broken !== true) return notBroken(name);
  // It was freed to serve whosever it is; to follow or to lead again it has to be ours.
  return (await checkWitness(opened.state, name, ledger, directionHere(opened))) ?? ledger;
}

function undecided(
  { options, config }: CommandContext,
  { name }: Opened,
  orphans: readonly Orphan[],
  loser: string,
): Failure {
  const way = options.reverse === true ? '--reverse' : '--forward';
  const command = `warmspare resync ${way} ${name} -c ${config!.file} --orphans`;
  return {
    failure: 'orphans',
    message: `${name}: ${loser} changed ${orphans.map(({ path }) => path).join(', ')} on its own, and nobody has said what becomes of it`,
    hint: `\`${command} keep\` leaves it there as local; \`${command} drop\` takes it back there (the patch stays)`,
  };
}
