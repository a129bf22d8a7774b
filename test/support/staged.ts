import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What lies in the staging folders of a relationship's owners: after a commit, and after a take-over, nothing. */
export function stagedIn(backup: string, relationship: string): string[] {
  const own = join(backup, '.warmspare', relationship);
  const owners = readdirSync(own)
    .filter(name => name.startsWith('epoch-'))
    .flatMap(epoch => readdirSync(join(own, epoch)).map(owner => join(own, epoch, owner)));
  if (owners.length === 0) throw new Error(`nobody owns ${own}`);
  return owners.flatMap(owner => readdirSync(join(owner, 'new')));
}
