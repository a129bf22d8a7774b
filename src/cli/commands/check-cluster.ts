import { readSecrets } from '../../cluster/secrets.ts';
import type { Config } from '../../config/config.ts';
import type { Failure } from '../../core/failure.ts';
import { isHere } from '../../replication/near.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { CommandContext } from './command.ts';

/** What `cluster:` says: its files are there and right, and what goes through the servers is sealed, or it is told. */
export function checkCluster({ config, report }: CommandContext): Exit {
  const { cluster } = config!;
  if (cluster === undefined) return EXIT.done;
  const found = warnings(config!);
  const secrets = cluster.engine === 'embedded' ? {} : readSecrets(cluster);
  const failures = Array.isArray(secrets) ? secrets : [];
  report.set('cluster', { warnings: found.map(({ message }) => message) });
  if (found.length > 0) report.fail(found, 'warning');
  if (failures.length > 0) report.fail(failures);
  return failures.length > 0 ? EXIT.usage : EXIT.done;
}

function warnings(config: Config): Failure[] {
  const { cluster, relationships, node } = config;
  const { engine, key, tls, credentials, servers, source: at } = cluster!;
  if (engine === 'embedded') return [];
  const found: Failure[] = [];
  if (key === undefined) {
    found.push({
      failure: 'config-invalid',
      message:
        'what goes through the servers is not encrypted: whoever can read their disks reads the configuration files',
      at,
      hint: 'give all members the same file: head -c 32 /dev/urandom | base64, and `key:` with its path',
    });
  }
  if (tls === undefined && credentials === undefined && servers.some(server => !isLoopback(server))) {
    found.push({
      failure: 'config-invalid',
      message: 'members show nothing to the servers, and speak to them in the clear',
      at,
      hint: 'etc/nats/nats.conf shows a server with TLS and a role for each member',
    });
  }
  // With neither side here nothing is ever done, and nothing is ever seen.
  const idle = !relationships.some(({ primary, backup }) => isHere(primary, node) || isHere(backup, node));
  if (relationships.length > 0 && idle) {
    found.push({
      failure: 'config-invalid',
      message: `no relationship has a side at ${node}: this member has nothing to do`,
      at,
      hint: 'is `node:` the name by which the relationships call this machine?',
    });
  }
  return found;
}

function isLoopback(server: string): boolean {
  return /^(?:\w+:\/\/)?(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::\d+)?$/.test(server);
}
