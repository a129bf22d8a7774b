import type { Config, Endpoint, Relationship } from '../config/config.ts';
import type { Failure } from '../core/failure.ts';

/** Whether a side lies at this member, or can be reached from every one (a mount without `node:`). */
export function isHere(endpoint: Endpoint, node: string): boolean {
  return endpoint.kind !== 'path' || endpoint.node === undefined || endpoint.node === node;
}

/**
 * Why both sides of a relationship cannot be opened by their paths: in a cluster `/etc` of nas1 is not the `/etc`
 * that this member sees. Without a cluster `node:` is a name for people.
 */
export function notNear(
  { cluster, node }: Config,
  { name, primary, backup }: Relationship,
): Failure | undefined {
  if (cluster === undefined) return undefined;
  const far = [primary, backup].find(endpoint => !isHere(endpoint, node));
  if (far?.kind !== 'path') return undefined;
  const side = far === primary ? 'primary' : 'backup';
  return {
    failure: 'not-owner',
    message: `${name}: its ${side} lies at ${far.node}, and this is ${node}`,
    at: far.source,
    hint:
      side === 'primary'
        ? `run the command on ${far.node}; or, where the daemon runs, see \`warmspare status\``
        : `run the command on the member that keeps it in step: \`warmspare cluster routes\` names it`,
  };
}
