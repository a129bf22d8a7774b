import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { SftpTarget } from '../../connectors/sftp/target.ts';
import { type FilePlan, isEffective } from '../../core/apply/plan.ts';
import { prescan } from '../../core/capture/prescan.ts';
import { pathTest } from '../../core/capture/scope.ts';
import { hiddenIn, maskPointer } from '../../core/change/mask-patch.ts';
import { maskSecrets } from '../../core/change/secrets.ts';
import { segmentsOf } from '../../core/document.ts';
import { isFailure } from '../../core/failure.ts';
import { formatNamed } from '../../core/formats/registry.ts';
import { lookalikes } from '../../core/rewrite/coverage.ts';
import type { Lookalike } from '../../core/rewrite/identity.ts';
import { stringOf } from '../../core/text.ts';
import { isHeld } from '../../replication/all.ts';
import { notNear } from '../../replication/near.ts';
import { fileRules } from '../../replication/opened.ts';
import type { Prepared } from '../../replication/prepare.ts';
import { notReady } from '../../replication/ready.ts';
import { refusing } from '../../replication/roles.ts';
import { EXIT, type Exit, worst } from '../exit.ts';
import { count, reportHeld } from '../report/plan.ts';
import { table } from '../report/table.ts';
import { checkCluster } from './check-cluster.ts';
import { describeNowhere, type Nowhere, placesNowhere } from './check-preserve.ts';
import type { CommandContext } from './command.ts';
import { prepared, reportUnreachable } from './prepared.ts';

/**
 * Configuration and mapping against the real files: how often each pair occurs, what looks like an
 * identifier and is in no pair, what could not be read, and whether the backup could be written.
 */
export async function check(context: CommandContext): Promise<Exit> {
  const { report, config } = context;
  report.print(`${config!.file}: the configuration is right\n`);
  const clusterExit = checkCluster(context);
  const all = await prepared(near(context));
  reportUnreachable(context, all);
  const exits: Exit[] = [];
  const data: unknown[] = [];
  for (const one of all) {
    const found = await inspect(one, config?.secrets ?? []);
    print(context, one, found);
    reportHeld(report, one.plan);
    data.push({ relationship: one.plan.relationship, direction: one.plan.direction, ...found });
    const isBroken = refusing(one.plan.held) !== undefined;
    const stuck = isBroken ? EXIT.notInSync : isHeld(one.plan) ? EXIT.held : EXIT.done;
    exits.push(
      one.unreachable !== undefined
        ? EXIT.notInSync
        : found.notReady.length > 0
          ? worst([EXIT.notReady, stuck])
          : stuck,
    );
  }
  report.set('relationships', data);
  return worst([clusterExit, ...exits]);
}

/** Without those whose sides lie at other members, unless they were asked for by name. */
function near(context: CommandContext): CommandContext {
  const { config, relationships, names, report } = context;
  if (names.length > 0) return context;
  const here = relationships.filter(each => {
    const far = notNear(config!, each);
    if (far !== undefined) report.print(`${far.message}: it is checked there\n`);
    return far === undefined;
  });
  return { ...context, relationships: here };
}

interface Inspected {
  readonly files: readonly { readonly path: string; readonly format: string; readonly swapped: number }[];
  readonly pairs: readonly {
    readonly kind: string;
    readonly primary: string;
    readonly backup: string;
    readonly places: number;
    readonly keys: readonly string[];
  }[];
  readonly lookalikes: readonly (Pick<Lookalike, 'sort' | 'kind' | 'found' | 'suggestion'> & {
    readonly files: readonly string[];
  })[];
  /** The same looking back from the backup's own files, after the roles were exchanged. */
  readonly back: readonly Omit<Inspected['lookalikes'][number], 'suggestion'>[];
  readonly nodeOwn: readonly string[];
  /** Patterns that no file of the primary matches: misspelt, mostly. */
  readonly unmatched: readonly string[];
  /** Places to be preserved that no file has. */
  readonly nowhere: readonly Nowhere[];
  readonly notReady: readonly string[];
  /** What the backup is, where it is no folder of this machine. */
  readonly backup: readonly string[];
}

