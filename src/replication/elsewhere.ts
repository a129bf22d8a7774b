import type { Config, Relationship } from '../config/config.ts';
import type { Source, Target } from '../connectors/connector.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import type { Opened } from './opened.ts';
import { openRelationship } from './opened.ts';
import { directionOf, endsOf } from './roles.ts';

/** A primary that lies on another member: how it is read, asked who leads, and seen. */
export interface Elsewhere {
  readonly source: Source;
  /** Read only; a ledger there tells the roles. */
  readonly leading: Target;
  readonly watch: NonNullable<Opened['watch']>;
  readonly asOf: NonNullable<Opened['asOf']>;
  readonly lags: NonNullable<Opened['lags']>;
}

/**
 * Opens a relationship whose primary lies on another member. The other way round, where the primary follows,
 * its own member has to write it, and this one refuses.
 */
export async function openElsewhere(
  config: Config,
  relationship: Relationship,
  elsewhere: Elsewhere,
): Promise<Opened | Failure> {
  const opened = openRelationship(config, relationship);
  if (isFailure(opened)) return opened;
  const { source } = elsewhere;
  const forth = { ...opened, ...elsewhere };
  const direction = directionOf(await endsOf(forth));
  if (direction === 'reverse') return reversed(relationship.name, source.title);
  // Where nobody can tell who leads it is open all the same: `refusedHere` says so to whoever wants to write.
  return forth;
}

function reversed(name: string, primary: string): Failure {
  return {
    failure: 'unsupported',
    message: `${name}: the roles are exchanged, and ${primary} follows: only the member beside it can write there`,
    hint: `let the member beside ${primary} have the relationship: it must reach both sides by local paths`,
  };
}
