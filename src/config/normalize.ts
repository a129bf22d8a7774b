import { dirname, resolve } from 'node:path';
import type { Place } from '../core/failure.ts';
import { type IdentitySpec, KINDS, type PairSpec, type SharedSpec } from '../core/rewrite/identity.ts';
import type {
  ClusterConfig,
  Config,
  Endpoint,
  FileRule,
  Guard,
  NamedFile,
  Pattern,
  Relationship,
} from './config.ts';
import { type ConfigInput, DURATION, type IdentityInput } from './schema.ts';
import type { Path, Source } from './source.ts';
import { defaultState, type Surroundings } from './surroundings.ts';

type RelationshipInput = ConfigInput['relationships'][string];
/** The pairs of a relationship, and the file and path they were written at. */
export interface IdentityFile {
  readonly pairs: IdentityInput;
  readonly source: Source;
  readonly path: Path;
}

/** Fills defaults and makes paths absolute. Takes only what the schema has accepted. */
export function normalize(
  input: ConfigInput,
  source: Source,
  identities: ReadonlyMap<string, IdentityFile>,
  surroundings: Surroundings,
): Config {
  const base = dirname(source.file);
  const names = Object.keys(input.relationships);
  return {
    file: source.file,
    node: input.node ?? surroundings.hostname,
    state: input.state === undefined ? defaultState(surroundings) : resolve(base, input.state),
    relationships: names.map(name =>
      relationship(name, input.relationships[name]!, source, identities.get(name)!, base),
    ),
    secrets: input.secrets.map(keyPattern),
    ...(input.cluster === undefined ? {} : { cluster: cluster(input.cluster, source, base) }),
    ...(input.http === undefined ? {} : { http: listenAt(input.http.listen) }),
  } as Config;
}

function cluster(input: NonNullable<ConfigInput['cluster']>, source: Source, base: string): ClusterConfig {
  const { credentials, key, tls, ...rest } = input;
  const file = (named: string, ...path: string[]): NamedFile => ({
    path: resolve(base, named),
    source: source.place(['cluster', ...path]),
  });
  const ends = Object.entries(tls ?? {}).filter(([, named]) => named !== undefined);
  return {
    ...rest,
    ...(credentials === undefined ? {} : { credentials: file(credentials, 'credentials') }),
    ...(key === undefined ? {} : { key: file(key, 'key') }),
    ...(tls === undefined
      ? {}
      : { tls: Object.fromEntries(ends.map(([end, named]) => [end, file(named!, 'tls', end)])) }),
    source: source.keyPlace(['cluster']),
  };
}

function relationship(
  name: string,
  input: RelationshipInput,
  source: Source,
  identity: IdentityFile,
  base: string,
): Relationship {
  const path = ['relationships', name];
  const patterns = (key: 'include' | 'exclude'): Pattern[] =>
    input[key].map((pattern, i) => ({ pattern: tidy(pattern), source: source.place([...path, key, i]) }));
  return {
    name,
    primary: endpoint(input.primary, source, [...path, 'primary'], base),
    backup: endpoint(input.backup, source, [...path, 'backup'], base),
    include: patterns('include'),
    exclude: patterns('exclude'),
    identity: { pairs: pairs(identity), shared: shared(input, source, path) } satisfies IdentitySpec,
    files: Object.entries(input.files).map(([pattern, rule]) =>
      fileRule(pattern, rule, source, [...path, 'files', pattern]),
    ),
    mode: input.mode,
    conflict: input.conflict,
    unmapped: unmapped(input.unmapped),
    guard: guard(input.guard),
    source: source.keyPlace(path),
  };
}

function endpoint(input: RelationshipInput['primary'], source: Source, path: Path, base: string): Endpoint {
  const at = source.place(path);
  if (input.url !== undefined) return urlEndpoint({ ...input, url: input.url }, at, base);
  if (input.exec !== undefined) return { kind: 'exec', ...input.exec, source: at };
  const node = input.node === undefined ? {} : { node: input.node };
  return { kind: 'path', path: resolve(base, input.path!), ...node, source: source.place([...path, 'path']) };
}

function urlEndpoint(
  { url, key, 'known-hosts': known, 'host-key': hostKey }: RelationshipInput['primary'] & { url: string },
  source: Place,
  base: string,
): Endpoint {
  return {
    kind: 'url',
    url,
    ...(key === undefined ? {} : { key: resolve(base, key) }),
    ...(known === undefined ? {} : { knownHosts: resolve(base, known) }),
    ...(hostKey === undefined ? {} : { hostKey }),
    source,
  };
}

/** `./a` and `a//b` name the file of `a` and `a/b`: one file has one name. What leaves the root stays to be refused. */
function tidy(pattern: string): string {
  if (pattern.startsWith('/')) return pattern;
  const parts = pattern.split('/').filter(part => part !== '' && part !== '.');
  return parts.length === 0 ? pattern : parts.join('/');
}

function pairs({ pairs: list, source, path }: IdentityFile): PairSpec[] {
  return list.map((pair, i) => ({
    ...pair,
    in: listOf(pair.in),
    not: listOf(pair.not),
    source: source.place([...path, i]),
  }));
}

function shared(input: RelationshipInput, source: Source, path: Path): SharedSpec[] {
  return input.shared.map((entry, i) => ({ ...entry, source: source.place([...path, 'shared', i]) }));
}

function fileRule(
  pattern: string,
  { after, preserve, ...rule }: RelationshipInput['files'][string],
  source: Source,
  path: Path,
): FileRule {
  const given = Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined));
  return {
    ...given,
    pattern: tidy(pattern),
    preserve: preserve ?? [],
    after: listOf(after),
    source: source.keyPlace(path),
  };
}

function unmapped(input: RelationshipInput['unmapped']): Relationship['unmapped'] {
  const of = (kind: (typeof KINDS)[number]) => (typeof input === 'string' ? input : (input[kind] ?? 'warn'));
  return Object.fromEntries(KINDS.map(kind => [kind, of(kind)])) as Relationship['unmapped'];
}

function guard(input: RelationshipInput['guard']): 'off' | Guard {
  if (input === 'off') return 'off';
  const { max = 5, percent = 20, window = '10m' } = input.deletions ?? {};
  return { deletions: { max, percent, windowMs: milliseconds(window) } };
}

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a duration like `10m`, which the schema has checked. */
export function milliseconds(duration: string): number {
  const [, count, unit] = DURATION.exec(duration)!;
  return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

/** A further secret key: the whole key, in any case, `*` for anything. */
function keyPattern(key: string): RegExp {
  const source = key.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}$`, 'i');
}

function listenAt(listen: string): { host: string; port: number } {
  const colon = listen.lastIndexOf(':');
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(listen.slice(colon + 1)) };
}
