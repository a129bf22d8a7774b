import type { FormatName } from '../core/document.ts';
import type { Place } from '../core/failure.ts';
import type { IdentitySpec, Kind } from '../core/rewrite/identity.ts';

/** The configuration as the rest of the program sees it: defaults filled, paths absolute. */
export interface Config {
  /** Absolute path of the configuration file. */
  readonly file: string;
  /** This member's name. */
  readonly node: string;
  /** Absolute path of the state folder. */
  readonly state: string;
  /** In the order of the file. */
  readonly relationships: readonly Relationship[];
  /** Further keys whose values are masked, to be handed to maskSecrets. */
  readonly secrets: readonly RegExp[];
  readonly cluster?: ClusterConfig;
  readonly http?: { readonly host: string; readonly port: number };
}

export interface ClusterConfig {
  readonly engine: 'embedded' | 'nats';
  readonly servers: readonly string[];
  readonly name: string;
  /** None of these files was looked at yet: cluster/secrets.ts reads them. */
  readonly credentials?: NamedFile;
  readonly tls?: { readonly ca?: NamedFile; readonly cert?: NamedFile; readonly key?: NamedFile };
  readonly key?: NamedFile;
  readonly labels: readonly string[];
  /** More than 0. */
  readonly weight: number;
  readonly source: Place;
}

/** A file by its absolute path, and where the configuration names it. */
export interface NamedFile {
  readonly path: string;
  readonly source: Place;
}

export interface Relationship {
  readonly name: string;
  readonly primary: Endpoint;
  readonly backup: Endpoint;
  /** Patterns relative to the roots. */
  readonly include: readonly Pattern[];
  readonly exclude: readonly Pattern[];
  readonly identity: IdentitySpec;
  /** In the order of the file; of two rules for one file the later one's keys win. */
  readonly files: readonly FileRule[];
  readonly mode: 'auto' | 'approve';
  readonly conflict: 'hold' | 'primary';
  readonly unmapped: Readonly<Record<Kind, 'warn' | 'hold'>>;
  readonly guard: 'off' | Guard;
  /** The relationship's name in the file. */
  readonly source: Place;
}

export type Endpoint = LocalEndpoint | UrlEndpoint | ExecEndpoint;

/** A folder of this machine (or a mount). `path` is absolute and without `..`. */
export interface LocalEndpoint {
  readonly kind: 'path';
  readonly path: string;
  readonly node?: string;
  readonly source: Place;
}

export interface UrlEndpoint {
  readonly kind: 'url';
  readonly url: string;
  /** Absolute path of the private key. */
  readonly key?: string;
  /** Absolute path of the only file of known host keys that counts. */
  readonly knownHosts?: string;
  /** `SHA256:...`: the only key that counts. */
  readonly hostKey?: string;
  readonly source: Place;
}

export interface ExecEndpoint {
  readonly kind: 'exec';
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly source: Place;
}

export interface Pattern {
  readonly pattern: string;
  readonly source: Place;
}

/** What holds for the files of a pattern, on whichever side follows. */
export interface FileRule {
  readonly pattern: string;
  /** Argument list, run without a shell; `{file}` stands for the path of the new file. */
  readonly validate?: readonly string[];
  readonly reload?: readonly string[];
  /** RFC 6901 pointers. */
  readonly preserve: readonly string[];
  readonly rewrite?: 'none';
  readonly apply?: 'on-break';
  readonly format?: FormatName;
  /** Patterns of files that go before, in the same group. */
  readonly after: readonly string[];
  readonly source: Place;
}

export interface Guard {
  readonly deletions: { readonly max: number; readonly percent: number; readonly windowMs: number };
}
