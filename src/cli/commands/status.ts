import { isApprovable } from '../../core/apply/plan.ts';
import { maskPointer } from '../../core/change/mask-patch.ts';
import { type Failure, inOneLine } from '../../core/failure.ts';
import { pauseAt } from '../../daemon/journal/journal.ts';
import { withPause } from '../../daemon/standing.ts';
import type { Prepared } from '../../replication/prepare.ts';
import { releaseOf, type Standing, standingOf } from '../../replication/standing.ts';
import { EXIT, type Exit, worst } from '../exit.ts';
import { age, time } from '../report/age.ts';
import { lowerFirst } from '../report/failure.ts';
import { count } from '../report/plan.ts';
import { maskFailure } from '../report/secrets.ts';
import { table } from '../report/table.ts';
import type { CommandContext } from './command.ts';
import { prepared } from './prepared.ts';

/** A row per relationship; below, what needs a person and the command for it. */
export async function status(context: CommandContext): Promise<Exit> {
  const { report, live, host } = context;
  const names = context.relationships.map(({ name }) => name);
  const all =
    live === undefined
      ? (await prepared(context)).map(one => standingNow(one, host.now()))
      : await live.standings(names);
  const isClustered = live?.cluster !== undefined;
  const header = isClustered ? [...HEADER, 'OWNER', 'EPOCH'] : HEADER;
  const rows = all.map(one => (isClustered ? [...rowOf(one), ...ownerOf(one)] : rowOf(one)));
  report.print(table(header, rows));
  const needs = all.flatMap(one => [...whatNeedsAPerson(one), ...whatWasRejected(one, context.mask)]);
  if (needs.length > 0) report.print(`\n${needs.map(line => `${context.mask(line)}\n`).join('')}`);
  if (live !== undefined) report.set('daemon', live.vitals());
  report.set(
    'relationships',
    all.map(one => ({
      ...dataOf(one, context.config?.secrets ?? []),
      rejected: one.rejected.map(({ path, places }) => ({ path, places: shownPlaces(places, context.mask) })),
    })),
  );
  return worst(all.map(exitOf));
}

const HEADER = ['RELATIONSHIP', 'DIRECTION', 'STATE', 'LAG', 'READY', 'PROVEN'];

function standingNow(one: Prepared, now: number): Standing {
  const { state, name } = one.opened;
  return withPause(standingOf(one, now), pauseAt(state, name, now));
}

function exitOf({ state, notReady }: Standing): Exit {
  if (state === 'held') return EXIT.held;
  if (state !== 'in sync') return EXIT.notInSync;
  return notReady.length > 0 ? EXIT.notReady : EXIT.done;
}

function rowOf(one: Standing): string[] {
  const { relationship, direction, state, degraded } = one;
  return [
    relationship,
    direction,
    degraded === undefined ? state : `${state}, degraded`,
    lagOf(one),
    readyOf(one),
    provenOf(one),
  ];
}

function ownerOf({ owner }: Standing): string[] {
  return owner === undefined ? ['?', '?'] : [owner.member, `${owner.epoch}`];
}

function lagOf({ behind, lag }: Standing): string {
  if (behind === 0) return '-';
  return lag === undefined ? count(behind, 'file') : `${count(behind, 'file')}, ${age(lag)}`;
}

function provenOf({ proven }: Standing): string {
  return proven === undefined ? 'never' : `${age(proven)} ago`;
}

/** Only what is in step can be ready; the reasons stand below the table. */
function readyOf({ state, notReady }: Standing): 'yes' | 'no' | '-' {
  if (state !== 'in sync') return '-';
  return notReady.length === 0 ? 'yes' : 'no';
}

function whatNeedsAPerson(one: Standing): string[] {
  const lines: string[] = [];
  lines.push(...one.obstacles.map(inOneLine));
  if (one.degraded !== undefined) {
    const { message, hint } = one.degraded;
    lines.push(
      `degraded: ${message}: changes are found by looking at everything${hint === undefined ? '' : `; ${lowerFirst(hint)}`}`,
    );
  }
  for (const { path, id, failures, since } of one.held) {
    for (const failure of failures) {
      const release = releaseOf(id, failure) ?? lowerFirst(failure.hint ?? failure.failure);
      const where = [path, failure.at?.line].filter(part => part !== undefined).join(':');
      const how = since === undefined ? 'held' : `held for ${age(since)}`;
      lines.push(`${how}: ${where}: ${withoutPath(failure.message, path)}; ${release}`);
    }
  }
  lines.push(...one.advice);
  for (const reason of one.notReady) lines.push(`not ready: ${reason}`);
  return lines.map(line => `${one.relationship}: ${line}`);
}

const PLACES_SHOWN = 3;

/** In sync is what the backup has of all that was not rejected: that is said beside it. */
function whatWasRejected({ relationship, rejected }: Standing, mask: CommandContext['mask']): string[] {
  return rejected.map(({ path, places }) => {
    if (places.includes(''))
      return `${relationship}: ${path} was rejected: the backup’s until the primary changes it again`;
    const shown = shownPlaces(places.slice(0, PLACES_SHOWN), mask).join(', ');
    const more = places.length > PLACES_SHOWN ? `, and ${places.length - PLACES_SHOWN} more` : '';
    const until = `the backup’s until the primary changes ${places.length === 1 ? 'it' : 'them'} again`;
    return `${relationship}: ${path}: ${count(places.length, 'change')} rejected, ${until}: ${shown}${more}; warmspare verify shows ${places.length === 1 ? 'it' : 'them'}`;
  });
}

function shownPlaces(places: readonly string[], mask: CommandContext['mask']): string[] {
  return places.map(place => maskPointer(place, mask));
}

/** Many messages begin with the path, which stands before them already. */
function withoutPath(message: string, path: string): string {
  return message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
}

interface Dated {
  readonly at: number;
}

function dataOf(one: Standing, secrets: readonly RegExp[]): Record<string, unknown> {
  const shown = (failure: Failure) => maskFailure(failure, secrets);
  const { relationship, direction, state, notReady, obstacles, held, detail, degraded } = one;
  const { history = [], ...more } = detail as { history?: readonly Dated[] };
  return {
    relationship,
    direction,
    state,
    lag: lagOf(one),
    ready: readyOf(one),
    proven: provenOf(one),
    behind: one.behind,
    ...(one.owner === undefined ? {} : { owner: one.owner.member, epoch: one.owner.epoch }),
    ...(one.lag === undefined ? {} : { lagMs: Math.round(one.lag) }),
    ...(degraded === undefined ? {} : { degraded: shown(degraded) }),
    notReady,
    held: [
      ...obstacles.map(shown),
      ...held.flatMap(({ failures, id, path }) =>
        failures.map(failure => ({ ...shown(failure), id, path, approvable: isApprovable(failure) })),
      ),
    ],
    ...more,
    history: history.map(entry => ({ ...entry, time: time(entry.at) })),
  };
}