async function inspect(one: Prepared, secrets: readonly RegExp[]): Promise<Inspected> {
  const { plan, opened } = one;
  const shown = (file: FilePlan, notes: readonly Lookalike[]) => ({
    path: file.path,
    notes: withoutSecrets(one, file, notes, secrets),
  });
  const forth = gather(plan.files.map(file => shown(file, notesOf(one, file))));
  const known = new Set(forth.map(({ sort, found }) => `${sort} ${found}`));
  return {
    files: plan.files.map(file => ({
      path: file.path,
      format: file.format ?? 'unknown',
      swapped: file.swaps.length,
    })),
    pairs: opened.mapping.spec.pairs.map((pair, index) => {
      const swaps = plan.files.flatMap(file =>
        file.swaps.filter(swap => swap.rule.pair === index).map(swap => ({ file, swap })),
      );
      const keys =
        pair.kind === 'hostname' ? swaps.filter(({ swap }) => standsAsName(swap.pointer, swap.found)) : [];
      return {
        kind: pair.kind,
        primary: pair.primary,
        backup: pair.backup,
        places: swaps.length,
        keys: [...new Set(keys.map(({ file, swap }) => `${file.path}#${swap.pointer}`))],
      };
    }),
    lookalikes: forth,
    // A ready-made pair would have its sides exchanged, so none is given.
    back: gather(plan.files.map(file => shown(file, notesBack(one, file))))
      .filter(({ sort, found }) => !known.has(`${sort} ${found}`))
      .map(({ suggestion, ...note }) => note),
    nodeOwn: one.nodeOwn,
    unmatched: unmatchedIn(one),
    nowhere: placesNowhere(one).map(found => withMasked(found, secrets)),
    notReady: await whatIsInTheWay(one),
    backup: await aboutBackup(one),
  };
}

/** A secret that stands in a key is masked in a place, too. */
function withMasked(found: Nowhere, secrets: readonly RegExp[]): Nowhere {
  const masked = (place: string) => maskPointer(place, key => maskSecrets(key, secrets).text);
  return {
    ...found,
    place: masked(found.place),
    ...(found.meant === undefined ? {} : { meant: masked(found.meant) }),
  };
}

/** A password that holds a node's name needs no pair, and is not told of. */
function withoutSecrets(
  { local }: Prepared,
  file: FilePlan,
  notes: readonly Lookalike[],
  secrets: readonly RegExp[],
): readonly Lookalike[] {
  if (notes.length === 0) return notes;
  const bytes = local.get(file.path)?.bytes;
  const own = bytes === undefined ? undefined : new TextDecoder('utf-8').decode(bytes);
  const isHidden = hiddenIn([own, stringOf(file.text), stringOf(file.base)], secrets);
  return notes.filter(({ found }) => !isHidden(found));
}

function unmatchedIn({ opened, plan, nodeOwn, unreachable }: Prepared): string[] {
  if (unreachable !== undefined || plan.held.length > 0) return [];
  const paths = [...plan.files.map(file => file.path), ...nodeOwn];
  const patterns = [...opened.scope.include, ...opened.relationship.files.map(rule => rule.pattern)];
  return [...new Set(patterns)].filter(pattern => !paths.some(pathTest(pattern)));
}

/** A host name that is a whole key, section or share name may mean the thing and not the node. */
function standsAsName(pointer: string | undefined, found: string): boolean {
  return pointer !== undefined && segmentsOf(pointer).some(segment => segment.split(' ').includes(found));
}

/** What is worth a look in a file; a plan has it only for what changes. */
function notesOf({ opened }: Prepared, file: FilePlan): readonly Lookalike[] {
  const { path, base, format } = file;
  if (isEffective(file) || base === undefined || format === undefined) return file.notes;
  if (fileRules(opened, path, undefined).rewrite === 'none') return [];
  const document = formatNamed(format).parse(stringOf(base), path);
  return isFailure(document) ? [] : lookalikes(document, opened.mapping, path);
}

/** What failback would meet in the backup's own text, and the mapping read backwards does not cover. */
function notesBack({ opened, local }: Prepared, { path, format }: FilePlan): readonly Lookalike[] {
  const bytes = local.get(path)?.bytes;
  if (bytes === undefined || format === undefined) return [];
  if (fileRules(opened, path, undefined).rewrite === 'none') return [];
  const scanned = prescan(bytes);
  const document = isFailure(scanned) ? scanned : formatNamed(format).parse(scanned.text, path);
  return isFailure(document) ? [] : lookalikes(document, opened.mapping.reversed(), path);
}

