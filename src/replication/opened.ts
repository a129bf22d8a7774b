import { userInfo } from 'node:os';
import { bareText } from '../config/bare.ts';
import type { Config, Endpoint, FileRule, Relationship } from '../config/config.ts';
import type { Source, Target } from '../connectors/connector.ts';
import { FileSource, sha256 } from '../connectors/file/source.ts';
import { FileTarget } from '../connectors/file/target.ts';
import type { Ledger } from '../connectors/ledger.ts';
import { openUrl } from '../connectors/sftp/open.ts';
import type { FileRules } from '../core/apply/file-input.ts';
import { pathTest, type Scope } from '../core/capture/scope.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import type { Tenure } from '../core/fence/tenure.ts';
import type { Mapping } from '../core/rewrite/identity.ts';
import { compileMapping } from '../core/rewrite/mapping.ts';
import type { Eyes, Sights } from '../daemon/eyes.ts';

/** A relationship with its two sides and its proven mapping, ready to be planned. */
export interface Opened {
  readonly name: string;
  readonly relationship: Relationship;
  /** The side that leads now, and the one that follows: what the state says, not the configuration file. */
  readonly source: Source;
  readonly target: Target;
  /** The root of that, as its disk names it. */
  readonly root: string;
  /** The side that leads, as one that may have followed once: a ledger there tells. */
  readonly leading: Target;
  /** The roles are exchanged: the configuration's backup leads. */
  readonly isReversed: boolean;
  readonly mapping: Mapping;
  readonly scope: Scope;
  /** Of everything that decides what a file becomes: a ledger made under another one tells. */
  readonly configuration: string;
  /** `nas1 -> nas2`. */
  readonly direction: string;
  /** Folder of this member's own memory. */
  readonly state: string;
  /** Who runs this, and on which node, for the history. */
  readonly who: string;
  readonly where: string;
  /** How this member has the task, in a cluster: with that it takes the backup over. A person's word needs none. */
  readonly tenure?: Tenure;
  /** In a cluster, where the leading side is beside one member: as of when it is read now (`Captured.asOf`). */
  readonly asOf?: () => number;
  /** Why what is known here of the leading side is not to be replicated: what this ledger tells of may be later. */
  readonly lags?: (ledger: Ledger | undefined) => Failure | undefined;
  /** How the leading side is seen, where it is no folder of this machine. */
  readonly watch?: (sights: Sights) => Eyes;
}

/** Which of the two sides of a configuration leads. */
export type Direction = 'forward' | 'reverse';

export function directionHere({ isReversed }: Pick<Opened, 'isReversed'>): Direction {
  return isReversed ? 'reverse' : 'forward';
}

/** Opens a relationship in a direction that is known; whoever does not know it asks `openDirected`. */
export function openRelationship(
  config: Config,
  relationship: Relationship,
  direction: Direction = 'forward',
): Opened | Failure {
  const { primary, backup, name } = relationship;
  const isReversed = direction === 'reverse';
  const [leads, follows] = isReversed ? [backup, primary] : [primary, backup];
  if (leads.kind !== 'path') return leadsElsewhere(name, leads);
  const target = openBackup(follows);
  if (isFailure(target)) return target;
  const { mapping, failures } = compileMapping(relationship.identity);
  if (mapping === undefined) return failures[0]!;
  return {
    name,
    relationship,
    source: new FileSource(leads.path),
    target,
    root: target.root,
    leading: new FileTarget(leads.path),
    isReversed,
    mapping: isReversed ? mapping.reversed() : mapping,
    scope: {
      include: relationship.include.map(entry => entry.pattern),
      exclude: relationship.exclude.map(entry => entry.pattern),
    },
    configuration: configurationHash(relationship),
    direction: `${leads.node ?? leads.path} -> ${(follows.kind === 'path' ? follows.node : undefined) ?? target.title}`,
    state: config.state,
    who: userInfo().username,
    where: config.node,
  };
}

function leadsElsewhere(name: string, { source }: Endpoint): Failure {
  return {
    failure: 'unsupported',
    message: `${name}: this version reads the side that leads from a local path only`,
    at: source,
    hint: 'mount the other node’s folder and write {path: ...}',
  };
}

function openBackup(end: Endpoint): FileTarget | Failure {
  if (end.kind === 'path') return new FileTarget(end.path);
  if (end.kind === 'url') return openUrl(end);
  return {
    failure: 'unsupported',
    message: 'this version writes to a local path, or over SFTP, only',
    at: end.source,
    hint: 'write {path: ...} or {url: "sftp://user@host/folder"}',
  };
}

function configurationHash(relationship: Relationship): string {
  const { identity, files, conflict, mode } = relationship;
  return sha256(bareText({ identity, files, conflict, mode }));
}

/** By rule: patterns are compiled once, and asked for each file of each change. */
const tests = new WeakMap<FileRule, (path: string) => boolean>();

function matches(rule: FileRule, path: string): boolean {
  const test = tests.get(rule) ?? pathTest(rule.pattern);
  tests.set(rule, test);
  return test(path);
}

function rulesMatching(opened: Opened, path: string): FileRule[] {
  return opened.relationship.files.filter(rule => matches(rule, path));
}

/** What the configuration says of a file under one key: of several rules that match, the later one's. */
export function ruleOf<K extends keyof FileRule>(
  opened: Opened,
  path: string,
  key: K,
): FileRule[K] | undefined {
  return rulesMatching(opened, path).findLast(rule => rule[key] !== undefined)?.[key];
}

/** The rules for one file, for the core. */
export function fileRules(opened: Opened, path: string, baseline: FileRules['baseline']): FileRules {
  const { relationship, mapping, name } = opened;
  const format = ruleOf(opened, path, 'format');
  return {
    relationship: name,
    mapping,
    ...(format === undefined ? {} : { format }),
    rewrite: ruleOf(opened, path, 'rewrite') === 'none' ? 'none' : 'swap',
    preserve: rulesMatching(opened, path).flatMap(rule => rule.preserve),
    conflict: relationship.conflict,
    mode: relationship.mode,
    unmapped: relationship.unmapped,
    guard: relationship.guard === 'off' ? undefined : relationship.guard.deletions,
    ...(baseline === undefined ? {} : { baseline }),
    digest: sha256,
  };
}
