import type { Failure, Place } from '../core/failure.ts';
import { compileMapping } from '../core/rewrite/mapping.ts';
import type { Config, LocalEndpoint, Pattern, Relationship } from './config.ts';

/**
 * What is wrong between values that are each right: endpoints of this version, patterns that leave
 * their root, relationships that get in each other's way, pairs that contradict. Looks at no file; symbolic links and real
 * overlaps of files are found later, where files are read.
 */
export function checkConfig(config: Config): Failure[] {
  return [
    ...config.relationships.flatMap(unsupported),
    ...config.relationships.flatMap(outsideRoot),
    ...config.relationships.flatMap(insidePrimary),
    ...claimedTwice(config.relationships),
    ...loops(config.relationships),
    ...config.relationships.flatMap(({ identity }) => compileMapping(identity).failures),
  ];
}

function unsupported(relationship: Relationship): Failure[] {
  const ends = [relationship.primary, relationship.backup].filter(end => end.kind !== 'path');
  const ties = relationship.files.filter(rule => rule.after.length > 0);
  return [
    ...ends.map(end => notYet(end.kind, end.source, 'Use path: with a folder of this machine or a mount')),
    ...ties.map(rule => notYet('after', rule.source, 'Leave it out: each file is a group of its own')),
  ];
}

function notYet(what: string, at: Place, hint: string): Failure {
  return { failure: 'unsupported', message: `"${what}" is not yet supported in this version`, at, hint };
}

function outsideRoot({ include, exclude, files }: Relationship): Failure[] {
  return [...include, ...exclude, ...files].flatMap(pattern => {
    const why = whyOutside(pattern);
    if (why === undefined) return [];
    const message = `the pattern "${pattern.pattern}" ${why}`;
    const hint = 'Patterns are relative to the roots, such as samba/smb.conf';
    return [{ failure: 'outside-root', message, at: pattern.source, hint } satisfies Failure];
  });
}

function whyOutside({ pattern }: Pattern): string | undefined {
  if (pattern.startsWith('/')) return 'starts with a slash';
  if (pattern.split('/').includes('..')) return 'leaves its root by ..';
  return undefined;
}

function insidePrimary({ name, primary, backup }: Relationship): Failure[] {
  if (primary.kind !== 'path' || backup.kind !== 'path' || !sameNode(primary, backup)) return [];
  if (backup.path !== primary.path && !backup.path.startsWith(withSlash(primary.path))) return [];
  const message =
    backup.path === primary.path
      ? `primary and backup of "${name}" are the same folder`
      : `the backup root of "${name}" is inside the primary root ${primary.path}`;
  const hint = 'Use two folders side by side, or name the two nodes with node:';
  return [{ failure: 'backup-inside-primary', message, at: backup.source, also: [primary.source], hint }];
}

/** Identical patterns on one backup root. Patterns that differ may still meet in a file: seen later. */
function claimedTwice(relationships: readonly Relationship[]): Failure[] {
  const failures: Failure[] = [];
  relationships.forEach((second, i) => {
    for (const first of relationships.slice(0, i)) {
      if (first.backup.kind !== 'path' || second.backup.kind !== 'path') continue;
      if (!samePlace(first.backup, second.backup)) continue;
      for (const pattern of second.include) {
        const other = first.include.find(candidate => candidate.pattern === pattern.pattern);
        if (other === undefined) continue;
        const message = `"${first.name}" and "${second.name}" both claim ${pattern.pattern} on the backup ${second.backup.path}`;
        const hint = 'Leave it to one relationship';
        failures.push({ failure: 'claimed-twice', message, at: pattern.source, also: [other.source], hint });
      }
    }
  });
  return failures;
}

/** A relationship whose backup leads back to its own primary through others: each change would return. */
function loops(relationships: readonly Relationship[]): Failure[] {
  const failures: Failure[] = [];
  relationships.forEach((closing, i) => {
    const earlier = relationships.slice(0, i);
    const way = wayBack(closing, closing, earlier);
    if (way === undefined || closing.primary.kind !== 'path') return;
    const names = way.map(({ name }) => `"${name}"`).join(', ');
    failures.push({
      failure: 'replication-loop',
      message: `"${closing.name}" makes a loop with ${names}: ${closing.primary.path} would replicate to itself`,
      at: closing.backup.source,
      also: way.map(({ primary }) => primary.source),
      hint: 'Keep one direction; resync --reverse exchanges the roles',
    });
  });
  return failures;
}

/** The relationships that lead from the backup of `from` to the primary of `goal`, if any do. */
function wayBack(
  from: Relationship,
  goal: Relationship,
  through: readonly Relationship[],
  seen = new Set<Relationship>(),
): Relationship[] | undefined {
  for (const next of through) {
    if (seen.has(next) || !joined(from, next)) continue;
    seen.add(next);
    if (joined(next, goal)) return [next];
    const rest = wayBack(next, goal, through, seen);
    if (rest !== undefined) return [next, ...rest];
  }
  return undefined;
}

function joined({ backup }: Relationship, { primary }: Relationship): boolean {
  return backup.kind === 'path' && primary.kind === 'path' && samePlace(backup, primary);
}

function samePlace(a: LocalEndpoint, b: LocalEndpoint): boolean {
  return a.path === b.path && sameNode(a, b);
}

/** Equal paths are different folders only where both say that they are beside different nodes. */
function sameNode(a: LocalEndpoint, b: LocalEndpoint): boolean {
  return a.node === undefined || b.node === undefined || a.node === b.node;
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}
