import { createHash } from 'node:crypto';
import { bareText } from '../../config/bare.ts';
import type { Config, Relationship } from '../../config/config.ts';
import type { Offer } from '../../core/cluster/member.ts';
import { isHere } from '../../replication/near.ts';

/** As which a member offers to run the relationships of its configuration, but for the edition. */
export type Plain = Omit<Offer, 'edition'>;

export function offersOf({ relationships, node }: Config): ReadonlyMap<string, Plain> {
  return new Map(relationships.map(each => [each.name, offerOf(each, node)]));
}

function offerOf(relationship: Relationship, node: string): Plain {
  const { name: _, source: __, ...decides } = relationship;
  const fields = Object.fromEntries(Object.entries(decides).map(([key, value]) => [key, hashOf(value)]));
  return {
    configuration: hashOf(fields),
    fields,
    mayOwn: isHere(relationship.backup, node),
    kind: relationship.backup.kind === 'exec' ? 'leased' : 'fenced',
  };
}

/** Places in the file do not count: the same text lies elsewhere in another member's file. */
function hashOf(value: unknown): string {
  return createHash('sha256').update(bareText(value)).digest('base64url').slice(0, 22);
}
