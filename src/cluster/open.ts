import type { ClusterConfig } from '../config/config.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { EmbeddedHub } from './embedded/hub.ts';
import type { Engine } from './engine.ts';
import { sealed } from './sealed.ts';

/**
 * The engine that the configuration asks for, as the member of that name. `report` gets one sentence for the
 * log about what nobody asked for and somebody has to know.
 */
export async function openEngine(
  cluster: ClusterConfig | undefined,
  node: string,
  report: (what: string) => void,
): Promise<Engine | Failure[]> {
  if (cluster === undefined || cluster.engine === 'embedded') return new EmbeddedHub().join();
  // Its client is a third of what the daemon loads, and most have no cluster.
  const { openNats } = await import('./nats/engine.ts');
  const { readSecrets } = await import('./secrets.ts');
  const secrets = readSecrets(cluster);
  if (Array.isArray(secrets)) return secrets;
  const { key, ...shown } = secrets;
  const engine = await openNats({ servers: cluster.servers, name: cluster.name, node, report, ...shown });
  if (isFailure(engine)) return [{ at: cluster.source, ...engine }];
  if (key === undefined) return engine;
  return sealed(engine, key, place => report(`${place} does not open with the key of this cluster: dropped`));
}
