import picomatch from 'picomatch';

/** Which files of a root belong to a relationship. Paths are relative to the root, with `/`. */
export interface Scope {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/**
 * Files that name or configure a node itself. No wildcard matches them: whoever wants one replicated
 * writes its exact name. Matched on the path or on the last part of it.
 */
const NODE_OWN: readonly string[] = [
  '**/fstab',
  '**/crypttab',
  '**/machine-id',
  '**/hostname',
  '**/hostid',
  '**/adjtime',
  '**/initiatorname.iscsi',
  '**/hostnqn',
  '**/*.keytab',
  '**/ssh_host_*',
  '**/shadow',
  '**/shadow-',
  '**/gshadow',
  '**/gshadow-',
  '**/passwd',
  '**/group',
  '**/network/interfaces',
  '**/network/interfaces.d/**',
  '**/netplan/**',
  '**/NetworkManager/**',
  '**/sysconfig/network-scripts/**',
  '**/systemd/network/**',
  '**/udev/rules.d/70-persistent-*',
  '**/lvm/{archive,backup}/**',
  '**/mdadm.conf',
  '**/zpool.cache',
];

/** warmspare's own folder on a backup; never captured, also where a backup becomes primary. */
export const OWN_FOLDER = '.warmspare';

const OPTIONS = { dot: true, nobrace: false, strictSlashes: true } as const;
const isNodeOwn = picomatch([...NODE_OWN], OPTIONS);

export type ScopeVerdict = 'in' | 'out' | 'node-own';

/** Compiling patterns costs more than all else that is asked of a scope, and each change asks anew. */
const COMPILED = new WeakMap<Scope, (path: string) => ScopeVerdict>();

/** A test for paths; `node-own` is a path that only a wildcard would have taken in. */
export function scopeTest(scope: Scope): (path: string) => ScopeVerdict {
  const before = COMPILED.get(scope);
  if (before !== undefined) return before;
  const test = compile(scope);
  COMPILED.set(scope, test);
  return test;
}

function compile(scope: Scope): (path: string) => ScopeVerdict {
  const exact = new Set(scope.include.filter(pattern => !isPattern(pattern)));
  const included = picomatch([...scope.include], OPTIONS);
  const excluded = scope.exclude.length === 0 ? () => false : picomatch([...scope.exclude], OPTIONS);
  return path => {
    if (path === OWN_FOLDER || path.startsWith(`${OWN_FOLDER}/`)) return 'out';
    if (excluded(path)) return 'out';
    if (exact.has(path)) return 'in';
    if (!included(path)) return 'out';
    return isNodeOwn(path) ? 'node-own' : 'in';
  };
}

export function isPattern(pattern: string): boolean {
  return picomatch.scan(pattern).isGlob === true;
}

/** The folders to walk: the part of each pattern before its first wildcard, without repeats below. */
export function scopeRoots(scope: Scope): { readonly files: string[]; readonly folders: string[] } {
  const files = scope.include.filter(pattern => !isPattern(pattern));
  const bases = scope.include
    .filter(isPattern)
    .map(pattern => picomatch.scan(pattern).base.replace(/\/$/, ''));
  const folders = [...new Set(bases)].filter(
    (base, _, all) => !all.some(other => other !== base && (other === '' || base.startsWith(`${other}/`))),
  );
  return { files, folders };
}

/** A test whether a path matches a pattern of the configuration file (`files:`, `in:`). */
export function pathTest(pattern: string): (path: string) => boolean {
  return picomatch(pattern, OPTIONS);
}
