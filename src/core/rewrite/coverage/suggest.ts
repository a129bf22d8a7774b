import type { Kind } from '../identity.ts';
import { KIND_RULES } from '../kinds/registry.ts';
import type { NearHit, NearStrings } from './near.ts';
import { counterpartOf } from './near-sought.ts';

/** A line for the configuration file, and the kind that it says. */
export interface Suggestion {
  readonly kind: Kind;
  readonly line: string;
}

/** For a longer token: the token with the counterparts in it. */
export function suggestNear(text: string, hit: NearHit): Suggestion {
  const token = text.slice(hit.start, hit.end);
  return suggestion(kindOf(token, hit), token, exchanged(text, hit));
}

function kindOf(token: string, { start, within, isWhole }: NearHit): Kind {
  const { kind } = within[0]!.sought;
  const isQualified = kind === 'iqn' || kind === 'nqn';
  if (isWhole || (isQualified && KIND_RULES[kind].problem(token) === undefined)) return kind;
  const isHostFirst = kind === 'hostname' && within[0]!.start === start;
  return isHostFirst && isFullyQualified(token) ? 'fqdn' : 'text';
}

/** `nas1.example.com`, and not `nas1.key`: two labels or more behind the host's own. */
function isFullyQualified(token: string): boolean {
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)+\.[a-z]{2,}$/i.test(token);
}

/** For a string in no pair: the counterpart is unknown, but for the identifiers in it. */
export function suggestUnmapped(kind: Kind, found: string, near: NearStrings): Suggestion {
  const hit = kind === 'iqn' || kind === 'nqn' || kind === 'fqdn' ? near.inside(found) : undefined;
  return suggestion(kind, found, hit === undefined ? '?' : exchanged(found, hit));
}

function exchanged(text: string, { start, end, within }: NearHit): string {
  let out = '';
  let at = start;
  for (const found of within) {
    out += text.slice(at, found.start) + counterpartOf(found.sought, text.slice(found.start, found.end));
    at = found.end;
  }
  return out + text.slice(at, end);
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
