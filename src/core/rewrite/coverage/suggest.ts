import type { Kind } from '../identity.ts';
import type { NearHit, NearStrings } from './near.ts';

/** A line for the configuration file, and the kind that it says. */
export interface Suggestion {
  readonly kind: Kind;
  readonly line: string;
}

/** For a longer token: the token with the counterpart in it. */
export function suggestNear(token: string, hit: NearHit): Suggestion {
  const { within, counterpart, kind } = hit;
  const isName = kind === 'iqn' || kind === 'nqn' || hit.isWhole;
  const longer = kind === 'hostname' && within.start === 0 && isFullyQualified(token) ? 'fqdn' : 'text';
  return suggestion(isName ? kind : longer, token, exchanged(token, within, counterpart));
}

/** `nas1.example.com`, and not `nas1.key`: two labels or more behind the host's own. */
function isFullyQualified(token: string): boolean {
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)+\.[a-z]{2,}$/i.test(token);
}

/** For a string in no pair: the counterpart is unknown, but for the name of a host in it. */
export function suggestUnmapped(kind: Kind, found: string, near: NearStrings): Suggestion {
  const hit = kind === 'iqn' || kind === 'nqn' || kind === 'fqdn' ? near.inside(found) : undefined;
  return suggestion(kind, found, hit === undefined ? '?' : exchanged(found, hit.within, hit.counterpart));
}

function exchanged(token: string, within: NearHit['within'], counterpart: string): string {
  const found = token.slice(within.start, within.end);
  return token.slice(0, within.start) + casedLike(found, counterpart) + token.slice(within.end);
}

function casedLike(found: string, counterpart: string): string {
  if (found === found.toLowerCase()) return counterpart;
  if (found === found.toUpperCase()) return counterpart.toUpperCase();
  const isCapitalised = found.charAt(0) !== found.charAt(0).toLowerCase();
  return isCapitalised && counterpart === counterpart.toLowerCase()
    ? counterpart.charAt(0).toUpperCase() + counterpart.slice(1)
    : counterpart;
}

function suggestion(kind: Kind, primary: string, backup: string): Suggestion {
  return { kind, line: `- {kind: ${kind}, primary: ${quoted(primary)}, backup: ${quoted(backup)}}` };
}

/** As YAML's flow form needs it: plain where that is a string and nothing else. */
function quoted(text: string): string {
  const isPlain = /^[A-Za-z_/][A-Za-z0-9_./-]*$/.test(text) || /^[0-9]+(?:\.[0-9]+){3}$/.test(text);
  const isWord = /^(?:true|false|yes|no|on|off|null|y|n)$/i.test(text);
  return isPlain && !isWord ? text : JSON.stringify(text);
}
