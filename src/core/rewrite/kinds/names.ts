import { hostBoundary, nameBoundary, qualifiedBoundary } from './boundary.ts';
import type { KindRules, Spelling } from './kind.ts';

const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

const asWritten = (written: string) => written;
const verbatim = (from: string, to: string): Spelling[] => [{ found: from, put: to }];

/** Case counts, but the name is also followed in ALL CAPITALS, which is how NetBIOS writes it. */
export const hostname: KindRules = {
  problem: written => {
    if (written.includes('.')) return 'has a dot: a name with its domain is of kind fqdn';
    return LABEL.test(written) ? undefined : 'is no host name (letters, digits and hyphens, at most 63)';
  },
  mismatch: (primary, backup) =>
    primary.toLowerCase() === backup.toLowerCase() ? 'are the same host name' : undefined,
  canonical: asWritten,
  spellings: (from, to) => {
    const capitals = from.toUpperCase();
    if (capitals === from) return verbatim(from, to);
    return [...verbatim(from, to), { found: capitals, put: to.toUpperCase(), derived: true }];
  },
  boundary: hostBoundary,
};

/** Not followed in ALL CAPITALS: product.md says so of host names, for NetBIOS, which has no domains. */
export const fqdn: KindRules = {
  problem: written => {
    const labels = written.split('.');
    if (labels.length < 2) return 'has no domain: a name by itself is of kind hostname';
    if (!labels.every(label => LABEL.test(label)) || written.length > 253) return 'is no domain name';
    return /^[0-9]+$/.test(labels.at(-1)!) ? 'ends in a number, so it is no domain name' : undefined;
  },
  canonical: asWritten,
  spellings: verbatim,
  boundary: hostBoundary,
};

/** The prefix of an `iqn...:*` identifier; undefined for an exact one. */
export function prefixOf(written: string): string | undefined {
  return written.endsWith('*') ? written.slice(0, -1) : undefined;
}

function qualified(own: string, other: string): KindRules {
  return {
    problem: written => {
      const name = prefixOf(written) ?? written;
      if (name === '' || !/^[\p{L}\p{M}\p{Nd}._:-]+$/u.test(name)) return `is no ${own}`;
      if (name.toLowerCase().startsWith(`${other}.`)) return `is an ${other}, not an ${own}`;
      if (name !== written && !/[:.-]$/.test(name))
        return `is a prefix within a word (end it in \`:\` before the \`*\`)`;
      return undefined;
    },
    mismatch: (primary, backup) =>
      primary.endsWith('*') === backup.endsWith('*') ? undefined : 'must both be prefixes, or neither',
    canonical: asWritten,
    spellings: verbatim,
    boundary: qualifiedBoundary,
  };
}

export const iqn = qualified('iqn', 'nqn');
export const nqn = qualified('nqn', 'iqn');

function word(pattern: RegExp, problem: string): KindRules {
  return {
    problem: written => (pattern.test(written) ? undefined : problem),
    canonical: asWritten,
    spellings: verbatim,
    boundary: nameBoundary,
  };
}

export const serial = word(/^\S+$/, 'is no serial number (blanks within)');
export const interfaceName = word(/^[^\s/]+$/, 'is no interface name (blanks or slashes within)');
export const path = word(/^[^\r\n\0]*\S[^\r\n\0]*$/, 'is no path');
export const text = word(/^[^\r\n\0]*\S[^\r\n\0]*$/, 'is empty or longer than one line');
