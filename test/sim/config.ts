import { checkConfig } from '../../src/config/check.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { FileRules } from '../../src/core/apply/file-input.ts';
import { type Failure, isFailure } from '../../src/core/failure.ts';
import { fileRules, type Opened, openRelationship } from '../../src/replication/opened.ts';
import { IDENTITY } from './texts.ts';

/** What differs from one simulated relationship to the next. */
export interface Rules {
  readonly isGuarded: boolean;
}

const loaded = new Map<boolean, Config>();

/** A relationship whose folders lie below `root`: primary, backup and this process's own state. */
export function openedAt(root: string, { isGuarded }: Rules): Opened {
  const config = loaded.get(isGuarded) ?? load(isGuarded);
  loaded.set(isGuarded, config);
  const [relationship] = config.relationships;
  const at = (path: string) => ({
    kind: 'path' as const,
    path: `${root}/${path}`,
    source: relationship!.source,
  });
  const sides = { primary: { ...at('primary'), node: 'nas1' }, backup: { ...at('backup'), node: 'nas2' } };
  const found = openRelationship({ ...config, state: `${root}/state` }, { ...relationship!, ...sides });
  if (isFailure(found)) throw new Error(found.message);
  return found;
}

function load(isGuarded: boolean): Config {
  const text = `version: 1
relationships:
  pair:
    primary: {path: /simulated/primary}
    backup: {path: /simulated/backup}
    include: [exports, target.json, "samba/*.conf"]
    identity:
${IDENTITY.map(pair => `      - ${pair}\n`).join('')}${isGuarded ? '' : '    guard: off\n'}`;
  const surroundings = { env: {}, hostname: 'nas1', home: '/root', uid: 0, read: () => new Uint8Array() };
  const found = loadConfig(text, '/simulated/warmspare.yaml', surroundings);
  if (Array.isArray(found)) throw new Error(found.map(each => each.message).join('; '));
  const [failure] = checkConfig(found.config);
  if (failure !== undefined) throw new Error(failure.message);
  return found.config;
}

export function rulesFor(path: string): FileRules | Failure {
  return fileRules(openedAt('/simulated/none', { isGuarded: true }), path, undefined);
}
