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

/** A relationship whose folders lie below `root`: primary, backup and this process's own state. */
export function openedAt(root: string, { isGuarded }: Rules): Opened {
  const text = `version: 1
node: nas1
state: ${root}/state
relationships:
  pair:
    primary: {path: ${root}/primary, node: nas1}
    backup: {path: ${root}/backup, node: nas2}
    include: [exports, target.json, "samba/*.conf"]
    identity:
${IDENTITY.map(pair => `      - ${pair}\n`).join('')}${isGuarded ? '' : '    guard: off\n'}`;
  const surroundings = { env: {}, hostname: 'nas1', home: '/root', uid: 0, read: () => new Uint8Array() };
  const loaded = loadConfig(text, `${root}/warmspare.yaml`, surroundings);
  if (Array.isArray(loaded)) throw new Error(loaded.map(each => each.message).join('; '));
  const failures = checkConfig(loaded.config);
  if (failures.length > 0) throw new Error(failures[0]!.message);
  return opened(loaded.config);
}

function opened(config: Config): Opened {
  const found = openRelationship(config, config.relationships[0]!);
  if (isFailure(found)) throw new Error(found.message);
  return found;
}

export function rulesFor(path: string): FileRules | Failure {
  return fileRules(openedAt('/simulated/none', { isGuarded: true }), path, undefined);
}
