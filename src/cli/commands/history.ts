import type { Relationship } from '../../config/config.ts';
import type { Ledger } from '../../connectors/ledger.ts';
import { type Failure, isFailure } from '../../core/failure.ts';
import { type Change, type ChangedFile, changesOf } from '../../daemon/journal/changes.ts';
import { interleaved } from '../../daemon/journal/interleaved.ts';
import { DAEMON, type JournalRecord } from '../../daemon/journal/record.ts';
import { tell } from '../../daemon/journal/tell.ts';
import { endsOf, openDirected } from '../../replication/roles.ts';
import { EXIT, type Exit, exitOf, worst } from '../exit.ts';
import { time } from '../report/age.ts';
import { count } from '../report/plan.ts';
import { maskFailure } from '../report/secrets.ts';
import { harmless } from '../report/width.ts';
import type { CommandContext } from './command.ts';

/** Rows without `--limit`. */
const SHOWN = 20;
const FILES_SHOWN = 12;

/** A change, or with `--all` something else that the daemon wrote down. */
type Row = { readonly at: number } & ({ readonly change: Change } | { readonly event: JournalRecord });

/**
 * What was applied, when and by whom, newest first: the backups' ledgers decide, and the daemon's
 * journal tells more where there is one. Values are never shown: `diff` and `explain` do that.
 */
export async function history(context: CommandContext): Promise<Exit> {
  const { config, relationships, report, options } = context;
  const records = await journalled(context);
  const exits: Exit[] = [];
  const lists: Row[][] = [];
  for (const relationship of relationships) {
    const ledger = await ledgerOf(context, relationship);
    if (isFailure(ledger)) {
      report.fail(ledger, 'warning');
      exits.push(exitOf(ledger.failure));
    }
    const own = records.filter(record => record.relationship === relationship.name);
    const changes = changesOf(relationship.name, isFailure(ledger) ? 'unread' : ledger, own);
    lists.push(changes.map(change => ({ at: change.at, change })));
  }
  if (options.all === true) {
    for (const name of [DAEMON, ...relationships.map(one => one.name)]) {
      const told = records.filter(one => one.relationship === name && tell(one.event) !== undefined);
      lists.push(told.map(event => ({ at: event.at, event })));
    }
  }
  const rows = interleaved(lists).slice(0, options.limit ?? SHOWN);
  if (rows.length === 0) report.print('nothing was applied yet\n');
  for (const row of rows)
    report.print(harmless(context.mask('change' in row ? rendered(row.change) : renderedEvent(row.event))));
  const secrets = config?.secrets ?? [];
  report.set(
    'changes',
    rows.flatMap(row => ('change' in row ? [changeData(row.change, context.mask)] : [])),
  );
  if (options.all === true)
    report.set(
      'events',
      rows.flatMap(row => ('event' in row ? [eventData(row.event, context.mask, secrets)] : [])),
    );
  return worst([EXIT.done, ...exits]);
}

/** The journal's records; what is wrong with it is a warning, because the ledgers decide. */
async function journalled({
  config,
  relationships,
  report,
}: CommandContext): Promise<readonly JournalRecord[]> {
  // Only here, because it loads native code that no other command should wait for.
  const { openJournalReader } = await import('../../daemon/journal/reader.ts');
  const journal = await openJournalReader(config!.state);
  if (journal === undefined) return [];
  if (isFailure(journal)) {
    report.fail(journal, 'warning');
    return [];
  }
  const names = [DAEMON, ...relationships.map(({ name }) => name)];
  const page = await journal.read({ relationships: names }).finally(() => journal.close());
  report.fail(page.failures, 'warning');
  return page.records;
}

