import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { checkRoots } from '../config/roots.ts';
import { realpath } from '../connectors/file/disk.ts';
import { locate } from '../connectors/file/place.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { notNear } from './near.ts';
import type { Opened } from './opened.ts';
import type { Prepared } from './prepare.ts';
import { openDirected } from './roles.ts';
import { rootsByFolder } from './root-folders.ts';

/**
 * What is wrong between relationships only in the light of the file systems: roots that are one folder
 * through links or mounts, and files that two relationships would write. All of the configuration counts, also
 * where a command was given one relationship: the other would write the same file at its turn.
 */
export async function findOverlap(
  config: Config,
  prepared: readonly Prepared[],
): Promise<Failure | undefined> {
  // Of what lies at other members nothing can be seen here.
  const relationships = config.relationships.filter(each => notNear(config, each) === undefined);
  const [wrong] = checkRoots(relationships, await rootsByFolder(relationships));
  if (wrong !== undefined) return wrong;
  if (relationships.length < 2) return undefined;
  const owners = new Map<string, Opened>();
  for (const relationship of relationships) {
    const known = prepared.find(one => one.opened.name === relationship.name);
    const opened = known?.opened ?? (await openDirected(config, relationship));
    if (isFailure(opened)) return opened;
    for (const path of await pathsOf(opened, known)) {
      const place = await placeOf(opened.root, path);
      const other = owners.get(place);
      if (other !== undefined && other !== opened) return claimedTwice(place, other, opened);
      owners.set(place, opened);
    }
  }
  return undefined;
}

/** What a relationship would write; one that was not prepared, or is held as a whole, is listed. */
async function pathsOf(opened: Opened, known: Prepared | undefined): Promise<string[]> {
  if (known !== undefined && known.plan.files.length > 0) {
    return known.plan.files.map(file => file.path);
  }
  if ((await opened.source.reachable()) !== undefined) return [];
  return [...(await opened.source.list(opened.scope)).paths];
}

/** The file that a path on the backup really is, links followed. */
async function placeOf(root: string, path: string): Promise<string> {
  const real = await locate(root, path).catch(() => undefined);
  if (typeof real === 'string') return real;
  return join(await realpath(root).catch(() => root), path);
}

function claimedTwice(place: string, first: Opened, second: Opened): Failure {
  return {
    failure: 'claimed-twice',
    message: `${place} is claimed by two relationships, ${first.name} and ${second.name}`,
    at: second.relationship.source,
    also: [first.relationship.source],
    hint: 'exclude it in one of them',
  };
}
