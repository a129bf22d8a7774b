import type { ServerInfo } from '@nats-io/transport-node';

/** The first whose copies were seen to agree again after a network had parted them; of 2.9.10 they were not. */
const AGREES = [2, 10] as const;

/** One sentence about a server that keeps copies with others and is too old for it; undefined: it is none. */
export function tooOld({
  version,
  cluster,
}: Pick<ServerInfo, 'version'> & { readonly cluster?: string }): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (cluster === undefined || major > AGREES[0] || (major === AGREES[0] && minor >= AGREES[1]))
    return undefined;
  return (
    `nats-server ${version} is one of several servers: older than ${AGREES.join('.')} they may stay at odds after a ` +
    'network has parted them, and tasks then wait. Use 2.12.7 or newer, or one server alone'
  );
}
