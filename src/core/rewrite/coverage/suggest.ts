import type { Kind } from '../identity.ts';
import type { NearHit, NearStrings } from './near.ts';

/** A line for the configuration file, and the kind that it says. */
export interface Suggestion {
  readonly kind: Kind;
  readonly line: string;
}

/** For a longer token: the token with the counterpart in it. */
export function suggestNear(token: string, hit: NearHit): Suggestion {
  const { within, kind } = hit;
  const isName = kind === 'iqn' || kind === 'nqn' || hit.isWhole;
  const longer = kind === 'hostname' && within.start === 0 && isFullyQualified(token) ? 'fqdn' : 'text';
  return suggestion(isName ? kind : longer, token, exchanged(token, hit));
}

/** `nas1.example.com`, and not `nas1.key`: two labels or more behind the host's own. */
function isFullyQualified(token: string): boolean {
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)+\.[a-z]{2,}$/i.test(token);
}

/** For a string in no pair: the counterpart is unknown, but for the name of a host in it. */
export function suggestUnmapped(kind: Kind, found: string, near: NearStrings): Suggestion {
  const hit = kind === 'iqn' || kind === 'nqn' || kind === 'fqdn' ? near.inside(found) : undefined;
  return suggestion(kind, found, hit === undefined ? '?' : exchanged(found, hit));
}

function exchanged(token: string, { within, name, counterpart }: NearHit): string {
  const found = token.slice(within.start, within.end);
  return token.slice(0, within.start) + casedLike(found, name, counterpart) + token.slice(within.end);
}

/**
 * The counterpart of `name`, which stands as `found` in other case: what both names begin and end with is
 * kept as it was found. What only the counterpart has is as the mapping writes it, since the case of other
 * letters tells nothing of it, unless all are capitals.
 */
function casedLike(found: string, name: string, counterpart: string): string {
  if (found === name) return counterpart;
  if (found === found.toUpperCase()) return counterpart.toUpperCase();
  const most = Math.min(name.length, counterpart.length);
  let head = 0;
  while (head < most && name.charAt(head) === counterpart.charAt(head)) head++;
  let tail = 0;
  while (tail < most - head && name.at(-1 - tail) === counterpart.at(-1 - tail)) tail++;
  const own = counterpart.slice(head, counterpart.length - tail);
  return found.slice(0, head) + own + found.slice(found.length - tail);
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
