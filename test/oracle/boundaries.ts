/**
 * Where an identifier may stand: the bullets of the corpus' README, "What counts as an occurrence",
 * each with the function that says it. A helper of rules.ts; shares nothing with src/core.
 *
 * "Next to" is read both ways: what may not follow `.` + digit may not be preceded by digit + `.`.
 */
export type OracleKind =
  | 'hostname'
  | 'fqdn'
  | 'ipv4'
  | 'ipv6'
  | 'cidr'
  | 'subnet'
  | 'mac'
  | 'wwn'
  | 'iqn'
  | 'nqn'
  | 'uuid'
  | 'serial'
  | 'interface'
  | 'path'
  | 'text'
  | 'other';

// product.md: a non-ASCII letter is a letter. A combining mark belongs to the letter before it.
const ALNUM = '\\p{L}\\p{M}\\p{Nd}';
const pattern = (source: string) => new RegExp(source.replaceAll('@', ALNUM), 'u');

/** Whether the text before `start` does not end with `source`; `@` stands for letters and digits. */
function notAfter(text: string, start: number, source: string): boolean {
  return !pattern(`(?:${source})$`).test(text.slice(Math.max(0, start - 16), start));
}

/** Whether the text from `end` on does not begin with `source`. */
function notBefore(text: string, end: number, source: string): boolean {
  return !pattern(`^(?:${source})`).test(text.slice(end, end + 16));
}

/** ipv4: not next to a letter, digit or `_`, nor to `.`+digit. */
function ipv4Stands(text: string, start: number, end: number): boolean {
  return (
    notAfter(text, start, '[@_]') &&
    notBefore(text, end, '[@_]') &&
    notAfter(text, start, '\\p{Nd}\\.') &&
    notBefore(text, end, '\\.\\p{Nd}')
  );
}

/** ipv6: not next to a letter, digit, `_` or `:`. Port brackets, `/64` may follow. */
function ipv6Stands(text: string, start: number, end: number): boolean {
  return notAfter(text, start, '[@_:]') && notBefore(text, end, '[@_:]');
}

/** cidr: the address rule, for address and prefix length (or netmask) together. */
function cidrStands(text: string, start: number, end: number): boolean {
  const isIpv6 = text.slice(start, end).includes(':');
  return isIpv6 ? ipv6Stands(text, start, end) : ipv4Stands(text, start, end);
}

/** hostname, fqdn, serial, path, other: not next to a letter, digit, `_` or `-`, nor joined by `.` to a letter or digit. */
export function nameStands(text: string, start: number, end: number): boolean {
  return (
    notAfter(text, start, '[@_-]') &&
    notBefore(text, end, '[@_-]') &&
    notAfter(text, start, '[@]\\.') &&
    notBefore(text, end, '\\.[@]')
  );
}

/** iqn, nqn: as hostname, and neither `:` nor `.` plus a letter or digit may follow. */
function qualifiedNameStands(text: string, start: number, end: number): boolean {
  return nameStands(text, start, end) && notBefore(text, end, '[:.][@]');
}

/** The name of a host inside an IQN is part of the IQN. (The bullet is of iqn and nqn; so is this.) */
function isInsideQualifiedName(text: string, start: number): boolean {
  const run = pattern('[@._:-]*$').exec(text.slice(0, start))?.[0] ?? '';
  return pattern('(?:^|:)(?:iqn|nqn)\\.[0-9]{4}-[0-9]{2}\\.').test(run + text.slice(start, start + 1));
}

/**
 * wwn, mac: not next to a letter or digit (a `0x`, `naa.`, `wwn-`, `nn-0x` before it is allowed, `-part1`
 * may follow), nor, when written with separators, to one more pair of hex digits.
 */
function hexNameStands(text: string, start: number, end: number): boolean {
  const afterHexMark = !notAfter(text, start, '(?:^|[^@])0x');
  if (!afterHexMark && !notAfter(text, start, '[@]')) return false;
  if (!notBefore(text, end, '[@]')) return false;
  const separator = /[:-]/.exec(text.slice(start, end))?.[0];
  if (separator === undefined) return true;
  return (
    notAfter(text, start, `[0-9a-fA-F]{2}${separator}`) && notBefore(text, end, `${separator}[0-9a-fA-F]{2}`)
  );
}

/** uuid: not next to a letter, digit or `_`, nor to `-` plus four hex digits. */
function uuidStands(text: string, start: number, end: number): boolean {
  return (
    notAfter(text, start, '[@_]') &&
    notBefore(text, end, '[@_]') &&
    notAfter(text, start, '[0-9a-fA-F]{4}-') &&
    notBefore(text, end, '-[0-9a-fA-F]{4}')
  );
}

/** Whether an identifier of `kind` may stand at [start, end) of `text`: a whole token there. */
export function stands(kind: OracleKind, text: string, start: number, end: number): boolean {
  switch (kind) {
    case 'ipv4':
      return ipv4Stands(text, start, end);
    case 'ipv6':
      return ipv6Stands(text, start, end);
    case 'cidr':
    case 'subnet':
      return cidrStands(text, start, end);
    case 'hostname':
    case 'fqdn':
      return nameStands(text, start, end) && !isInsideQualifiedName(text, start);
    case 'iqn':
    case 'nqn':
      return qualifiedNameStands(text, start, end);
    case 'wwn':
    case 'mac':
      return hexNameStands(text, start, end);
    case 'uuid':
      return uuidStands(text, start, end);
    case 'serial':
    case 'interface':
    case 'path':
    case 'text':
    case 'other':
      return nameStands(text, start, end);
  }
}