function gather(files: readonly Pick<FilePlan, 'path' | 'notes'>[]): Inspected['lookalikes'] {
  const byText = new Map<string, { note: Lookalike; files: Set<string> }>();
  for (const file of files) {
    for (const note of file.notes) {
      const key = `${note.sort} ${note.found}`;
      const known = byText.get(key);
      if (known === undefined) byText.set(key, { note, files: new Set([file.path]) });
      else known.files.add(file.path);
    }
  }
  return [...byText.values()].map(({ note, files: places }) => ({
    sort: note.sort,
    kind: note.kind,
    found: note.found,
    suggestion: note.suggestion,
    files: [...places],
  }));
}

async function aboutBackup({ opened: { target }, unreachable }: Prepared): Promise<readonly string[]> {
  if (unreachable !== undefined || !(target instanceof SftpTarget)) return [];
  // It may go away just now; then the next look tells.
  return target.about().catch(() => []);
}

async function whatIsInTheWay(one: Prepared): Promise<string[]> {
  if (one.unreachable !== undefined) return [one.unreachable.message];
  const { target, root } = one.opened;
  // Over SFTP nobody is asked what he may do: the first change tells.
  if (target instanceof SftpTarget) return notReady(one);
  const writable = await access(root, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  const reasons = writable ? [] : [`${root} cannot be written by this user`];
  return [...reasons, ...notReady(one)];
}

function print({ report, mask }: CommandContext, one: Prepared, found: Inspected): void {
  report.print(`\n${one.plan.relationship}: ${one.plan.direction}\n`);
  const rows = found.pairs.map(pair => [pair.kind, pair.primary, pair.backup, String(pair.places)]);
  report.print(indent(table(['KIND', 'PRIMARY', 'BACKUP', 'PLACES'], rows)));
  for (const pair of found.pairs) {
    if (pair.places === 0) report.print(`  ${pair.primary} occurs nowhere: is it spelt as in the files?\n`);
    if (pair.keys.length > 0) {
      report.print(
        `  ${pair.primary} is also a name in ${pair.keys.join(', ')}: if it does not mean the node there, limit the pair with in: or not:\n`,
      );
    }
  }
  report.print(
    indent(
      table(
        ['FILE', 'FORMAT', 'SWAPPED'],
        found.files.map(file => [file.path, file.format, String(file.swapped)]),
      ),
    ),
  );
  for (const sort of ['near', 'unmapped'] as const) {
    const notes = found.lookalikes.filter(note => note.sort === sort);
    if (notes.length === 0) continue;
    report.print(
      `  ${sort === 'near' ? 'near (an identifier of the primary inside something longer)' : 'unmapped (looks like an identifier, is in no pair)'}:\n`,
    );
    for (const note of notes) report.print(mask(`    ${note.suggestion}   # ${note.files.join(', ')}\n`));
  }
  if (found.back.length > 0) {
    report.print('  looking back, only in the backup’s own files (they would meet a failback):\n');
    for (const { kind, found: text, sort, files } of found.back) {
      report.print(mask(`    ${sort}: ${kind} ${text}   # ${files.join(', ')}\n`));
    }
  }
  for (const pattern of found.unmatched) {
    report.print(
      `  ${pattern} matches no file of the primary: is it spelt as there, and relative to its root?\n`,
    );
  }
  for (const place of found.nowhere) report.print(`  ${describeNowhere(place)}\n`);
  if (found.nodeOwn.length > 0) {
    report.print(
      `  left out as the node’s own: ${found.nodeOwn.join(', ')} (include one by its exact name)\n`,
    );
  }
  for (const line of found.backup) report.print(`  ${one.opened.target.title}: ${line}\n`);
  for (const reason of found.notReady) report.print(`  not ready: ${reason}\n`);
  const ready = found.notReady.length === 0 && !isHeld(one.plan);
  report.print(`  ${count(found.files.length, 'file')}, ${ready ? 'ready' : 'not ready'}\n`);
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
