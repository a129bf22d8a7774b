import { parseUrl, serverName } from '../connectors/sftp/url.ts';
import { type Failure, isFailure, type Place } from '../core/failure.ts';
import { compileMapping } from '../core/rewrite/mapping.ts';
import type { ClusterConfig, Config, Pattern, Relationship, UrlEndpoint } from './config.ts';
import { checkRoots, rootsByName } from './roots.ts';

/**
 * What is wrong between values that are each right: endpoints of this version, patterns that leave
 * their root, relationships that get in each other's way, pairs that contradict. Looks at no file; symbolic links and real
 * overlaps of files are found later, where files are read.
 */
export function checkConfig(config: Config): Failure[] {
  return [
    ...config.relationships.flatMap(unsupported),
    ...config.relationships.flatMap(wrongUrl),
    ...oneWayIn(config.relationships),
    ...config.relationships.flatMap(outsideRoot),
    ...checkRoots(config.relationships, rootsByName(config)),
    ...config.relationships.flatMap(({ identity }) => compileMapping(identity).failures),
    ...(config.cluster === undefined ? [] : clusterFailures(config.cluster)),
  ];
}

function clusterFailures({ engine, servers, tls, source }: ClusterConfig): Failure[] {
  const failures: Failure[] = [];
  if (engine === 'nats' && servers.length === 0) {
    const message = 'a cluster over NATS has to name its servers';
    failures.push({
      failure: 'config-invalid',
      message,
      at: source,
      hint: 'Add servers: ["nats://127.0.0.1:4222"]',
    });
  }
  const alone = tls?.cert === undefined ? tls?.key : tls.key === undefined ? tls.cert : undefined;
  if (alone !== undefined) {
    const message = 'a certificate and its private key go together, and one of them is missing';
    const hint = 'Name both, in tls: {cert: ..., key: ...}';
    failures.push({ failure: 'config-invalid', message, at: alone.source, hint });
  }
  return failures;
}

function unsupported(relationship: Relationship): Failure[] {
  const { primary, backup } = relationship;
  const ends = [
    ...(primary.kind === 'path' ? [] : [notYet(primary.kind, primary.source, HERE)]),
    ...(backup.kind === 'exec' ? [notYet('exec', backup.source, HERE)] : []),
  ];
  const ties = relationship.files.filter(rule => rule.after.length > 0);
  return [
    ...ends,
    ...ties.map(rule => notYet('after', rule.source, 'Leave it out: each file is a group of its own')),
  ];
}

/** A process has one connection to a server, so that there is one way to get in, and one to know it again. */
function oneWayIn(relationships: readonly Relationship[]): Failure[] {
  const first = new Map<string, UrlEndpoint>();
  return relationships.flatMap(({ backup }) => {
    const address = backup.kind === 'url' ? parseUrl(backup.url, '') : undefined;
    if (backup.kind !== 'url' || address === undefined || isFailure(address)) return [];
    const server = serverName(address);
    const other = first.get(server) ?? backup;
    first.set(server, other);
    const way = ({ key, knownHosts, hostKey }: UrlEndpoint) => JSON.stringify([key, knownHosts, hostKey]);
    if (way(other) === way(backup)) return [];
    const message = `${backup.url} and ${other.url} are one server, and are reached in two ways`;
    const hint = 'Name the same key, known-hosts and host-key beside both';
    return [{ failure: 'config-invalid', message, at: backup.source, also: [other.source], hint }];
  });
}

const HERE = 'Use path: with a folder of this machine or a mount';

function wrongUrl({ primary, backup }: Relationship): Failure[] {
  return [primary, backup].flatMap(end => {
    const parsed = end.kind === 'url' ? parseUrl(end.url, 'somebody', end.source) : undefined;
    return isFailure(parsed) ? [parsed] : [];
  });
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
