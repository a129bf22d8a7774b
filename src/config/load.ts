import { dirname, resolve } from 'node:path';
import type { Failure } from '../core/failure.ts';
import type { Config } from './config.ts';
import { explainIssues } from './explain.ts';
import { type IdentityFile, normalize } from './normalize.ts';
import { type ConfigInput, ConfigSchema, IdentitySchema, jsonSchema } from './schema.ts';
import { type Shape, shapesAt } from './shape.ts';
import { parseSource, type Source } from './source.ts';
import type { Surroundings } from './surroundings.ts';

export interface Loaded {
  readonly config: Config;
}

/**
 * Reads the text of a configuration file. `file` is its absolute path: other paths in it are relative
 * to its folder. All that is wrong comes back at once, each with its place; nothing throws.
 * What needs more than one value to be wrong is found by checkConfig.
 */
export function loadConfig(
  content: Uint8Array | string,
  file: string,
  surroundings: Surroundings,
): Loaded | Failure[] {
  const source = parseSource(content, file);
  if (Array.isArray(source)) return source;
  const shape = jsonSchema() as Shape;
  if (source.value === null) return [emptyFile(source)];
  const parsed = ConfigSchema.safeParse(source.value);
  if (!parsed.success) return explainIssues(parsed.error.issues, source, shape);
  const identities = new Map<string, IdentityFile>();
  const failures: Failure[] = [];
  for (const [name, { identity }] of Object.entries(parsed.data.relationships)) {
    const read = readIdentity(name, identity, source, shape, surroundings);
    if (Array.isArray(read)) failures.push(...read);
    else identities.set(name, read);
  }
  return failures.length > 0
    ? failures
    : { config: normalize(parsed.data, source, identities, surroundings) };
}

/** Reads the configuration file itself; a file that cannot be read is a failure too. */
export function readConfig(file: string, surroundings: Surroundings): Loaded | Failure[] {
  try {
    return loadConfig(surroundings.read(file), file, surroundings);
  } catch (error) {
    return [
      unreadable(
        `cannot read the configuration file: ${reason(error)}`,
        { file },
        'Name the file with -c FILE',
      ),
    ];
  }
}

type Identity = ConfigInput['relationships'][string]['identity'];

function readIdentity(
  name: string,
  identity: Identity,
  source: Source,
  shape: Shape,
  { read }: Surroundings,
): IdentityFile | Failure[] {
  const path = ['relationships', name, 'identity'];
  if (typeof identity !== 'string') return { pairs: identity, source, path };
  const file = resolve(dirname(source.file), identity);
  let bytes: Uint8Array;
  try {
    bytes = read(file);
  } catch (error) {
    const at = source.place(path);
    return [
      unreadable(`cannot read the identity file: ${reason(error)}`, at, 'Paths are relative to this file'),
    ];
  }
  const own = parseSource(bytes, file);
  if (Array.isArray(own)) return own;
  const parsed = IdentitySchema.safeParse(own.value);
  if (parsed.success) return { pairs: parsed.data, source: own, path: [] };
  const list = shapesAt(shape, path).find(alternative => alternative.type === 'array');
  return explainIssues(parsed.error.issues, own, list ?? {});
}

function emptyFile(source: Source): Failure {
  return {
    failure: 'config-invalid',
    message: 'the file is empty',
    at: { file: source.file },
    hint: 'Start from the example etc/warmspare.yaml',
  };
}

function unreadable(message: string, at: NonNullable<Failure['at']>, hint: string): Failure {
  return { failure: 'config-missing', message, at, hint };
}

/** The system's own word, without the path that the place tells already. */
function reason(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EISDIR') return 'it is a folder';
  return typeof code === 'string' ? code : 'it could not be opened';
}
