import type { Failure } from '../core/failure.ts';
import type { Config, LocalEndpoint, Relationship } from './config.ts';

/** How two roots lie to each other. By their names here; where files are read, by the folders themselves. */
export interface Roots {
  isSame(a: LocalEndpoint, b: LocalEndpoint): boolean;
  /** `inner` lies somewhere below `outer`. */
  isBelow(inner: LocalEndpoint, outer: LocalEndpoint): boolean;
}

/** Relationships whose roots get in each other's way, or in their own. */
export function checkRoots(relationships: readonly Relationship[], roots: Roots): Failure[] {
  return [
    ...relationships.flatMap(one => insidePrimary(one, roots)),
    ...claimedTwice(relationships, roots),
    ...loops(relationships, roots),
  ];
}

/**
 * Members of a cluster each open the roots beside them, so that equal paths may be folders of two
 * machines. Without one, this process opens every root itself, whatever the node beside it is called.
 */
export function rootsByName({ cluster }: Pick<Config, 'cluster'>): Roots {
  const mayBeOne = (a: LocalEndpoint, b: LocalEndpoint) =>
    cluster === undefined || a.node === undefined || b.node === undefined || a.node === b.node;
  return {
    isSame: (a, b) => a.path === b.path && mayBeOne(a, b),
    isBelow: (inner, outer) =>
      inner.path !== outer.path && inner.path.startsWith(withSlash(outer.path)) && mayBeOne(inner, outer),
  };
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

function insidePrimary({ name, primary, backup }: Relationship, roots: Roots): Failure[] {
  if (primary.kind !== 'path' || backup.kind !== 'path') return [];
  const isSame = roots.isSame(backup, primary);
  if (!isSame && !roots.isBelow(backup, primary)) return [];
  const message = isSame
    ? `primary and backup of "${name}" are the same folder`
    : `the backup root of "${name}" is inside the primary root ${primary.path}`;
  const hint = 'Use two folders side by side';
  return [{ failure: 'backup-inside-primary', message, at: backup.source, also: [primary.source], hint }];
}

/** Identical patterns on one backup root. Patterns that differ may still meet in a file: seen later. */
function claimedTwice(relationships: readonly Relationship[], roots: Roots): Failure[] {
  const failures: Failure[] = [];
  relationships.forEach((second, i) => {
    for (const first of relationships.slice(0, i)) {
      if (first.backup.kind !== 'path' || second.backup.kind !== 'path') continue;
      if (!roots.isSame(first.backup, second.backup)) continue;
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
function loops(relationships: readonly Relationship[], roots: Roots): Failure[] {
  const failures: Failure[] = [];
  relationships.forEach((closing, i) => {
    const earlier = relationships.slice(0, i);
    const way = wayBack(closing, closing, earlier, roots);
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
  roots: Roots,
  seen = new Set<Relationship>(),
): Relationship[] | undefined {
  for (const next of through) {
    if (seen.has(next) || !leadsTo(from, next, roots)) continue;
    seen.add(next);
    if (leadsTo(next, goal, roots)) return [next];
    const rest = wayBack(next, goal, through, roots, seen);
    if (rest !== undefined) return [next, ...rest];
  }
  return undefined;
}

function leadsTo({ backup }: Relationship, { primary }: Relationship, roots: Roots): boolean {
  return backup.kind === 'path' && primary.kind === 'path' && roots.isSame(backup, primary);
}
