import type { Kind, Mapping } from '../identity.ts';
import { KIND_RULES } from '../kinds/registry.ts';
import { type Window, wholeOf } from '../scanner.ts';
import { addressFinders } from './near-addresses.ts';
import { digitFinder } from './near-digits.ts';
import { nameFinder } from './near-names.ts';
import { type Finder, type Found, isFollowed, isWholeToken, type Sought, soughtIn } from './near-sought.ts';
import { tokenAround } from './near-token.ts';

/** A longer token, or an identifier in other case or spelling, with the identifiers that it names. */
export interface NearHit {
  readonly start: number;
  readonly end: number;
  /** In the text that was searched; sorted, not overlapping, at least one. */
  readonly within: readonly Found[];
  /** The token is the identifier, in a case or spelling that no pair follows. */
  readonly isWhole: boolean;
}

export interface NearStrings {
  find(text: string, window: Window): NearHit[];
  /** The identifiers inside of one string that is no whole token of theirs. */
  inside(token: string): NearHit | undefined;
}

/** A mapping never changes, and a change of one line must not cost what ten thousand pairs weigh. */
const REMEMBERED = new WeakMap<Mapping, NearStrings>();

/** Finds identifiers inside longer tokens, and in a case or spelling that no pair follows. */
export function nearStrings(mapping: Mapping): NearStrings {
  const known = REMEMBERED.get(mapping) ?? nearStringsOf(mapping);
  REMEMBERED.set(mapping, known);
  return known;
}

const DIGITS: ReadonlySet<Kind> = new Set<Kind>(['mac', 'wwn', 'uuid']);
const ADDRESSES: ReadonlySet<Kind> = new Set<Kind>(['ipv4', 'ipv6', 'cidr']);

function nearStringsOf(mapping: Mapping): NearStrings {
  const all = soughtIn(mapping);
  const of = (isMeant: (kind: Kind) => boolean): Sought[] => all.filter(({ kind }) => isMeant(kind));
  const finders = [
    nameFinder(of(kind => !DIGITS.has(kind) && !ADDRESSES.has(kind))),
    digitFinder(of(kind => DIGITS.has(kind))),
    ...addressFinders(of(kind => ADDRESSES.has(kind))),
  ].filter(finder => finder !== undefined);
  return {
    inside: token => {
      const within = identifiersIn(token, wholeOf(token), finders);
      const [first] = within;
      if (first === undefined) return undefined;
      const isWhole = first.start === 0 && first.end === token.length;
      // As it stands it is the identifier itself, and no pair applies here: that is meant.
      if (isWhole && isFollowed(first.sought, token)) return undefined;
      return { start: 0, end: token.length, within, isWhole };
    },
    find: (text, window) => tokensIn(text, window, identifiersIn(text, window, finders)),
  };
}

/** All identifiers in a window. The longest one that fits is the one that is meant. */
function identifiersIn(text: string, window: Window, finders: readonly Finder[]): Found[] {
  const all = finders.flatMap(finder => finder(text, window));
  if (finders.length > 1) all.sort((a, b) => a.start - b.start);
  const kept: Found[] = [];
  for (const found of all) {
    const last = kept.at(-1);
    if (last === undefined || last.end <= found.start) kept.push(found);
    else if (found.end - found.start > last.end - last.start) kept[kept.length - 1] = found;
  }
  return kept;
}

/** The tokens around identifiers that are no whole tokens themselves; each token once. */
function tokensIn(text: string, window: Window, all: readonly Found[]): NearHit[] {
  const hits: { start: number; end: number; within: Found[]; isWhole: boolean }[] = [];
  let from = window.from;
  for (const found of all) {
    const last = hits.at(-1);
    // A token is looked for once, however many identifiers it holds: no text is walked over again and again.
    if (last !== undefined && found.end <= last.end) {
      last.within.push(found);
      continue;
    }
    const { sought } = found;
    const written = text.slice(found.start, found.end);
    const isKnown = isFollowed(sought, written);
    const isWhole = isWholeToken(text, found, window);
    if (isKnown && isWhole) continue;
    if (isWhole && KIND_RULES[sought.kind].problem(written) === undefined) {
      hits.push({ start: found.start, end: found.end, within: [found], isWhole });
    } else {
      const token = tokenAround(text, found, from, window.to);
      const isAlone = token.start === found.start && token.end === found.end;
      // The name of a host inside an IQN is part of the IQN.
      if (isAlone && isKnown) continue;
      hits.push({ ...token, within: [found], isWhole: false });
    }
    from = hits.at(-1)!.end;
  }
  return hits;
}