async function ledgerOf(
  { config }: CommandContext,
  relationship: Relationship,
): Promise<Ledger | undefined | Failure> {
  const opened = await openDirected(config!, relationship);
  if (isFailure(opened)) return opened;
  const { primary, backup } = await endsOf(opened);
  const [follows, leads] = opened.isReversed ? [primary, backup] : [backup, primary];
  if (follows === undefined || isFailure(follows)) return follows;
  // Changes of before the roles were exchanged are told by the other end.
  const turned = opened.isReversed ? 'forward' : 'reverse';
  const isOurs = leads !== undefined && !isFailure(leads) && leads.direction === turned;
  const before = isOurs ? leads.history : [];
  const history = [...before, ...follows.history].sort((a, b) => a.sequence - b.sequence);
  return { ...follows, history };
}

const STANDING = {
  kept: '',
  past: '',
  earlier: ' (of an earlier ledger)',
  unknown: ' (the backup’s ledger does not tell of it)',
} as const;

function rendered(change: Change): string {
  const { relationship, sequence, at, what, undoes, who, where, reason, latency, files, more } = change;
  const how = undoes === undefined ? what : `${what} of ${undoes === 0 ? 'all changes' : undoes}`;
  const quick =
    latency === undefined ? '' : `, ${latency < 10 ? latency.toFixed(1) : Math.round(latency)} ms`;
  const why = reason === undefined ? '' : `: ${oneLine(reason)}`;
  const head = `${relationship}/${sequence}  ${time(at)}  ${how} by ${oneLine(who)}${where === undefined ? '' : ` at ${oneLine(where)}`}${quick}${why}${STANDING[change.standing]}`;
  const hidden = more + Math.max(0, files.length - FILES_SHOWN);
  const lines = files.slice(0, FILES_SHOWN).map(file => `    ${renderedFile(file)}`);
  if (hidden > 0) lines.push(`    and ${count(hidden, 'more file')}`);
  return [head, ...lines].map(line => `${line}\n`).join('');
}

function renderedFile({ path, before, after, operations, patch, swaps }: ChangedFile): string {
  const sign = before === null ? '+' : after === null ? '-' : '~';
  const told: string[] = [];
  if (patch !== undefined && patch.length > 0) {
    const number = (...ops: string[]) => patch.filter(({ op }) => ops.includes(op)).length;
    const [plus, minus, changed] = [number('add', 'copy'), number('remove'), number('replace', 'move')];
    told.push([plus && `+${plus}`, minus && `-${minus}`, changed && `~${changed}`].filter(Boolean).join(' '));
  } else if (operations !== undefined && operations > 0) told.push(count(operations, 'operation'));
  if (swaps !== undefined && swaps > 0) told.push(`${count(swaps, 'identifier')} swapped`);
  return `${sign} ${oneLine(path)}${told.length === 0 ? '' : `  (${told.join(', ')})`}`;
}

function renderedEvent({ relationship, at, event }: JournalRecord): string {
  return `${relationship === DAEMON ? 'daemon' : relationship}  ${time(at)}  ${oneLine(tell(event)!)}\n`;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

/** Of a patch only what it names: what stands around a value, and tells a secret, is not at hand here. */
function changeData(change: Change, mask: (text: string) => string): Record<string, unknown> {
  const { reason, files, ...rest } = change;
  return {
    change: `${change.relationship}/${change.sequence}`,
    time: time(change.at),
    ...rest,
    ...(reason === undefined ? {} : { reason: mask(reason) }),
    files: files.map(({ patch, ...file }) => ({
      ...file,
      ...(patch === undefined ? {} : { patch: patch.map(({ op, path }) => ({ op, path: mask(path) })) }),
    })),
  };
}

function eventData(
  { relationship, number, at, event }: JournalRecord,
  mask: (text: string) => string,
  secrets: readonly RegExp[],
): Record<string, unknown> {
  const told = { relationship, number, at, time: time(at), text: mask(tell(event)!) };
  const reason = 'reason' in event && event.reason !== undefined ? { reason: mask(event.reason) } : {};
  if (event.type === 'held')
    return { ...told, ...event, failures: event.failures.map(failure => maskFailure(failure, secrets)) };
  if (event.type === 'failed' || event.type === 'degraded')
    return { ...told, ...event, failure: maskFailure(event.failure, secrets) };
  return { ...told, ...event, ...reason };
}
