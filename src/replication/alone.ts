import type { Relationship } from '../config/config.ts';
import { didYouMean } from '../config/suggest.ts';
import { absentSide } from '../connectors/absent.ts';
import { definitionBeside, relationshipsBeside } from '../connectors/file/beside.ts';
import { sha256 } from '../connectors/file/source.ts';
import { FileTarget } from '../connectors/file/target.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { compileMapping } from '../core/rewrite/mapping.ts';
import { readDefinition } from './definition.ts';
import type { Opened } from './opened.ts';

/** A relationship as it is known at the side that follows, with everything else gone. */
export interface Alone {
  readonly opened: Opened;
  /** As it lies there, to be left as it is. */
  readonly definition: string;
  /** The definition says nothing any more: the mapping and the rules are unknown. */
  readonly damage?: Failure;
}

export interface Person {
  readonly who: string;
  readonly where: string;
}

/**
 * Opens what lies below a root, by the names given; without names the only one there is. Needs no
 * configuration file, no state, and no primary.
 */
export async function openAlone(
  root: string,
  names: readonly string[],
  person: Person,
): Promise<Alone[] | Failure> {
  const unreachable = await new FileTarget(root).reachable();
  if (unreachable !== undefined) return { ...unreachable, failure: 'usage' };
  const there = await relationshipsBeside(root);
  if (isFailure(there)) return there;
  if (there.length === 0) return noBackup(root);
  const wanted = names.length > 0 ? names : there;
  const missing = wanted.find(name => !there.includes(name));
  if (missing !== undefined) return unknown(missing, there, root);
  if (wanted.length > 1 && names.length === 0) return several(there, root);
  return Promise.all(wanted.map(name => openOne(root, name, person)));
}

async function openOne(root: string, name: string, person: Person): Promise<Alone> {
  const target = new FileTarget(root);
  const definition = (await definitionBeside(root, name)) ?? '';
  const found = readDefinition(definition, root);
  const relationship = isFailure(found) ? blank(name, root) : found;
  const ledger = await target.ledger(name);
  const isReversed = !isFailure(ledger) && ledger?.direction === 'reverse';
  const compiled = compileMapping(relationship.identity);
  const mapping = compiled.mapping ?? compileMapping({ pairs: [], shared: [] }).mapping!;
  const damage = isFailure(found) ? found : compiled.failures[0];
  const [leads, follows] = isReversed
    ? [relationship.backup, relationship.primary]
    : [relationship.primary, relationship.backup];
  const gone = absentSide(titleOf(leads));
  const opened: Opened = {
    name,
    relationship,
    source: gone,
    leading: gone,
    target,
    root,
    mapping: isReversed ? mapping.reversed() : mapping,
    scope: {
      include: relationship.include.map(({ pattern }) => pattern),
      exclude: relationship.exclude.map(({ pattern }) => pattern),
    },
    configuration: isFailure(ledger) || ledger === undefined ? sha256('') : ledger.configuration,
    direction: `${titleOf(leads)} -> ${titleOf(follows)}`,
    isReversed,
    state: '',
    ...person,
  };
  return { opened, definition, ...(damage === undefined ? {} : { damage }) };
}

function titleOf(end: Relationship['primary']): string {
  if (end.kind === 'path') return end.node ?? end.path;
  return end.kind === 'url' ? end.url : end.read.join(' ');
}

/** Enough to break by, which needs neither mapping nor rules. */
function blank(name: string, root: string): Relationship {
  const source = { file: root };
  return {
    name,
    primary: { kind: 'path', path: 'the primary', source },
    backup: { kind: 'path', path: root, source },
    include: [],
    exclude: [],
    identity: { pairs: [], shared: [] },
    files: [],
    mode: 'approve',
    conflict: 'hold',
    unmapped: {} as Relationship['unmapped'],
    guard: 'off',
    source,
  };
}

function noBackup(root: string): Failure {
  return {
    failure: 'usage',
    message: `${root} is no backup: no relationship has left a ledger there`,
    at: { file: root },
    hint: 'name the root that replication writes to, such as --at /etc',
  };
}

function unknown(name: string, there: readonly string[], root: string): Failure {
  return {
    failure: 'usage',
    message: `there is no relationship "${name}" at ${root}`,
    hint: didYouMean(name, there) ?? `There is ${there.join(', ')}`,
  };
}

function several(there: readonly string[], root: string): Failure {
  return {
    failure: 'usage',
    message: `${there.length} relationships replicate to ${root}: ${there.join(', ')}`,
    hint: `name those that are meant: ... ${there[0]} --at ${root}`,
  };
}
