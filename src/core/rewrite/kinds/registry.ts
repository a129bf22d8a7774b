import type { Kind } from '../identity.ts';
import { cidr, ipv4, ipv6, isIpv4, isIpv6, networkOf, subnet } from './addresses.ts';
import { mac, uuid, wwn } from './hex.ts';
import type { KindRules } from './kind.ts';
import { fqdn, hostname, interfaceName, iqn, nqn, path, serial, text } from './names.ts';

export const KIND_RULES: Readonly<Record<Kind, KindRules>> = {
  hostname,
  fqdn,
  ipv4,
  ipv6,
  cidr,
  subnet,
  mac,
  wwn,
  iqn,
  nqn,
  uuid,
  serial,
  interface: interfaceName,
  path,
  text,
};

/** product.md: pairs of these kinds are a swap by default, the others one-way. */
export const SWAPPED_BY_DEFAULT: ReadonlySet<Kind> = new Set<Kind>([
  'hostname',
  'fqdn',
  'ipv4',
  'ipv6',
  'mac',
  'iqn',
  'nqn',
]);

/** The kind that a string by its look is of; undefined where it could be of many. */
export function guessKind(written: string): Kind | undefined {
  if (isIpv4(written)) return 'ipv4';
  if (isIpv6(written)) return 'ipv6';
  if (networkOf(written) !== undefined) return 'cidr';
  if (/^iqn\./i.test(written)) return 'iqn';
  if (/^nqn\./i.test(written)) return 'nqn';
  for (const kind of ['mac', 'wwn', 'uuid'] as const) {
    if (KIND_RULES[kind].problem(written) === undefined) return kind;
  }
  // A row of hexadecimal digits is more likely a mistyped address than a name.
  if (/^[0-9a-f.:-]*$/i.test(written)) return undefined;
  if (fqdn.problem(written) === undefined) return 'fqdn';
  return hostname.problem(written) === undefined ? 'hostname' : undefined;
}
