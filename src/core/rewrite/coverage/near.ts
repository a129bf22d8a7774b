import type { Kind, Mapping } from '../identity.ts';
import { compiledOf } from '../mapping.ts';
import type { Window } from '../scanner.ts';

/** A longer token, or one in other case, with the identifier that it names. */
export interface NearHit {
  readonly start: number;
  readonly end: number;
  readonly kind: Kind;
  /** Where in the token the identifier stands, how the mapping writes it, and what it is on the other side. */
  readonly within: { readonly start: number; readonly end: number };
  readonly name: string;
  readonly counterpart: string;
  /** The token is the identifier, in other case. */
  readonly isWhole: boolean;
}

export interface NearStrings {
  find(text: string, window: Window): NearHit[];
  /** The identifiers inside of one string that is no whole token of theirs. */
  inside(token: string): NearHit | undefined;
}

interface Name {
  readonly kind: Kind;
  readonly text: string;
  readonly counterpart: string;
}

// What an administrator joins a name with: `nas1.key`, `vg_nas1`, `nas1-x`, `tgt:sub`.
const TOKEN = /[\p{L}\p{M}\p{Nd}](?:[\p{L}\p{M}\p{Nd}._:-]*[\p{L}\p{M}\p{Nd}])?/gu;
const PIECE = /[\p{L}\p{M}\p{Nd}]+/gu;

/** A mapping never changes, and a change of one line must not cost what ten thousand pairs weigh. */
const REMEMBERED = new WeakMap<Mapping, NearStrings>();

/** Finds names inside longer tokens, and names in other case. Addresses have no such form. */
export function nearStrings(mapping: Mapping): NearStrings {
  const known = REMEMBERED.get(mapping) ?? nearStringsOf(mapping);
  REMEMBERED.set(mapping, known);
  return known;
}

function nearStringsOf(mapping: Mapping): NearStrings {
  const names = new Map<string, Name[]>();
  for (const name of namesOf(mapping)) {
    const first = name.text.toLowerCase().match(PIECE)?.[0];
    if (first === undefined) continue;
    const list = names.get(first);
    if (list === undefined) names.set(first, [name]);
    else list.push(name);
  }
  // The longest one that fits is the one that is meant.
  for (const list of names.values()) list.sort((a, b) => b.text.length - a.text.length);
  return {
    inside: token => (names.size === 0 ? undefined : nearIn(token, 0, names)),
    find: (text, { from, to }) => {
      if (names.size === 0) return [];
      const part = text.slice(from, to);
      const hits: NearHit[] = [];
      for (const { 0: token, index } of part.matchAll(TOKEN)) {
        const hit = nearIn(token, from + index, names);
        if (hit !== undefined) hits.push(hit);
      }
      return hits;
    },
  };
}

function namesOf(mapping: Mapping): Name[] {
  const { isReversed, pairs } = compiledOf(mapping);
  return pairs.flatMap(pair => {
    const { kind } = pair;
    // A placed pair is about one place; its value is an everyday word elsewhere.
    if (!NAMES.has(kind) || pair.isPlaced) return [];
    const [own, other] = isReversed ? [pair.backup, pair.primary] : [pair.primary, pair.backup];
    return { kind, text: own.written.replace(/\*$/, ''), counterpart: other.written.replace(/\*$/, '') };
  });
}

const NAMES: ReadonlySet<Kind> = new Set<Kind>([
  'hostname',
  'fqdn',
  'iqn',
  'nqn',
  'serial',
  'interface',
  'text',
]);

function nearIn(
  token: string,
  start: number,
  names: ReadonlyMap<string, readonly Name[]>,
): NearHit | undefined {
  const lower = token.toLowerCase();
  // Folding case must not move anything: a few letters change their length.
  if (lower.length !== token.length) return undefined;
  let best: { name: Name; at: number } | undefined;
  for (const { 0: piece, index } of lower.matchAll(PIECE)) {
    const name = names.get(piece)?.find(one => standsAt(lower, one.text.toLowerCase(), index));
    if (name === undefined) continue;
    if (best === undefined || name.text.length > best.name.text.length) best = { name, at: index };
  }
  if (best === undefined) return undefined;
  const { kind, text, counterpart } = best.name;
  // As it stands it is the identifier itself, and no pair applies here: that is meant.
  if (token === text) return undefined;
  const within = { start: best.at, end: best.at + text.length };
  const isWhole = text.length === token.length;
  return { start, end: start + token.length, kind, within, name: text, counterpart, isWhole };
}

/** A name next to a letter or digit is another word: `nas1` is not in `nas10`. */
function standsAt(token: string, name: string, at: number): boolean {
  if (!token.startsWith(name, at)) return false;
  const after = token.slice(at + name.length, at + name.length + 2);
  return !/^[\p{L}\p{M}\p{Nd}]/u.test(after) || /[.:-]$/.test(name);
}
