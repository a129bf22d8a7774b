/** Addresses as numbers, read anew here: the scanner's reader is another one. */

/** Four numbers without padding; undefined where it is no IPv4 address, however padded. */
export function octetsOf(written: string): string | undefined {
  const octets = written.split('.');
  if (octets.length !== 4 || !octets.every(octet => /^[0-9]{1,3}$/.test(octet) && Number(octet) < 256)) {
    return undefined;
  }
  return octets.map(Number).join('.');
}

export function quadBits(octets: string): string {
  return octets
    .split('.')
    .map(octet => Number(octet).toString(2).padStart(8, '0'))
    .join('');
}

/** Eight groups without padding, in lower case; undefined where it is no IPv6 address. */
export function groupsOf(written: string): string | undefined {
  let address = written;
  const quad = /[0-9]+(?:\.[0-9]+){3}$/.exec(written)?.[0];
  if (quad !== undefined) {
    const octets = octetsOf(quad)?.split('.').map(Number);
    if (octets === undefined) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = octets;
    address = `${written.slice(0, -quad.length)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  }
  const halves = address.split('::');
  if (halves.length > 2 || !address.includes(':')) return undefined;
  const [left = [], right = []] = halves.map(half => (half === '' ? [] : half.split(':')));
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...left, ...Array<string>(missing).fill('0'), ...right];
  if (!groups.every(group => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return groups.map(group => Number.parseInt(group, 16).toString(16)).join(':');
}

export function ipv6Bits(groups: string): string {
  return groups
    .split(':')
    .map(group => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}

/** The length that a prefix length or a netmask says; undefined where it says none. */
export function maskBits(mask: string): number | undefined {
  if (/^[0-9]{1,3}$/.test(mask)) return Number(mask);
  const octets = octetsOf(mask);
  const ones = octets === undefined ? null : /^(1*)0*$/.exec(quadBits(octets));
  return ones === null ? undefined : ones[1]!.length;
}
