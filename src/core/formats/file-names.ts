import type { FormatName } from '../document.ts';

/** What a file's name says about its format. Earlier lines win; names are compared in lower case. */
const NAMES: readonly (readonly [RegExp, FormatName])[] = [
  [/\.json$/, 'json'],
  [/\.ya?ml$/, 'yaml'],
  [/\.toml$/, 'toml'],
  [/\.(vol|volfile|res)$/, 'block'],
  [/^(ganesha|drbd|keepalived|multipath|corosync|targets|scst|nginx|lvm|haproxy)\.(conf|cfg)/, 'block'],
  [/^global_common\.conf$/, 'block'],
  [/^(smb|ceph|nfs|idmapd|krb5|winbind)\.conf/, 'ini'],
  [/\.(ini|service|socket|timer|mount|automount|target|network|netdev|link)$/, 'ini'],
  [/^(exports|hosts|fstab|dfstab|mdadm\.conf|hosts\.(allow|deny)|netgroup|auto\.\w+)$|\.exports$/, 'lines'],
];

/** The format that a name or path suggests, if it suggests one. */
export function hintOf(name: string): FormatName | undefined {
  const base = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1).toLowerCase();
  return NAMES.find(([pattern]) => pattern.test(base))?.[1];
}
